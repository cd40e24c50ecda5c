"""Somebody's server that takes webhooks: real HTTP, and a journal of what came."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from standardwebhooks.webhooks import Webhook as Verifier


class Came(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """What it says. Raises where the signature is not of this secret."""
        return Verifier(secret).verify(self.body, self.headers)


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hooks"
        self.came: list[Came] = []
        self.answers: list[int | tuple[int, dict[str, str]]] = []  # the next ones; then 204
        self.hangs = threading.Event()  # while it is set, nobody is answered
        self.hangs_over = threading.Event()

    def events(self) -> list[str]:
        return [came.event["type"] for came in self.came]


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append(Came(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if self.server.hangs.is_set():
            self.server.hangs_over.wait(30)
        answer = self.server.answers.pop(0) if self.server.answers else 204
        status, headers = (answer, {}) if isinstance(answer, int) else answer
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *args: object) -> None: ...


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.hangs_over.set()
            server.shutdown()
            thread.join()
