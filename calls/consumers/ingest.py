"""Terminates vendors' WebSockets: authenticate, accept, hand on, close. What a message means is the session's affair."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from calls.session import admission
from calls.session.call_session import CallSession
from calls.session.runtime import get_runtime
from calls.vendors import VENDORS

log = logging.getLogger(__name__)

Message = dict[str, Any]

# The hub's own server then reads this socket together with the other streams' (other servers ignore it): after two
# seconds, so that where a track starts is told by its frame's arrival and not by the round's.
READ_IN_ROUNDS = "hub.rounds"


class IngestConsumer(AsyncConsumer):
    """One connection of a vendor.

    Channels dispatches every message as a task after a hop to the database thread. Media must not pay for that, so
    `__call__` wraps `receive`: messages of the socket go straight to the session, and only connect and disconnect
    reach Channels.
    """

    vendor_name: str
    session: CallSession | None = None
    closing: asyncio.Task[None] | None = None

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
        handshake = vendor.read_handshake(self.scope["query_string"], self.scope["headers"])
        try:
            decision = await runtime.database(
                admission.at_handshake, vendor=vendor.name, info=handshake.info, secrets=handshake.secrets
            )
        except Exception:
            log.exception("a stream could not be admitted")
            await self.refuse(503, "The hub can't reach its database: try again.")
            return
        if isinstance(decision, admission.Refused):
            log.warning("a %s stream was refused: %s", vendor.label, decision.reason)
            await self.refuse(403, decision.reason)
            return
        await self.send({"type": "websocket.accept", READ_IN_ROUNDS: 2})
        self.session = CallSession(
            runtime=runtime,
            vendor=vendor,
            handshake=handshake,
            profile=decision.profile if isinstance(decision, admission.Admitted) else None,
            close=self.close_soon,
        )

    async def refuse(self, status: int, reason: str) -> None:
        """A real HTTP status where the server can (uvicorn), so that the vendor's retry rule applies; else 403."""
        if "websocket.http.response" in self.scope.get("extensions", {}):
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            if status == 503:
                headers.append((b"retry-after", b"5"))
            await self.send({"type": "websocket.http.response.start", "status": status, "headers": headers})
            await self.send({"type": "websocket.http.response.body", "body": reason.encode()})
        else:
            await self.send({"type": "websocket.close"})

    def close_soon(self, code: int, reason: str) -> None:
        if self.closing is None:
            self.closing = asyncio.get_running_loop().create_task(self.close(code, reason))

    async def close(self, code: int, reason: str) -> None:
        try:
            await self.send({"type": "websocket.close", "code": code, "reason": reason})
        except Exception as error:  # the peer went first
            log.debug("a vendor's socket was already closed: %s", error)

    async def websocket_disconnect(self, message: Message) -> None:
        if self.session is not None:
            self.session.closed(message.get("code") or 1006)
        raise StopConsumer


class RingCXConsumer(IngestConsumer):
    vendor_name = "ringcx"
