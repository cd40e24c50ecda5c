"""An ASGI WebSocket server for one connection, plugged into uvicorn.

How this works. uvicorn's HTTP protocol sees an upgrade request, makes a `WebSocketProtocol`, hands it the transport and
the request, and steps aside. The application decides while the socket is not read:

    CONNECTING -- websocket.accept --------------> OPEN
    CONNECTING -- websocket.http.response.start -> DENYING -- last body --> GONE
    OPEN ------- we close (app, shutdown) -------> CLOSING -- peer's close frame or time-out --> GONE
    OPEN ------- the peer closes or misbehaves --> GONE
    any -------- the connection is lost ---------> GONE

In GONE nothing more is sent and what still arrives is thrown away; the transport may need a moment to flush.

Two bounds keep memory flat. Reading: while the application has not taken what an earlier read brought, or a peer sends
more frames than its turn allows, the socket is not read, and TCP holds the peer. Writing: `send` waits while the
transport's buffer is over its high-water mark.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from enum import Enum
from typing import Any, cast
from urllib.parse import unquote

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from hub.websocket import frames, handshake

logger = logging.getLogger("uvicorn.error")

CLOSE_SECONDS = 5.0  # for the peer to answer our close frame, and for the transport to flush
LINGER_SECONDS = 1.0  # after an error: read on, or the reset would overtake our close frame


class State(Enum):
    CONNECTING = "connecting"
    DENYING = "denying"
    OPEN = "open"
    CLOSING = "closing"
    GONE = "gone"


def _discard(*_: Any) -> None:
    pass


_NO_PARSER = frames.FrameParser(0, _discard, _discard)


class WebSocketProtocol(asyncio.Protocol):
    __slots__ = (
        "_accept", "_app", "_app_closed", "_app_state", "_config", "_default_headers", "_denial", "_heard", "_held",
        "_inbox", "_loop", "_parser", "_ping_timer", "_pong", "_state", "_told", "_waiter", "_writable",
        "connections", "scope", "tasks", "timer", "transport",
    )  # fmt: skip

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config = config
        self._app = config.loaded_app
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._default_headers = server_state.default_headers
        self.connections = server_state.connections
        self.tasks = server_state.tasks
        self.transport: asyncio.Transport
        self.scope: dict[str, Any] = {}
        self.timer: asyncio.TimerHandle | None = None  # ends a connection whose peer does not
        self._ping_timer: asyncio.TimerHandle | None = None

        self._state = State.CONNECTING
        self._accept = b""
        self._denial: tuple[int, handshake.Headers, bytearray] | None = None
        self._app_closed = False
        self._told = False  # websocket.disconnect is in the inbox
        self._inbox: deque[dict[str, Any]] = deque()
        self._waiter: asyncio.Future[None] | None = None  # of the one task in `receive`
        self._parser = frames.FrameParser(config.ws_max_size, self._inbox.append, self._control)
        self._held = False  # reading is paused
        self._heard = False  # anything, since the last ping
        self._pong: bytes | None = None  # the answer that waits for the peer to read
        self._writable: asyncio.Event | None = None  # exists while the transport's buffer is too full

    # What uvicorn and the transport call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.connections.add(self)  # type: ignore[arg-type]
        # Until the application has decided. Also makes uvloop look up this protocol's reader when it resumes.
        self._held = True
        self.transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        self._heard = True
        if self._state is State.OPEN or self._state is State.CLOSING:
            self._read(data)
        elif self._state is State.CONNECTING and not self.scope:
            self._connect(data)

    def eof_received(self) -> None:
        """Nothing to do: the transport closes, and `connection_lost` tells the application."""

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)
        self._gone(1006, "")
        if self.timer is not None:
            self.timer.cancel()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        if self._writable is not None:
            self._writable.set()
            self._writable = None
        if self._pong is not None and self._state is State.OPEN:
            pong, self._pong = self._pong, None
            self._write(frames.PONG, pong)

    def shutdown(self) -> None:
        """The server stops: 1012 to open sockets, 503 to those that are not accepted yet."""
        if self._state is State.OPEN:
            self._close(1012, "")
        elif self._state is State.CONNECTING:
            self._respond(503, [], b"Service Unavailable")
        elif self._state is State.DENYING:
            self._gone(1006, "")
            self._end()

    # Handshake

    def _connect(self, request: bytes) -> None:
        try:
            upgrade = handshake.read_upgrade(request)
        except handshake.Refused as refusal:
            self._respond(refusal.status, refusal.headers, str(refusal).encode())
            return
        self._accept = upgrade.accept
        root_path = self._config.root_path
        self.scope = {
            "type": "websocket",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(self.transport) else "ws",
            "server": get_local_addr(self.transport),
            "client": get_remote_addr(self.transport),
            "root_path": root_path,
            "path": root_path + unquote(upgrade.raw_path.decode("latin-1")),
            "raw_path": root_path.encode() + upgrade.raw_path,
            "query_string": upgrade.query_string,
            "headers": upgrade.headers,
            "subprotocols": upgrade.subprotocols,
            "state": self._app_state.copy(),
            "extensions": {"websocket.http.response": {}},
        }
        self._inbox.append({"type": "websocket.connect"})
        task = self._loop.create_task(self._run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _respond(self, status: int, headers: handshake.Headers, body: bytes) -> None:
        """Refuse the handshake with an HTTP answer."""
        answer = handshake.response(status, [*self._default_headers, *headers], body)
        self._gone(1006, "")
        self.transport.write(answer)
        self._end()

    async def _run(self) -> None:
        try:
            result = await self._app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            return
        except asyncio.CancelledError:
            self._finish(1012)
            raise
        except BaseException:
            logger.exception("Exception in ASGI application\n")
            self._finish(1011)
            return
        if self._state is State.CONNECTING:
            logger.error("ASGI callable returned without completing handshake.")
        elif result is not None:
            logger.error("ASGI callable should return None, but returned '%s'.", result)
        self._finish(1000)

    def _finish(self, code: int) -> None:
        """The application is over, whatever state it leaves the connection in."""
        if self._state is State.OPEN:
            self._close(code, "")
        elif self._state is State.CONNECTING:
            self._respond(500, [], b"Internal Server Error")
        elif self._state is State.DENYING:
            self._gone(1006, "")
            self._end()

    # The application's two callables

    async def receive(self) -> dict[str, Any]:
        """The next message, without a detour through the loop if one is here. One task at a time."""
        inbox = self._inbox
        if not inbox:
            if self._told:
                raise RuntimeError("receive() after websocket.disconnect.")
            if self._waiter is not None and not self._waiter.done():
                raise RuntimeError("receive() in two tasks at once.")
            self._waiter = self._loop.create_future()
            await self._waiter
        message = inbox.popleft()
        if self._held and not inbox:
            self._loop.call_soon(self._read_on)
        return message

    async def send(self, message: Any) -> None:
        """Raises ClientDisconnected (an OSError) once the peer is gone; closing a socket that is gone does nothing."""
        while self._writable is not None:
            await self._writable.wait()
        kind = message["type"]
        if self._state is State.OPEN:
            if kind == "websocket.send":
                data = message.get("bytes")
                if data is None:
                    self._write(frames.TEXT, message["text"].encode())
                else:
                    self._write(frames.BINARY, data)
            elif kind == "websocket.close":
                self._app_closed = True
                self._close(message.get("code", 1000), message.get("reason") or "")
            else:
                raise RuntimeError(f"Expected 'websocket.send' or 'websocket.close', but got '{kind}'.")
        elif self._app_closed:
            raise RuntimeError(f"Unexpected ASGI message '{kind}' after the connection was closed or refused.")
        elif self._state is State.CONNECTING:
            self._decide(kind, message)
        elif self._state is State.DENYING:
            self._deny(kind, message)
        elif kind != "websocket.close":
            raise ClientDisconnected

    def _decide(self, kind: str, message: Any) -> None:
        if kind == "websocket.accept":
            headers = [*self._default_headers, *message.get("headers", [])]
            self.transport.write(handshake.accepted(self._accept, message.get("subprotocol"), headers))
            self._state = State.OPEN
            self._read_on()
            self._schedule_ping()
        elif kind == "websocket.close":
            self._app_closed = True
            self._respond(403, [], b"")
        elif kind == "websocket.http.response.start":
            status = message["status"]
            if not 200 <= status < 600:
                raise RuntimeError(f"Invalid HTTP status code '{status}' in response.")
            self._denial = (status, list(message.get("headers", [])), bytearray())
            self._state = State.DENYING
        else:
            raise RuntimeError(
                f"Expected 'websocket.accept', 'websocket.close' or 'websocket.http.response.start', but got '{kind}'."
            )

    def _deny(self, kind: str, message: Any) -> None:
        if kind != "websocket.http.response.body":
            raise RuntimeError(f"Expected 'websocket.http.response.body', but got '{kind}'.")
        assert self._denial is not None
        status, headers, body = self._denial
        body += message.get("body", b"")
        if not message.get("more_body", False):
            self._app_closed = True
            self._respond(status, headers, bytes(body))

    # Reading

    def _read(self, data: bytes) -> None:
        inbox = self._inbox
        behind = bool(inbox) and self._state is State.OPEN
        try:
            more = self._parser.feed(data)
        except frames.ProtocolError as error:
            self._fail(error.code, error.reason)
            return
        if more or behind:
            if not self._held and not self.transport.is_closing():
                self._held = True
                self.transport.pause_reading()
            if not inbox or self._state is not State.OPEN:
                self._loop.call_soon(self._read_on)
        elif self._held:
            self._resume_reading()
        if inbox:
            self._wake()

    def _read_on(self) -> None:
        """Take what was left when reading was paused, then read again."""
        if self._held and self._state in (State.OPEN, State.CLOSING):
            self._read(b"")

    def _resume_reading(self) -> None:
        self._held = False
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == frames.PING:
            if self._state is State.OPEN:
                if self._writable is None:
                    self._write(frames.PONG, payload)
                else:
                    self._pong = payload  # the newest answers all (RFC 6455, 5.5.3), so a flood takes no memory
        elif opcode == frames.CLOSE:
            code, reason = frames.read_close(payload)
            if self._state is State.OPEN:
                self._write(frames.CLOSE, payload[:2])
            self._gone(code, reason)
            self._end()

    # Writing and ending

    def _write(self, opcode: int, payload: bytes) -> None:
        self.transport.write(frames.frame(opcode, payload))

    def _close(self, code: int, reason: str) -> None:
        """Begin the closing handshake."""
        self._write(frames.CLOSE, frames.close_payload(code, reason))
        self._state = State.CLOSING
        self._parser.on_message = _discard
        self._tell(code, reason)
        self._end_within(CLOSE_SECONDS)
        self._read_on()

    def _fail(self, code: int, reason: str) -> None:
        """The peer broke the protocol or went silent: say why, take no more from it."""
        was_open = self._state is State.OPEN
        if was_open:
            self._write(frames.CLOSE, frames.close_payload(code, reason))
        self._gone(code, reason)
        if not was_open or not self.transport.can_write_eof() or self.transport.is_closing():
            self._end()
            return
        self.transport.write_eof()
        self._end_within(LINGER_SECONDS)
        if self._held:
            self._resume_reading()

    def _gone(self, code: int, reason: str) -> None:
        self._state = State.GONE
        self._parser = _NO_PARSER  # frees what it collected, and the cycle with this object
        self._tell(code, reason)
        if self._ping_timer is not None:
            self._ping_timer.cancel()

    def _tell(self, code: int, reason: str) -> None:
        if not self._told:
            self._told = True
            self._inbox.append({"type": "websocket.disconnect", "code": code, "reason": reason})
            self._wake()

    def _end(self) -> None:
        """Flush and close; a peer that does not read gets no more than CLOSE_SECONDS."""
        self.transport.close()
        self._end_within(CLOSE_SECONDS)

    def _end_within(self, seconds: float) -> None:
        if self.timer is None:
            self.timer = self._loop.call_later(seconds, self.transport.abort)

    # Keep-alive. Whatever the peer sends proves that it lives, not only a pong: some vendors answer no ping.

    def _schedule_ping(self) -> None:
        if self._config.ws_ping_interval:
            self._ping_timer = self._loop.call_later(self._config.ws_ping_interval, self._ping)

    def _ping(self) -> None:
        if self._state is not State.OPEN:
            return
        self._heard = False
        self._write(frames.PING, b"")
        if self._config.ws_ping_timeout:
            self._ping_timer = self._loop.call_later(self._config.ws_ping_timeout, self._expect_pong)
        else:
            self._schedule_ping()

    def _expect_pong(self) -> None:
        if self._heard or self._held:  # a paused socket cannot be heard
            self._schedule_ping()
        elif self._state is State.OPEN:
            self._fail(1011, "keepalive ping timeout")
