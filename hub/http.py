"""Limits on what a client may send before anybody knows who it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024  # of a request line and headers
HEAD_SECONDS = 10.0
BODY_BYTES = 1 << 20  # nothing that the hub takes is near it

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, with a bound in bytes and seconds on the head of a request. Beyond it the connection is closed."""

    head_bytes = 0
    head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.head_complete()
        super().connection_lost(exc)

    def expect_head(self) -> None:
        self.head_complete()
        self.head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def head_complete(self) -> None:
        self.head_bytes = 0
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.head_timer is not None:
            self.head_bytes += len(data)
            if self.head_bytes > HEAD_BYTES:
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.expect_head()

    def on_headers_complete(self) -> None:
        self.head_complete()
        super().on_headers_complete()


TOO_LARGE = (
    b'{"type":"about:blank","title":"Content Too Large","status":413,"code":"too_large",'
    b'"detail":"A body may have 1 MiB at most.","errors":[]}'
)


async def refuse_body(send: Send) -> None:
    """413, without reading the body."""
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE})


def bounded_body(scope: dict[str, Any], receive: Receive) -> Receive | None:
    """`receive` that ends a body beyond the limit as if the client had left; None where the client announces one."""
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > BODY_BYTES):
            return None
    taken = 0

    async def receive_bounded() -> dict[str, Any]:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return message if taken <= BODY_BYTES else {"type": "http.disconnect"}

    return receive_bounded
