"""The review's server, over real sockets: who is answered, and how."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import replace
from typing import Any

import pytest
from material.review import SCRIPT, Archive, Served, serve

from pipeline.datasets.decisions import read_decisions
from pipeline.review.guard import new_token
from pipeline.review.session import Review


class Answer:
    """Status, headers and body of one request."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read().decode("utf-8")

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


def request(
    served: Served, method: str = "GET", path: str | None = None, body: str | None = None, **headers: str
) -> Answer:
    """`path` None: the page itself. Header names are written with _ for -."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        sent.setdefault("Content-Type", "application/json")
    connection.request(method, f"/{served.token}/" if path is None else path, body, sent)
    try:
        return Answer(connection.getresponse())
    finally:
        connection.close()


def act(served: Served, what: str, sent: object = None, **headers: str) -> Answer:
    return request(served, "POST", f"/{served.token}/act/{what}", json.dumps(sent), **headers)


def state(served: Served) -> dict[str, Any]:
    return request(served, path=f"/{served.token}/state").json


def test_the_page_is_served_with_a_strict_policy(served: Served) -> None:
    page = request(served)
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'" and policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert page.headers["X-Content-Type-Options"] == "nosniff" and page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer" and page.headers["X-Frame-Options"] == "DENY"
    assert "<script>" not in page.body and "style=" not in page.body and " on" not in page.body.split("<body>")[0]


@pytest.mark.parametrize("name", ["review.js", "review.css", "icon.svg"])
def test_what_the_page_needs_is_there(served: Served, name: str) -> None:
    assert request(served, path=f"/{served.token}/{name}").status == 200
    assert f'"{name}"' in request(served).body


@pytest.mark.parametrize("path", ["/", "/state", "/review.js", "/x/", "/x/state", "//state", "/{token}x/", "/{token}"])
def test_without_the_secret_nothing_is_answered(served: Served, path: str) -> None:
    answer = request(served, path=path.replace("{token}", served.token))
    if path == "/{token}":
        assert answer.status == 308 and answer.headers["Location"].endswith(f"/{served.token}/")
    else:
        assert answer.status == 403 and served.token not in answer.body
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    "path", ["..", "../", "%2e%2e/server.py", "review.html", "..%2fserver.py", "act/../../desk.py"]
)
def test_no_other_file_is_served(served: Served, path: str) -> None:
    assert request(served, path=f"/{served.token}/{path}").status in (403, 404, 405)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1", "[::1]:{port}", ""]
)
def test_another_host_is_refused(served: Served, host: str) -> None:
    """DNS rebinding: the browser believes it talks to a site of its own."""
    answer = request(served, Host=host.format(port=served.port))
    assert answer.status in (400, 403) and "Banmian 版面" not in answer.body


def test_localhost_is_the_same_machine(served: Served) -> None:
    assert request(served, Host=f"localhost:{served.port}").status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:{port}"])
def test_another_origin_is_refused(served: Served, origin: str) -> None:
    group = state(served)["group"]["id"]
    assert act(served, "accept", {"group": group}, Origin=origin.format(port=served.port)).status == 403
    assert request(served, path=f"/{served.token}/state", Origin=origin.format(port=served.port)).status == 403
    assert state(served)["accepted"] == 0


def test_our_own_page_is_answered(served: Served) -> None:
    group = state(served)["group"]["id"]
    own = {"Origin": f"http://127.0.0.1:{served.port}", "Sec_Fetch_Site": "same-origin"}
    assert act(served, "accept", {"group": group}, **own).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_elsewhere_may_lead_here_but_not_load_from_here(served: Served, site: str) -> None:
    """`same-site` is another port of this machine."""
    assert request(served, path=f"/{served.token}/review.js", Sec_Fetch_Site=site).status == 403
    assert request(served, path=f"/{served.token}/state", Sec_Fetch_Site=site, Sec_Fetch_Mode="cors").status == 403
    assert request(served, Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate").status == 200


@pytest.mark.parametrize(
    ("what", "body", "kind", "status"),
    [
        ("accept", "group=1", "application/x-www-form-urlencoded", 400),
        ("accept", '{"group": "x"}', "text/plain", 400),
        ("accept", "{", "application/json", 400),
        ("accept", "[]", "application/json", 400),
        ("accept", "{}", "application/json", 400),
        ("accept", "[" * 10_000, "application/json", 400),
        ("accept", '{"group": "x", "only": 3}', "application/json", 400),
        ("accept", '{"group": "' + "x" * 20_000 + '"}', "application/json", 400),
        ("accept", '{"group": "x"}', "application/json", 409),
        ("delete", '{"group": "x"}', "application/json", 400),
        ("undo", "{}", "application/json", 409),
    ],
)
def test_nonsense_is_refused_and_decides_nothing(served: Served, what: str, body: str, kind: str, status: int) -> None:
    answer = request(served, "POST", f"/{served.token}/act/{what}", body, Content_Type=kind)
    assert answer.status == status and answer.json["error"]
    assert state(served)["open"] == state(served)["total"]


def test_other_methods_are_refused(served: Served) -> None:
    for method in ("PUT", "DELETE", "OPTIONS"):
        assert request(served, method).status == 405
    assert request(served, "GET", f"/{served.token}/act/undo").status == 405


def test_markup_in_the_text_stays_text(served: Served) -> None:
    """The page is filled by textContent; and JSON cannot be taken for HTML."""
    shown = []
    while (now := state(served))["group"]:
        shown.append(json.dumps(now["group"], ensure_ascii=False))
        answer = act(served, "accept", {"group": now["group"]["id"]})
        assert "<" not in answer.body and answer.headers["Content-Type"] == "application/json"
    assert any(SCRIPT in s for s in shown) and any("<b>&'.txt" in s for s in shown)


def test_folder_names_are_escaped(review: Review) -> None:
    strange = {"output": "out", "decisions": "/tmp/<script>alert(1)</script>", "command": "banmian run '\"><b>'"}
    with serve(replace(review, facts=strange)) as served:
        page = request(served).body
    assert "<script>" not in page and "<b>" not in page and "&lt;script&gt;alert(1)" in page


def test_it_listens_on_this_machine_alone(served: Served) -> None:
    own = [a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    for address in {str(a) for a in own} - {"127.0.0.1"}:
        with socket.socket() as probe:
            probe.settimeout(1)
            assert probe.connect_ex((address, served.port)) != 0


def test_the_secret_is_long_and_another_one_each_time(served: Served) -> None:
    assert len({new_token() for _ in range(50)}) == 50 and len(served.token) >= 40


def test_a_decision_is_saved_at_once_and_can_be_undone(served: Served, cleaned: Archive) -> None:
    group = state(served)["group"]
    after = act(served, "accept", {"group": group["id"]}).json
    assert after["accepted"] == group["n_places"] == len(read_decisions(str(cleaned.decisions)))
    undone = act(served, "undo", {}).json
    assert undone["accepted"] == 0 and undone["group"]["id"] == group["id"]
    assert read_decisions(str(cleaned.decisions)) == ()


def test_what_cannot_be_saved_is_said_and_not_decided(served: Served, cleaned: Archive) -> None:
    cleaned.decisions.mkdir()
    answer = act(served, "reject", {"group": state(served)["group"]["id"]})
    assert answer.status == 500 and "not saved: " in answer.json["error"] and "is a folder" in answer.json["error"]
    assert state(served)["rejected"] == 0
