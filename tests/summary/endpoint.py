"""A local stand-in for a language model: an OpenAI-compatible endpoint on a real socket, spoken to by the real client.

with endpoint() as model:
    model.says('{"reason": []}')          # to the next request; then the last one again
    model.refuses(500)
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from calls.summary.asking import MAX_ITEMS


class Asked(NamedTuple):
    headers: dict[str, str]
    body: dict[str, Any]


class Model:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: deque[tuple[int, bytes]] = deque()
        self.hold = threading.Event()  # set: answers are given
        self.hold.set()
        self.together: threading.Barrier | None = None  # so many are answered at once
        self.lock = threading.Lock()
        self.url = ""

    def says(self, text: str | None, *, finish: str = "stop") -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        self.sends({"id": "1", "object": "chat.completion", "created": 0, "model": "local", "choices": [choice]})

    def sends(self, body: Any, status: int = 200) -> None:
        self.answers.append((status, body if isinstance(body, bytes) else json.dumps(body).encode()))

    def refuses(self, status: int) -> None:
        self.sends({"error": {"message": "out of service"}}, status)

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        with self.lock:
            self.asked.append(asked)
        self.hold.wait(20)
        if self.together:
            self.together.wait(20)
        with self.lock:
            return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


def items(*pairs: tuple[int, str]) -> list[dict[str, Any]]:
    assert len(pairs) <= MAX_ITEMS
    return [{"line": line, "text": text} for line, text in pairs]


def answer(**lists: list[dict[str, Any]]) -> str:
    return json.dumps({"reason": [], "agreed": [], "nextSteps": [], "openQuestions": [], **lists})


@contextmanager
def endpoint() -> Iterator[Model]:
    model = Model()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/v1/chat/completions"
            status, data = model.answer(Asked({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield model
    finally:
        model.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
