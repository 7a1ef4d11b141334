"""Who may talk to the review: the browser page that this program opened, and nobody else.

A page on the web can make a browser send requests to 127.0.0.1, also under a name of its own (DNS rebinding). So every
request needs the secret in its path, must be addressed to this very address, and must not come from another origin.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What every answer says: nothing is loaded from elsewhere, nothing may frame the page, nothing is kept.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def new_token() -> str:
    """A secret that cannot be guessed."""
    return secrets.token_urlsafe(32)


class Guard:
    """Refuses what is not ours, and adds the headers to every answer."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app = app
        self.token = token
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        why = self.objection(scope["method"], scope["path"], Headers(scope=scope))
        answer: ASGIApp = PlainTextResponse(f"Banmian review: {why}\n", status_code=403) if why else self.app
        await answer(scope, receive, with_headers)

    def objection(self, method: str, path: str, headers: Headers) -> str:
        """Why a request is refused; empty if it is not."""
        host = headers.get("host", "")
        if headers.getlist("host") != [host] or host not in self.hosts:
            return "this is not the address of the review"
        own = path.split("/", 2)[1] if path.startswith("/") else ""
        if not secrets.compare_digest(own.encode("utf-8", "surrogatepass"), self.token.encode()):
            return "open the address that `banmian review` printed, with its secret"
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return "requests from other pages are not answered"
        site = headers.get("sec-fetch-site", "none")
        opens_page = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("none", "same-origin") and not opens_page:
            return "requests from other pages are not answered"
        return ""
