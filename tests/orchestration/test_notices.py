"""Notices of failed runs and withheld pages, to a real HTTP server and a real mail server on this machine."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from pipeline import steps
from pipeline.datasets.store import Store
from pipeline.orchestration import notices
from pipeline.orchestration.notices import Notice, send, tell_of_failed_runs, tell_of_withheld_pages
from pipeline.orchestration.partitions import range_tags
from pipeline.run import Job, places_of
from pipeline.settings import Settings

NOTICE = Notice("run_failed", "clean_issues failed", "clean: 磁盘满了", "clean_issues", "abc", ("evening",))


class Webhook(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(500 if self.path == "/broken" else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class MailServer(socketserver.StreamRequestHandler):
    """Just enough SMTP to be given a message."""

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            if line.upper() == "DATA":
                self.say("354 go on")
                lines = []
                while (part := self.rfile.readline()) != b".\r\n":
                    lines.append(part)
                self.server.mails.append(b"".join(lines))  # type: ignore[attr-defined]
            if line.upper() == "QUIT":
                self.say("221 bye")
                return
            self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def webhook() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Webhook) as server:
        server.posted = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def mail() -> Iterator[socketserver.TCPServer]:
    with socketserver.TCPServer(("127.0.0.1", 0), MailServer) as server:
        server.mails = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def url(server: socketserver.BaseServer, scheme: str = "http", path: str = "") -> str:
    return f"{scheme}://127.0.0.1:{server.server_address[1]}{path}"  # type: ignore[index]


def test_nothing_is_sent_unless_somebody_is_named() -> None:
    assert send(NOTICE, {}) == [] and not notices.wanted({})
    assert tell_of_failed_runs.default_status == dg.DefaultSensorStatus.STOPPED


def test_a_webhook_is_posted_to(webhook: HTTPServer) -> None:
    assert send(NOTICE, {"BANMIAN_WEBHOOK": url(webhook)}) == []
    (posted,) = webhook.posted  # type: ignore[attr-defined]
    assert posted["text"] == "clean_issues failed\nclean: 磁盘满了"
    assert (posted["kind"], posted["run_id"], posted["issues"]) == ("run_failed", "abc", ["evening"])


def test_a_mail_is_sent(mail: socketserver.TCPServer) -> None:
    env = {"BANMIAN_MAIL_TO": "desk@example.org", "BANMIAN_SMTP": url(mail, "smtp")}
    assert send(NOTICE, env) == []
    message = message_from_bytes(mail.mails[0], policy=policy.default)  # type: ignore[attr-defined]
    assert (message["To"], message["Subject"]) == ("desk@example.org", "Banmian: clean_issues failed")
    assert "磁盘满了" in message.get_content() and "run abc" in message.get_content()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"BANMIAN_WEBHOOK": "http://127.0.0.1:1/"}, "URLError"),
        ({"BANMIAN_WEBHOOK": "file:///etc/passwd"}, "must be an http or https URL"),
        ({"BANMIAN_MAIL_TO": "a@example.org", "BANMIAN_SMTP": "127.0.0.1:25"}, "must look like smtp://"),
        ({"BANMIAN_MAIL_TO": "a@example.org", "BANMIAN_SMTP": "smtp://127.0.0.1:1"}, "ConnectionRefusedError"),
    ],
)
def test_what_cannot_be_delivered_is_told_and_breaks_nothing(env: dict[str, str], said: str) -> None:
    (problem,) = send(NOTICE, env)
    assert said in problem and next(iter(env)) in problem


def test_a_receiver_that_fails_is_told(webhook: HTTPServer) -> None:
    (problem,) = send(NOTICE, {"BANMIAN_WEBHOOK": url(webhook, path="/broken")})
    assert "500" in problem


ISSUES = ["evening__2025-03-01", "evening__2025-03-02", "evening__2025-03-03"]


def last_run(job: Job) -> dg.DagsterRun:
    return job.instance.get_runs(limit=1)[0]


def ended(job: Job, run: dg.DagsterRun, kind: dg.DagsterEventType) -> dg.DagsterEvent:
    record = job.instance.get_records_for_run(run.run_id, of_type=kind).records[0]
    assert record.event_log_entry.dagster_event
    return record.event_log_entry.dagster_event


def test_withheld_pages_are_told_when_their_run_ends(
    job: Job, settings: Settings, webhook: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANMIAN_WEBHOOK", url(webhook))

    def tell() -> None:
        run = last_run(job)
        event = ended(job, run, dg.DagsterEventType.RUN_SUCCESS)
        with dg.build_run_status_sensor_context(
            "tell_of_withheld_pages", event, job.instance, run,
            resources={"places": places_of(settings)},
        ) as context:  # fmt: skip
            tell_of_withheld_pages(context)

    job.execute("clean_issues", tags=range_tags(ISSUES[0], ISSUES[0]))
    tell()
    assert webhook.posted == []  # type: ignore[attr-defined]
    monkeypatch.setattr(steps.heart, "finish_page", lambda *_: 1 / 0)
    job.execute("clean_issues", tags=range_tags(ISSUES[0], ISSUES[1]))
    tell()
    (posted,) = webhook.posted  # type: ignore[attr-defined]
    assert posted["subject"] == "4 pages are withheld" and posted["issues"] == ISSUES[:2]
    assert "evening/2025-03-01/01.txt: a step failed: ZeroDivisionError" in posted["text"]


def test_a_failed_run_is_told_with_its_reason(
    job: Job, settings: Settings, webhook: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANMIAN_WEBHOOK", url(webhook))

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "write", full)
    job.execute("clean_issues", tags=range_tags(ISSUES[0], ISSUES[2]))
    run = last_run(job)
    event = ended(job, run, dg.DagsterEventType.RUN_FAILURE)
    with dg.build_run_status_sensor_context(
        "tell_of_failed_runs", event, job.instance, run
    ) as context:  # fmt: skip
        tell_of_failed_runs(context.for_run_failure())
    (posted,) = webhook.posted  # type: ignore[attr-defined]
    assert posted["subject"] == f"clean_issues failed over 3 issues, {ISSUES[0]} to {ISSUES[2]}"
    assert "read_pages: " in posted["text"] and "No space left on device" in posted["text"]
    assert f"/runs/{run.run_id}" in posted["text"]
