from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.hub.websocket.conftest import Peer, serving


def answering(*messages: dict[str, Any]) -> Any:
    """An application that sends these and then waits for the end."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        app.scope = scope  # type: ignore[attr-defined]
        await receive()
        for message in messages:
            await send(message)
        while (await receive())["type"] != "websocket.disconnect":
            pass

    return app


ACCEPT = {"type": "websocket.accept"}
START = {"type": "websocket.http.response.start", "status": 503, "headers": [(b"Retry-After", b"5")]}


def test_the_scope_is_uvicorns() -> None:
    app = answering(ACCEPT)
    with serving(app, root_path="/hub") as running:
        headers = "Sec-WebSocket-Protocol: one, two\r\nSec-WebSocket-Protocol: three\r\nX-Name: Ren\xe9:x \r\n"
        with Peer(running.port, "/ws/a%20b/?x=%31&y", headers) as peer:
            peer.opened()
            scope = app.scope
            own = peer.socket.getsockname()
        assert scope["type"] == "websocket" and scope["http_version"] == "1.1" and scope["scheme"] == "ws"
        assert scope["asgi"] == {"version": "3.0", "spec_version": "2.4"}
        assert (scope["server"], scope["client"]) == (("127.0.0.1", running.port), own)
        assert (scope["root_path"], scope["path"]) == ("/hub", "/hub/ws/a b/")
        assert (scope["raw_path"], scope["query_string"]) == (b"/hub/ws/a%20b/", b"x=%31&y")
        assert scope["subprotocols"] == ["one", "two", "three"]
        assert (b"host", b"hub.example") in scope["headers"]
        assert (b"x-name", "René:x".encode()) in scope["headers"]
        assert scope["extensions"]["websocket.http.response"] == {}
        assert scope["state"] == {}


def test_accepting_with_a_subprotocol_and_headers() -> None:
    app = answering({**ACCEPT, "subprotocol": "two", "headers": [(b"X-Own", b"yes")]})
    with serving(app, headers=[("x-default", "too")]) as running, Peer(running.port) as peer:
        status, headers, _ = peer.read_response()
        assert status == 101
        assert headers["sec-websocket-protocol"] == "two"
        assert (headers["x-own"], headers["x-default"]) == ("yes", "too")
        assert "sec-websocket-extensions" not in headers


def test_compression_is_not_negotiated() -> None:
    with serving(answering(ACCEPT)) as running, connect(f"ws://127.0.0.1:{running.port}", compression="deflate") as ws:
        assert ws.protocol.extensions == []


def test_closing_instead_of_accepting_is_403() -> None:
    with serving(answering({"type": "websocket.close"})) as running, Peer(running.port) as peer:
        assert peer.read_response()[0] == 403
        assert peer.at_end()


def test_refusing_with_a_status_headers_and_a_body_in_pieces() -> None:
    pieces = [{"type": "websocket.http.response.body", "body": b"try ", "more_body": True}]
    pieces.append({"type": "websocket.http.response.body", "body": b"again"})
    with serving(answering(START, *pieces)) as running, Peer(running.port) as peer:
        status, headers, body = peer.read_response()
        assert (status, body) == (503, b"try again")
        assert headers["retry-after"] == "5" and headers["connection"] == "close"
        assert peer.at_end()


@pytest.mark.parametrize(
    "messages",
    [
        [{"type": "websocket.send", "text": "early"}],
        [{**START, "status": 101}],
        [{**ACCEPT, "headers": [(b"x", b"a\r\nSet-Cookie: b")]}],
        [{"type": "websocket.http.response.body", "body": b""}],
    ],
)
def test_a_wrong_message_before_accepting_is_500(messages: list[dict[str, Any]]) -> None:
    with serving(answering(*messages)) as running, Peer(running.port) as peer:
        status, _, body = peer.read_response()
        assert (status, body) == (500, b"Internal Server Error")
        assert peer.at_end()


def test_a_crash_before_accepting_is_500() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("a mistake")

    with serving(app) as running, Peer(running.port) as peer:
        assert peer.read_response()[0] == 500
        assert peer.at_end()


def test_returning_without_an_answer_is_500() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    with serving(app) as running, Peer(running.port) as peer:
        assert peer.read_response()[0] == 500


def test_an_answer_that_is_never_completed_closes() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)

    with serving(app) as running, Peer(running.port) as peer:
        assert peer.at_end()


KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION = "Sec-WebSocket-Version: 13"


@pytest.mark.parametrize(
    ("method", "lines", "status"),
    [
        ("GET", [VERSION], 400),
        ("GET", [VERSION, KEY, KEY], 400),
        ("GET", [VERSION, "Sec-WebSocket-Key: c2hvcnQ="], 400),
        ("GET", [VERSION, "Sec-WebSocket-Key: not base64 at all"], 400),
        ("GET", [KEY], 426),
        ("GET", [KEY, "Sec-WebSocket-Version: 8"], 426),
        ("POST", [KEY, VERSION], 405),
    ],
)
def test_what_is_no_handshake_never_reaches_the_application(method: str, lines: list[str], status: int) -> None:
    app = answering(ACCEPT)
    with serving(app) as running, socket.create_connection(("127.0.0.1", running.port), timeout=5) as sock:
        upgrade = ["Host: x", "Upgrade: WebSocket", "Connection: Upgrade", *lines]
        sock.sendall("\r\n".join([f"{method} / HTTP/1.1", *upgrade, "", ""]).encode())
        assert sock.recv(1000).split(b" ")[1] == str(status).encode()
    assert not hasattr(app, "scope")


def test_a_client_that_leaves_before_the_answer() -> None:
    told = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(0.2)
        await send(ACCEPT)
        told.append(await receive())

    with serving(app) as running:
        Peer(running.port).socket.close()
        time.sleep(0.5)
    assert [message["code"] for message in told] == [1006]
