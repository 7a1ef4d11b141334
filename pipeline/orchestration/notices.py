"""Notices to people who do not sit before the UI: a run failed, pages were withheld.

They go where the environment says: BANMIAN_WEBHOOK (a URL that takes a POST of JSON, as Slack, Mattermost and Teams
do), BANMIAN_MAIL_TO with BANMIAN_SMTP (smtp://user:password@host:port, or smtps://), BANMIAN_MAIL_FROM. Nothing is
sent unless one is set. A notice that cannot be delivered is a line in the log, never a failure.
"""

from __future__ import annotations

import json
import os
import smtplib
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import dagster as dg

from pipeline.datasets.store import MissingTableError, Store, StoreError
from pipeline.orchestration.automation import registered
from pipeline.orchestration.jobs import JOBS, clean_issues
from pipeline.orchestration.partitions import keys_of_run
from pipeline.orchestration.resources import Places
from pipeline.steps import WITHHELD

#: Seconds until a receiver that does not answer is given up.
PATIENCE = 10
#: So many pages or issues are named in a notice.
NAMED = 20


@dataclass(frozen=True)
class Notice:
    """What is told. `kind`: run_failed or pages_withheld; `text` is the whole of it in words."""

    kind: str
    subject: str
    text: str
    job: str
    run_id: str
    issues: tuple[str, ...] = ()


def send(notice: Notice, env: Mapping[str, str] = os.environ) -> list[str]:
    """Sends a notice everywhere it is to go; returns what did not work."""
    problems: list[str] = []
    for name, deliver in (("BANMIAN_WEBHOOK", _post), ("BANMIAN_MAIL_TO", _mail)):
        if env.get(name):
            _try(name, lambda deliver=deliver: deliver(notice, env), problems)  # type: ignore[misc]
    return problems


def wanted(env: Mapping[str, str] = os.environ) -> bool:
    """Is there anybody to tell?"""
    return bool(env.get("BANMIAN_WEBHOOK") or env.get("BANMIAN_MAIL_TO"))


def _try(name: str, deliver: Callable[[], None], problems: list[str]) -> None:
    try:
        deliver()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        problems.append(f"the notice to {name} was not delivered: {type(error).__name__}: {error}")


def _post(notice: Notice, env: Mapping[str, str]) -> None:
    url = env["BANMIAN_WEBHOOK"]
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("it must be an http or https URL")
    body = json.dumps({**asdict(notice), "text": f"{notice.subject}\n{notice.text}"}, ensure_ascii=False).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json; charset=utf-8"})
    with urllib.request.urlopen(request, timeout=PATIENCE):
        pass


def _mail(notice: Notice, env: Mapping[str, str]) -> None:
    where = urlsplit(env.get("BANMIAN_SMTP") or "smtp://localhost:25")
    if where.scheme not in ("smtp", "smtps") or not where.hostname:
        raise ValueError("BANMIAN_SMTP must look like smtp://user:password@host:587 or smtps://host:465")
    message = EmailMessage()
    message["Subject"] = f"Banmian: {notice.subject}"
    message["From"] = env.get("BANMIAN_MAIL_FROM") or f"banmian@{where.hostname}"
    message["To"] = env["BANMIAN_MAIL_TO"]
    message.set_content(f"{notice.text}\n\njob {notice.job}, run {notice.run_id}\n")
    secure = where.scheme == "smtps"
    kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
    with kind(where.hostname, where.port or (465 if secure else 25), timeout=PATIENCE) as server:
        if not secure and where.username:
            server.starttls()
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(message)


# --- when ------------------------------------------------------------------------------------------------------------


def failure_notice(run: dg.DagsterRun, reason: str, issues: list[str]) -> Notice:
    """A run failed."""
    subject = f"{run.job_name} failed" + (f" over {_span(issues)}" if issues else "")
    text = f"{reason.strip()}\nOpen the run in the UI (/runs/{run.run_id}); what it did not reach is not published."
    return Notice("run_failed", subject, text, run.job_name, run.run_id, tuple(issues[:NAMED]))


def withheld_notice(run: dg.DagsterRun, rows: list[tuple[str, str, str]]) -> Notice | None:
    """Pages of a run are withheld: (issue_id, source, detail). None without any."""
    if not rows:
        return None
    named = [f"- {source}: {detail}" for _, source, detail in rows[:NAMED]]
    if len(rows) > NAMED:
        named.append(f"- … and {len(rows) - NAMED} more")
    text = "\n".join([*named, "Their siblings are published. The table `rejects` names every page and its reason."])
    subject = f"{len(rows)} page{'s are' if len(rows) > 1 else ' is'} withheld"
    issues = tuple(dict.fromkeys(issue for issue, _, _ in rows))[:NAMED]
    return Notice("pages_withheld", subject, text, run.job_name, run.run_id, issues)


def withheld_pages(output: str, issues: list[str]) -> list[tuple[str, str, str]]:
    """(issue_id, source, detail) of the pages of these issues that are not published."""
    found: list[tuple[str, str, str]] = []
    for issue in issues:
        try:
            rows = Store(output).read("rejects", issue).to_pylist()
        except (MissingTableError, StoreError):
            continue
        found += [(issue, r["source"], r["detail"]) for r in rows if r["reason"] == WITHHELD]
    return found


def _span(issues: list[str]) -> str:
    return issues[0] if len(issues) == 1 else f"{len(issues)} issues, {issues[0]} to {issues[-1]}"


@dg.run_failure_sensor(
    name="tell_of_failed_runs",
    monitored_jobs=list(JOBS),
    default_status=dg.DefaultSensorStatus.RUNNING if wanted() else dg.DefaultSensorStatus.STOPPED,
    description="Tells of failed runs by webhook or e-mail (BANMIAN_WEBHOOK, BANMIAN_MAIL_TO). On if one is set.",
)
def tell_of_failed_runs(context: dg.RunFailureSensorContext) -> None:
    run = context.dagster_run
    issues = keys_of_run(registered(context.instance), dict(run.tags))
    _send(context, failure_notice(run, _reasons(context) or context.failure_event.message or "no reason known", issues))


def _reasons(context: dg.RunFailureSensorContext) -> str:
    """The step that failed and why, a line each."""
    lines = []
    for event in context.get_step_failure_events():
        error = event.step_failure_data.error
        while error and error.cause:
            error = error.cause
        lines.append(f"{event.step_key}: {error.message.strip() if error else 'failed'}")
    return "\n".join(lines)


@dg.run_status_sensor(
    name="tell_of_withheld_pages",
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[clean_issues],
    default_status=dg.DefaultSensorStatus.RUNNING if wanted() else dg.DefaultSensorStatus.STOPPED,
    description="Tells of pages that were withheld because they broke an invariant, by webhook or e-mail.",
)
def tell_of_withheld_pages(context: dg.RunStatusSensorContext, places: Places) -> None:
    run = context.dagster_run
    issues = keys_of_run(registered(context.instance), dict(run.tags))
    notice = withheld_notice(run, withheld_pages(places.output, issues))
    if notice:
        _send(context, notice)


def _send(context: dg.RunStatusSensorContext, notice: Notice) -> None:
    for problem in send(notice):
        context.log.warning(problem)
