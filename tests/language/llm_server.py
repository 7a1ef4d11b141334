"""A chat-completion server on 127.0.0.1 that behaves as the test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What the server does with the n-th request (from 1), whose questions it has read.
Behaviour = Callable[["Handler", list[dict[str, Any]], int], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.close_connection = True
        self.server.behaviour(self, json.loads(body["messages"][-1]["content"]), len(self.server.requests))

    def do_GET(self) -> None:  # a redirection would come here
        self.server.requests.append((self.path, dict(self.headers), {}))
        self.send(200, b"{}")

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say(self, content: str) -> None:
        """A chat completion with that text."""
        self.send(200, completion(content), Content_Type="application/json")

    def choose(self, choices: Sequence[object]) -> None:
        self.say(json.dumps([{"id": str(n), "choice": c} for n, c in enumerate(choices, 1)]))

    def log_message(self, format: str, *args: object) -> None:
        pass


def completion(content: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    behaviour: Behaviour

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.released = threading.Event()  # ends what a behaviour waits for

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # the client went away: that is what is tested


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    server = Server()
    server.behaviour = behaviour
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def first_candidate(handler: Handler, questions: list[dict[str, Any]], n: int) -> None:
    handler.choose([q["candidates"][0] for q in questions])
