"""The HTTP half of a WebSocket: the upgrade request that uvicorn's HTTP parser hands over, and the answers to it."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha1
from http import HTTPStatus
from typing import NamedTuple

Headers = list[tuple[bytes, bytes]]
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class Refused(Exception):
    """The request is no WebSocket handshake: answer with `status`."""

    def __init__(self, status: int, detail: str, headers: Headers | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers or []


class Upgrade(NamedTuple):
    """A valid upgrade request. `headers` have lower-case names; `accept` is the answer to the client's key."""

    raw_path: bytes
    query_string: bytes
    headers: Headers
    subprotocols: list[str]
    accept: bytes


def read_upgrade(request: bytes) -> Upgrade:
    """Read the request as uvicorn re-assembles it after parsing (one "name: value" a line). Raises Refused."""
    request_line, *lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")
    method, target, _ = request_line.split(b" ", 2)
    headers = []
    for line in lines:
        name, _, value = line.partition(b":")
        headers.append((name.lower(), value.strip(b" \t")))
    if method != b"GET":
        raise Refused(405, "a WebSocket handshake is a GET", [(b"allow", b"GET")])
    if _all(headers, b"sec-websocket-version") != [b"13"]:
        raise Refused(426, "only version 13 is spoken", [(b"sec-websocket-version", b"13")])
    keys = _all(headers, b"sec-websocket-key")
    try:
        if len(keys) != 1 or len(b64decode(keys[0], validate=True)) != 16:
            raise Refused(400, "Sec-WebSocket-Key must be 16 bytes in base64")
    except binascii.Error:
        raise Refused(400, "Sec-WebSocket-Key must be 16 bytes in base64") from None
    offered = b",".join(_all(headers, b"sec-websocket-protocol")).decode("latin-1").split(",")
    raw_path, _, query_string = target.partition(b"?")
    return Upgrade(
        raw_path=raw_path,
        query_string=query_string,
        headers=headers,
        subprotocols=[token for item in offered if (token := item.strip())],
        accept=b64encode(sha1(keys[0] + _GUID, usedforsecurity=False).digest()),
    )


def _all(headers: Headers, name: bytes) -> list[bytes]:
    return [value for header, value in headers if header == name]


def accepted(accept: bytes, subprotocol: str | None, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The 101 answer."""
    lines: Headers = [(b"upgrade", b"websocket"), (b"connection", b"Upgrade"), (b"sec-websocket-accept", accept)]
    if subprotocol:
        lines.append((b"sec-websocket-protocol", subprotocol.encode("latin-1")))
    return _head(101, [*lines, *headers])


def response(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bytes:
    """A whole HTTP answer after which the connection closes."""
    lines = [(name.lower(), value) for name, value in headers]
    for name, value in (
        (b"content-length", str(len(body)).encode()),
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"connection", b"close"),
    ):
        if not _all(lines, name):
            lines.append((name, value))
    return _head(status, lines) + body


def _head(status: int, headers: Headers) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    lines = [b"HTTP/1.1 %d %s" % (status, phrase.encode())]
    for name, value in headers:
        if b"\n" in name + value or b"\r" in name + value:
            raise RuntimeError(f"Line break in the HTTP header {name!r}.")
        lines.append(name + b": " + value)
    return b"\r\n".join(lines) + b"\r\n\r\n"
