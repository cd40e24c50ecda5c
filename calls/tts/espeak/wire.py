"""What passes between the hub and a process that speaks one utterance: `HELLO` from it, a request, then pieces from it.

A piece is its length (4 bytes, big-endian, signed) and its bytes: PCM. Length 0 says that all was spoken; a negative one
is that of an error's text. Where the connection ends before either, the process died.
"""

from __future__ import annotations

import struct

import msgspec

LENGTH = struct.Struct(">i")
HELLO = b"!"
READY = b"ready"  # what a worker says of itself when it can speak; anything else is why it can't


class Request(msgspec.Struct, frozen=True, array_like=True):
    text: str
    language: str  # BCP 47
    voice: str
    words_per_minute: int


_encoder = msgspec.msgpack.Encoder()
decode_request = msgspec.msgpack.Decoder(Request).decode


def pack_request(request: Request) -> bytes:
    body = _encoder.encode(request)
    return LENGTH.pack(len(body)) + body


def pack_piece(pcm: bytes) -> bytes:
    return LENGTH.pack(len(pcm)) + pcm


def pack_error(message: str) -> bytes:
    body = message.encode()
    return LENGTH.pack(-len(body)) + body
