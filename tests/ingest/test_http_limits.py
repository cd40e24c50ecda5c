"""What a stranger may send over HTTP before anybody knows who he is."""

from __future__ import annotations

import socket
import time

from tests.server import HubServer


def exchange(hub: HubServer, *pieces: bytes, timeout: float = 15) -> bytes:
    """The answer to raw bytes, until the hub closes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", hub.port), timeout) as peer:
        try:
            for piece in pieces:
                peer.sendall(piece)
            while data := peer.recv(65_536):
                answer += data
        except (ConnectionResetError, BrokenPipeError):
            pass
    return answer


def test_endless_headers_are_cut(hub: HubServer) -> None:
    head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    assert exchange(hub, head, *[b"X-Filler: " + b"x" * 8000 + b"\r\n"] * 200) == b""


def test_a_request_that_never_ends_is_cut(hub: HubServer) -> None:
    started = time.monotonic()
    assert exchange(hub, b"GET / HTTP/1.1\r\nHo") == b""
    assert time.monotonic() - started < 14


def test_a_large_body_is_refused_unread(hub: HubServer) -> None:
    head = b"POST /api/v1/embed/sessions/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000000\r\n\r\n"
    assert exchange(hub, head).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_is_bounded_too(hub: HubServer) -> None:
    head = b"POST /api/v1/embed/sessions/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    assert b"HTTP/1.1 201" not in exchange(hub, head, *[chunk] * 40, timeout=5)


def test_an_unknown_host_is_told_in_one_line(hub: HubServer) -> None:
    answer = exchange(hub, b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in hub.log
