"""Ringover's REST API on a local socket, as its documentation has it."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "4pi-key"
EVENTS = ("hangup", "hold/toggle", "mute/toggle", "record/toggle")


class Ringover:
    """`calls` are the live ones. `answers` overrides the answer on a path: (status, body)."""

    def __init__(self):
        self.calls = []
        self.answers = {}
        self.requests = []  # (path, body)
        self.events = []  # (channel, event)
        self.busy = 0  # requests that are turned away
        self.url = ""

    def add_call(self, call_id, channel_id, status="ANSWERED", **more):
        self.calls.append({"call_id": call_id, "channel_id": channel_id, "status": status, **more})

    def answer(self, path, headers, body):
        """(status, body)"""
        self.requests.append((path, body))
        if headers.get("Authorization") != KEY:
            return 401, {"message": "Unauthorized"}
        if self.busy:
            self.busy -= 1
            return 429, {"message": "rate limit"}
        if path in self.answers:
            return self.answers[path]
        if path == "/v2/calls/current":
            if not isinstance(body, dict):
                return 400, {"message": "a filter is expected"}
            if not self.calls:
                return 204, None
            return 200, {
                "current_calls_list": self.calls[: body["limit_count"]],
                "current_calls_list_count": len(self.calls),
                "total_current_calls_count": len(self.calls),
            }
        prefix, _, rest = path.removeprefix("/v2/channels/").partition("/events/")
        if rest in EVENTS:
            if prefix not in {str(call["channel_id"]) for call in self.calls}:
                return 404, {"message": "not found"}
            self.events.append((prefix, rest))
            return 201, None
        return 400, {"message": "no such route"}


@contextmanager
def serve():
    ringover = Ringover()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = ringover.answer(self.path, self.headers, json.loads(raw) if raw else None)
            data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        ringover.url = f"http://127.0.0.1:{server.server_port}/v2"
        try:
            yield ringover
        finally:
            server.shutdown()
            thread.join()
