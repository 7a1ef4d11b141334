"""The review's web server: a handful of routes over the desk, on 127.0.0.1 only."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import jinja2
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router

from pipeline.datasets.decisions import DecisionsError
from pipeline.review.desk import Desk, StaleError
from pipeline.review.guard import Guard

HERE = Path(__file__).parent
ADDRESS = "127.0.0.1"
#: No request is longer.
MAX_BODY = 16 * 1024
STATIC = {"review.css": "text/css", "review.js": "text/javascript", "icon.svg": "image/svg+xml"}


class BadRequest(Exception):  # noqa: N818
    """Not what the page sends."""


def build_app(desk: Desk, token: str, port: int, facts: dict[str, str]) -> Guard:
    """The review as an ASGI application. `facts`: `output`, `decisions` and `command`, as the page shows them."""
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "static"), autoescape=True)
    page = templates.get_template("review.html").render(facts)

    async def index(request: Request) -> Response:
        return HTMLResponse(page)

    async def bare(request: Request) -> Response:
        return RedirectResponse(f"/{token}/", status_code=308)

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            return Response(status_code=404)
        return FileResponse(HERE / "static" / name, media_type=STATIC[name])

    async def state(request: Request) -> Response:
        return answer(desk.state())

    async def act(request: Request) -> Response:
        try:
            sent = await _sent(request)
            return answer(await run_in_threadpool(_act, desk, request.path_params["what"], sent))
        except BadRequest as error:
            return answer({"error": str(error)}, 400)
        except StaleError as error:
            return answer({"error": str(error), **desk.state()}, 409)
        except DecisionsError as error:
            return answer({"error": f"not saved: {error}", **desk.state()}, 500)
        except OSError as error:
            said = f"not saved: {desk.path}: {error.strerror or error}"
            return answer({"error": said, **desk.state()}, 500)

    own = [
        Route("/", index),
        Route("/state", state),
        Route("/{name}", static, methods=["GET"]),
        Route("/act/{what}", act, methods=["POST"]),
    ]
    app = Starlette(routes=[Route(f"/{token}", bare), Mount(f"/{token}", Router(own, redirect_slashes=False))])
    app.router.redirect_slashes = False
    return Guard(app, token, port)


def _act(desk: Desk, what: str, sent: dict[str, Any]) -> dict[str, Any]:
    if what == "undo":
        return desk.undo()
    group = sent.get("group")
    if not isinstance(group, str):
        raise BadRequest("which group?")
    if what == "skip":
        return desk.skip(group)
    if what not in ("accept", "reject"):
        raise BadRequest("accept, reject, skip or undo")
    only = sent.get("only")
    if only is None:
        return desk.decide(group, what == "accept")
    if not (isinstance(only, list) and [type(part) for part in only] == [str, int, int, str]):
        raise BadRequest("which place?")
    return desk.decide(group, what == "accept", (only[0], only[1], only[2], only[3]))


async def _sent(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise BadRequest("send JSON")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise BadRequest("too long")
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("send JSON") from None
    if not isinstance(sent, dict):
        raise BadRequest("send a JSON object")
    return sent


def answer(value: dict[str, Any], status: int = 200) -> Response:
    """JSON that is harmless even where someone took it for HTML."""
    text = json.dumps(value, ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Response(text.encode("utf-8", "replace"), status, media_type="application/json")


def listen(port: int = 0) -> socket.socket:
    """A socket on this machine alone, to which can be connected at once; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        own.bind((ADDRESS, port))
        own.listen(64)
    except OSError:
        own.close()
        raise
    return own


def server(app: Guard) -> uvicorn.Server:
    """A server for `run(sockets=[listen()])`. It writes no log of requests: they hold the secret."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
    )
