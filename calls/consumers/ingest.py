"""Terminates vendors' WebSockets: authenticate, accept, hand on, close. What a message means is the session's affair."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from calls.consumers.outbox import Outbox
from calls.session import admission
from calls.session.call_session import CallSession
from calls.session.runtime import get_runtime
from calls.vendors import VENDORS

log = logging.getLogger(__name__)

Message = dict[str, Any]

# The hub's own server then reads this socket together with the other streams' (other servers ignore it): after two
# seconds, so that where a track starts is told by its frame's arrival and not by the round's.
READ_IN_ROUNDS = "hub.rounds"
REFUSAL_HEADERS = {503: (b"retry-after", b"5"), 401: (b"www-authenticate", b'Bearer realm="Call Hub"')}
FLUSH_SECONDS = 1.0  # for the last messages to a vendor, before the connection is closed
INTERNAL_ERROR = 1011


class IngestConsumer(AsyncConsumer):
    """One connection of a vendor.

    Channels dispatches every message as a task after a hop to the database thread. Media must not pay for that, so
    `__call__` wraps `receive`: messages of the socket go straight to the session, and only connect and disconnect
    reach Channels.
    """

    session: CallSession | None = None
    closing: asyncio.Task[None] | None = None
    outbox: Outbox | None = None  # of a vendor that is answered
    gone = False  # the peer is: what the session still says reaches nobody

    def __init__(self, vendor_name: str) -> None:
        self.vendor_name = vendor_name

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Any) -> None:
        async def receive_rest() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                session = self.session
                if session is None:
                    continue
                text = message.get("text")
                if text is not None:
                    session.feed_text(text)
                else:
                    session.feed_binary(message["bytes"])

        await super().__call__(scope, receive_rest, send)

    async def websocket_connect(self, message: Message) -> None:
        runtime = get_runtime()
        if runtime.draining or runtime.is_full():
            await self.refuse(503, "The hub is restarting or full: try again.")
            return
        vendor = VENDORS[self.vendor_name]
        address = self.scope["url_route"]["kwargs"].get("address", "")
        handshake = vendor.read_handshake(self.scope["query_string"], self.scope["headers"], address)
        try:
            decision = await runtime.database(
                admission.at_handshake, vendor=vendor, handshake=handshake, query=self.scope["query_string"]
            )
        except Exception:
            log.exception("a stream could not be admitted")
            await self.refuse(503, "The hub can't reach its database: try again.")
            return
        if isinstance(decision, admission.Refused):
            log.warning("a %s stream was refused: %s", vendor.label, decision.reason)
            await self.refuse(vendor.endpoint.refusal, decision.told)
            return
        await self.send({"type": "websocket.accept", READ_IN_ROUNDS: 2})
        self.session = CallSession(
            runtime=runtime,
            vendor=vendor,
            handshake=handshake,
            profile=decision.profile if isinstance(decision, admission.Admitted) else None,
            send=self.send_soon,
            flush=self.flush,
            close=self.close_soon,
        )

    async def refuse(self, status: int, reason: str) -> None:
        """A real HTTP status where the server can (uvicorn), so that the vendor's retry rule applies; else 403."""
        if "websocket.http.response" in self.scope.get("extensions", {}):
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            if status in REFUSAL_HEADERS:
                headers.append(REFUSAL_HEADERS[status])
            await self.send({"type": "websocket.http.response.start", "status": status, "headers": headers})
            await self.send({"type": "websocket.http.response.body", "body": reason.encode()})
        else:
            await self.send({"type": "websocket.close"})

    def send_soon(self, messages: Sequence[str | bytes]) -> None:
        if not messages or self.closing is not None or self.gone:
            return
        if self.outbox is None:
            self.outbox = Outbox(self.send)
        for one in messages:
            self.outbox.put(one)
        if self.outbox.overflowed:
            log.warning("%s does not read what it is sent and is closed", self.session)
            self.close_soon(INTERNAL_ERROR, "not_reading")

    async def flush(self) -> None:
        if self.outbox is not None:
            await self.outbox.empty.wait()

    def close_soon(self, code: int, reason: str) -> None:
        if self.closing is None:
            self.closing = asyncio.get_running_loop().create_task(self.close(code, reason))

    async def close(self, code: int, reason: str) -> None:
        try:
            if self.outbox is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.outbox.empty.wait(), FLUSH_SECONDS)
                await self.outbox.close()
            await self.send({"type": "websocket.close", "code": code, "reason": reason})
        except Exception as error:  # the peer went first
            log.debug("a vendor's socket was already closed: %s", error)

    async def websocket_disconnect(self, message: Message) -> None:
        self.gone = True
        if self.session is not None:
            self.session.closed(message.get("code") or 1006)
        if self.outbox is not None:
            await self.outbox.close()
        raise StopConsumer
