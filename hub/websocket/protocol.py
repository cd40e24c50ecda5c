"""The ASGI server for one WebSocket, plugged into uvicorn.

uvicorn's HTTP protocol sees an upgrade request, makes a `WebSocketProtocol`, hands it the transport and the request,
and steps aside. The application decides while the socket is not read; after that, see connection.py.

No line is logged per connection: the address of a vendor's socket may carry a secret.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast
from urllib.parse import unquote

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from hub.websocket import frames, handshake
from hub.websocket.connection import Connection, State

logger = logging.getLogger("uvicorn.error")

# Offered in the scope's extensions. An application takes it with `"hub.rounds": SECONDS` in its `websocket.accept`: so
# long after it, reading in rounds begins.
ROUNDS = "hub.rounds"


class WebSocketProtocol(Connection):
    __slots__ = (
        "_accept", "_app", "_app_closed", "_app_state", "_config", "_default_headers", "_denial", "_scope",
        "connections", "tasks",
    )  # fmt: skip

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(
            _loop or asyncio.get_running_loop(),
            max_size=config.ws_max_size,
            ping_interval=config.ws_ping_interval,
            ping_timeout=config.ws_ping_timeout,
        )
        self._config = config
        self._app = config.loaded_app
        self._app_state = app_state
        self._default_headers = server_state.default_headers
        self.connections = server_state.connections
        self.tasks = server_state.tasks
        self._scope: dict[str, Any] = {}
        self._accept = b""
        self._denial: tuple[int, handshake.Headers, bytearray] | None = None
        self._app_closed = False

    # What uvicorn and the transport call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.connections.add(self)  # type: ignore[arg-type]
        # Until the application has decided. uvloop also needs the pause to notice that the reader is another one.
        self.transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops: 1012 to open sockets, 503 to those that are not accepted yet."""
        if self.state is State.OPEN:
            self.close(1012, "")
        elif self.state is State.CONNECTING:
            self._respond(503, [], b"Service Unavailable")
        elif self.state is State.DENYING:
            self.gone(1006, "")
            self.end()

    # Handshake

    def upgrade_requested(self, request: bytes) -> None:
        if self._scope:  # more, before the answer: no client may
            return
        try:
            upgrade = handshake.read_upgrade(request)
        except handshake.Refused as refusal:
            self._respond(refusal.status, refusal.headers, str(refusal).encode())
            return
        self._accept = upgrade.accept
        root_path = self._config.root_path
        self._scope = {
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
            "extensions": {"websocket.http.response": {}, ROUNDS: {}},
        }
        self.inbox.append({"type": "websocket.connect"})
        task = self.loop.create_task(self._run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _respond(self, status: int, headers: handshake.Headers, body: bytes) -> None:
        """Refuse the handshake with an HTTP answer."""
        answer = handshake.response(status, [*self._default_headers, *headers], body)
        self.gone(1006, "")
        self.transport.write(answer)
        self.end()

    async def _run(self) -> None:
        try:
            result = await self._app(self._scope, self.receive, self.send)
        except ClientDisconnected:
            return
        except asyncio.CancelledError:
            self._finish(1012)
            raise
        except BaseException:
            logger.exception("Exception in ASGI application\n")
            self._finish(1011)
            return
        if self.state is State.CONNECTING:
            logger.error("ASGI callable returned without completing handshake.")
        elif result is not None:
            logger.error("ASGI callable should return None, but returned '%s'.", result)
        self._finish(1000)

    def _finish(self, code: int) -> None:
        """The application is over, whatever state it leaves the connection in."""
        if self.state is State.OPEN:
            self.close(code, "")
        elif self.state is State.CONNECTING:
            self._respond(500, [], b"Internal Server Error")
        elif self.state is State.DENYING:
            self.gone(1006, "")
            self.end()

    # The application's two callables

    async def receive(self) -> dict[str, Any]:
        """The next message, without a detour through the loop if one is here. One task at a time."""
        inbox = self.inbox
        while not inbox:
            if self.told:
                raise RuntimeError("receive() after websocket.disconnect.")
            if self.waiter is not None and not self.waiter.done():
                raise RuntimeError("receive() in two tasks at once.")
            self.waiter = self.loop.create_future()
            await self.waiter
        message = inbox.popleft()
        if not inbox and self._held:
            self.loop.call_soon(self.read_on)
        return message

    async def send(self, message: Any) -> None:
        """Raises ClientDisconnected (an OSError) once the peer is gone; closing a socket that is gone does nothing."""
        while self.writable is not None:
            await self.writable.wait()
        kind = message["type"]
        if self.state is State.OPEN:
            if kind == "websocket.send":
                data = message.get("bytes")
                if data is None:
                    self.write(frames.TEXT, message["text"].encode())
                else:
                    self.write(frames.BINARY, data)
            elif kind == "websocket.close":
                self.close(message.get("code", 1000), message.get("reason") or "")
                self._app_closed = True
            else:
                raise RuntimeError(f"Expected 'websocket.send' or 'websocket.close', but got '{kind}'.")
        elif self._app_closed:
            raise RuntimeError(f"Unexpected ASGI message '{kind}' after the connection was closed or refused.")
        elif self.state is State.CONNECTING:
            self._decide(kind, message)
        elif self.state is State.DENYING:
            self._deny(kind, message)
        elif kind != "websocket.close":
            raise ClientDisconnected

    def _decide(self, kind: str, message: Any) -> None:
        if kind == "websocket.accept":
            headers = [*self._default_headers, *message.get("headers", [])]
            self.transport.write(handshake.accepted(self._accept, message.get("subprotocol"), headers))
            self.opened(rounds_after=message.get(ROUNDS))
        elif kind == "websocket.close":
            self._respond(403, [], b"")
            self._app_closed = True
        elif kind == "websocket.http.response.start":
            status = message["status"]
            if not 200 <= status < 600:
                raise RuntimeError(f"Invalid HTTP status code '{status}' in response.")
            self._denial = (status, list(message.get("headers", [])), bytearray())
            self.state = State.DENYING
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
            self._respond(status, headers, bytes(body))
            self._app_closed = True
