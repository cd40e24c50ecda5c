"""A WebSocket connection on an asyncio transport: reading, writing, keep-alive and every way to end.

How this works

    CONNECTING -- accepted -----------------------> OPEN
    CONNECTING -- an HTTP answer begins ----------> DENYING -- and is complete --> GONE
    OPEN -- we close (application, shutdown) -----> CLOSING -- peer's close frame or time-out --> GONE
    OPEN -- the peer closes or misbehaves --------> GONE
    any --- the connection is lost ---------------> GONE

In GONE nothing more is sent and what still arrives is thrown away; the transport may need a moment to flush.

Two bounds keep memory flat. Reading: while the application has not taken what an earlier read brought, or a peer sends
more frames than its turn allows, the socket is not read, and TCP holds the peer. Writing: the sender waits while
`writable` exists, which is while the transport's buffer is over its high-water mark.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from enum import Enum
from typing import Any

from uvicorn.protocols.utils import is_ssl

from hub.websocket import frames
from hub.websocket.rounds import Rounds, rounds_of

CLOSE_SECONDS = 5.0  # for the peer to answer our close frame, and for the transport to flush
LINGER_SECONDS = 1.0  # after an error: read on, or the reset would overtake our close frame
ROUND_BYTES = 16 * 1024  # read at most from one socket in a round


class State(Enum):
    CONNECTING = "connecting"
    DENYING = "denying"
    OPEN = "open"
    CLOSING = "closing"
    GONE = "gone"


def _discard(*_: Any) -> None:
    pass


_NO_PARSER = frames.FrameParser(0, _discard, _discard)


class Connection(asyncio.Protocol):
    """`inbox` is what the application has to read, in order, with one `websocket.disconnect` at the end."""

    __slots__ = (
        "_descriptor", "_end_timer", "_farewell", "_heard", "_held", "_parser", "_ping_interval", "_ping_timeout",
        "_ping_timer", "_pong", "_rounds", "_rounds_timer", "inbox", "loop", "state", "told", "transport", "waiter", "writable",
    )  # fmt: skip

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        max_size: int,
        ping_interval: float | None,
        ping_timeout: float | None,
    ) -> None:
        self.loop = loop
        self.transport: asyncio.Transport
        self.state = State.CONNECTING
        self.inbox: deque[dict[str, Any]] = deque()
        self.told = False  # the disconnect is in the inbox
        self.waiter: asyncio.Future[None] | None = None  # of who waits for the inbox
        self.writable: asyncio.Event | None = None
        self._parser = frames.FrameParser(max_size, self.inbox.append, self._control)
        self._held = True  # reading is paused
        self._rounds: Rounds | None = None  # who reads, if not the transport
        self._rounds_timer: asyncio.TimerHandle | None = None
        self._descriptor = -1
        self._heard = False  # anything, since the last ping
        self._pong: bytes | None = None  # the answer that waits for the peer to read
        self._farewell: bytes | None = None  # the answer to a close frame that came behind unread messages
        self._ping_interval, self._ping_timeout = ping_interval, ping_timeout
        self._ping_timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None  # ends a connection whose peer does not

    def opened(self, *, rounds_after: float | None) -> None:
        """The handshake is over. Read in rounds (see rounds.py) from so many seconds on; not with TLS, whose bytes are
        not the socket's."""
        self.state = State.OPEN
        if rounds_after is not None and not is_ssl(self.transport):
            self._descriptor = self.transport.get_extra_info("socket").fileno()
            if rounds_after:
                self._rounds_timer = self.loop.call_later(rounds_after, self._join_rounds)
            else:
                self._rounds = rounds_of(self.loop)
        self.read_on()
        self._schedule_ping()

    def _join_rounds(self) -> None:
        if self.state is State.OPEN and not self.transport.is_closing():
            held = self._held
            self._hold()
            self._rounds = rounds_of(self.loop)
            if not held:
                self._release()

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        self._heard = True
        if self.state is State.OPEN or self.state is State.CLOSING:
            self._read(data)
        elif self.state is State.CONNECTING:
            self.upgrade_requested(data)

    def upgrade_requested(self, request: bytes) -> None:
        """The upgrade request, whole."""
        raise NotImplementedError

    def eof_received(self) -> None:
        """The peer will send no more: flush and go; `connection_lost` tells the application."""
        self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone(1006, "")
        if self._rounds is not None:
            self._rounds.discard(self)
        if self._end_timer is not None:
            self._end_timer.cancel()
        self.resume_writing()

    def pause_writing(self) -> None:
        self.writable = asyncio.Event()

    def resume_writing(self) -> None:
        if self.writable is not None:
            self.writable.set()
            self.writable = None
        if self._pong is not None and self.state is State.OPEN:
            pong, self._pong = self._pong, None
            self.write(frames.PONG, pong)

    # Reading

    def _read(self, data: bytes) -> None:
        inbox = self.inbox
        behind = bool(inbox) and self.state is State.OPEN
        try:
            more = self._parser.feed(data)
        except frames.ProtocolError as error:
            self.fail(error.code, error.reason)
            return
        if more or behind or self._farewell is not None:
            self._hold()
            if not inbox or self.state is not State.OPEN:
                self.loop.call_soon(self.read_on)
        elif self._held:
            self._release()
        if inbox:
            self._wake()

    def read_on(self) -> None:
        """The inbox is empty: take what was left when reading was paused, then read again."""
        if self._farewell is not None:
            if not self.inbox:
                self._part()
        elif self._held and (self.state is State.OPEN or self.state is State.CLOSING):
            self._read(b"")

    def read_now(self) -> None:
        """This connection's turn in the round."""
        if self.transport.is_closing():  # its descriptor may be another's by now
            self._rounds.discard(self)  # type: ignore[union-attr]
            return
        try:
            data = os.read(self._descriptor, ROUND_BYTES)
        except BlockingIOError:
            return
        except OSError:  # reset by the peer
            data = b""
        if data:
            self.data_received(data)
        else:
            self.eof_received()

    def _hold(self) -> None:
        if self._held or self.transport.is_closing():
            return
        self._held = True
        if self._rounds is None:
            self.transport.pause_reading()
        else:
            self._rounds.discard(self)

    def _release(self) -> None:
        self._held = False
        self._heard = True  # the peer gets its time for a pong again
        if self.transport.is_closing():
            return
        if self._rounds is None:
            self.transport.resume_reading()
        else:
            self._rounds.add(self)

    def _wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == frames.PING:
            if self.state is State.OPEN:
                if self.writable is None:
                    self.write(frames.PONG, payload)
                else:
                    self._pong = payload  # the newest answers all (RFC 6455, 5.5.3), so a flood takes no memory
        elif opcode == frames.CLOSE:
            code, reason = frames.read_close(payload)
            if self.state is State.OPEN and self.inbox:  # the application may yet want to answer what came before
                self._farewell = payload[:2]
                self._tell(code, reason)
                self._end_within(CLOSE_SECONDS)
                return
            if self.state is State.OPEN:
                self.write(frames.CLOSE, payload[:2])
            self.gone(code, reason)
            self.end()

    def _part(self) -> None:
        if self.state is State.OPEN and self._farewell is not None:
            self.write(frames.CLOSE, self._farewell)
            self.gone(1000, "")
            self.end()

    # Writing and ending

    def write(self, opcode: int, payload: bytes) -> None:
        self.transport.write(frames.frame(opcode, payload))

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake. Raises ValueError for a code that must not be sent."""
        payload = frames.close_payload(code, reason)
        if self._farewell is not None:
            self._part()
            return
        self.write(frames.CLOSE, payload)
        self.state = State.CLOSING
        self._parser.on_message = _discard
        self._tell(code, reason)
        self._end_within(CLOSE_SECONDS)
        self.read_on()

    def fail(self, code: int, reason: str) -> None:
        """The peer broke the protocol or went silent: say why, take no more from it."""
        was_open = self.state is State.OPEN
        if was_open:
            self.write(frames.CLOSE, frames.close_payload(code, reason))
        self.gone(code, reason)
        if not was_open or not self.transport.can_write_eof() or self.transport.is_closing():
            self.end()
            return
        self.transport.write_eof()
        self._end_within(LINGER_SECONDS)
        if self._rounds is not None:  # too slow to empty a busy socket
            self._rounds.discard(self)
            self._rounds, self._held = None, True
        if self._held:
            self._release()

    def gone(self, code: int, reason: str) -> None:
        self.state = State.GONE
        self._parser = _NO_PARSER  # frees what it collected, and the cycle with this object
        self._tell(code, reason)
        if self._ping_timer is not None:
            self._ping_timer.cancel()
        if self._rounds_timer is not None:
            self._rounds_timer.cancel()

    def _tell(self, code: int, reason: str) -> None:
        if not self.told:
            self.told = True
            self.inbox.append({"type": "websocket.disconnect", "code": code, "reason": reason})
            self._wake()

    def end(self) -> None:
        """Flush and close; a peer that does not read gets no more than CLOSE_SECONDS."""
        self.transport.close()
        self._end_within(CLOSE_SECONDS)

    def _end_within(self, seconds: float) -> None:
        if self._end_timer is None:
            self._end_timer = self.loop.call_later(seconds, self.transport.abort)

    # Keep-alive. Whatever the peer sends proves that it lives, not only a pong: some vendors answer no ping.

    def _schedule_ping(self) -> None:
        if self._ping_interval:
            self._ping_timer = self.loop.call_later(self._ping_interval, self._ping)

    def _ping(self) -> None:
        if self.state is not State.OPEN:
            return
        self._heard = False
        self.write(frames.PING, b"")
        if self._ping_timeout:
            self._ping_timer = self.loop.call_later(self._ping_timeout, self._expect_pong)
        else:
            self._schedule_ping()

    def _expect_pong(self) -> None:
        if self._heard or self._held:  # a paused socket cannot be heard
            self._schedule_ping()
        elif self.state is State.OPEN:
            self.fail(1011, "keepalive ping timeout")
