"""A real uvicorn in a thread, and a peer that may send anything."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any, NamedTuple

import pytest
import uvicorn

MASK = b"\x12\x34\x56\x78"
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_paths = itertools.count()


def masked(payload: bytes) -> bytes:
    return bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """As a client sends it."""
    head = bytes(((0x80 if fin else 0) | rsv | opcode,))
    size = len(payload)
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 65536:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    return head + MASK + (masked(payload) if size < 10_000 or any(payload) else MASK * (size // 4) + MASK[: size % 4])


class Frame(NamedTuple):
    opcode: int
    payload: bytes
    fin: bool = True


class Peer:
    """The client's end of a socket. Reads fail the test after 5 s; EOF and resets are told apart."""

    def __init__(self, port: int, path: str = "/", headers: str = "", *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(5)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""
        self.path = path
        self.send(
            f"GET {path} HTTP/1.1\r\nHost: hub.example\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n".encode()
        )

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_response(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body. Of 101 there is none."""
        while b"\r\n\r\n" not in self.buffer:
            data = self.socket.recv(65536)
            assert data, f"the server hung up after {self.buffer!r}"
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        body = self.take(int(headers.get("content-length", "0")))
        return int(lines[0].split(" ")[1]), headers, body

    def opened(self) -> Peer:
        status, headers, _ = self.read_response()
        assert (status, headers["sec-websocket-accept"]) == (101, "s3pplmbitxaq9kygzzhzrbk+xoo=")
        return self

    def take(self, size: int) -> bytes:
        while len(self.buffer) < size:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self.buffer += data
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def read(self) -> Frame:
        first, size = self.take(2)
        assert first & 0x70 == 0 and size < 128, "reserved bits or a mask from the server"
        if size > 125:
            size = int.from_bytes(self.take(2 if size == 126 else 8), "big")
        return Frame(first & 0x0F, self.take(size), first >= 0x80)

    def read_close(self) -> int:
        """Skips what else comes; the code, 1005 for none; then the end of the stream must follow."""
        while (received := self.read()).opcode != CLOSE:
            pass
        return int.from_bytes(received.payload[:2], "big") if received.payload else 1005

    def at_end(self) -> bool:
        """Whether the server ended the connection in good order (FIN, not RST)."""
        return self.socket.recv(65536) == b""


class Running:
    """A server, and what its application saw, by path."""

    def __init__(self, server: uvicorn.Server) -> None:
        self.server = server
        address = server.servers[0].sockets[0].getsockname()
        self.port: int = address[1] if isinstance(address, tuple) else 0
        self.ends: defaultdict[str, Queue[dict[str, Any]]] = defaultdict(Queue)

    def peer(self, **options: Any) -> Peer:
        return Peer(self.port, f"/{next(_paths)}", **options).opened()

    def end_of(self, peer: Peer) -> tuple[int, str]:
        """Code and reason of the disconnect that the application was told."""
        message = self.ends[peer.path].get(timeout=5)
        return message["code"], message["reason"]


@contextmanager
def serving(app: Callable[..., Any], *, loop: str = "uvloop", **options: Any) -> Iterator[Running]:
    defaults = {"port": 0, "lifespan": "off", "log_config": None, "access_log": False, "ws_ping_interval": None}
    config = uvicorn.Config(app, ws="hub.websocket:WebSocketProtocol", loop=loop, **{**defaults, **options})
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline
            time.sleep(0.01)
        yield Running(server)
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive(), "the server did not end"


class Echo:
    """Returns every message; keeps the disconnects."""

    def __init__(self, *, in_rounds: bool) -> None:
        self.in_rounds = in_rounds
        self.ends: defaultdict[str, Queue[dict[str, Any]]] = defaultdict(Queue)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        assert await receive() == {"type": "websocket.connect"}
        await send({"type": "websocket.accept", "hub.rounds": 0 if self.in_rounds else None})
        while (message := await receive())["type"] == "websocket.receive":
            await send({**message, "type": "websocket.send"})
        self.ends[scope["path"]].put(message)


@pytest.fixture(
    scope="module",
    params=[("uvloop", False), ("uvloop", True), ("asyncio", False), ("asyncio", True)],
    ids=["uvloop", "uvloop-rounds", "asyncio", "asyncio-rounds"],
)
def echo(request: pytest.FixtureRequest) -> Iterator[Running]:
    """An echoing server on both loops, reading each socket by itself and in rounds. Messages up to 64 KiB."""
    loop, in_rounds = request.param
    app = Echo(in_rounds=in_rounds)
    with serving(app, loop=loop, ws_max_size=65536) as running:
        running.ends = app.ends
        yield running
