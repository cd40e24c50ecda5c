"""WebSocket frames (RFC 6455, server side) without I/O: bytes in, ASGI messages out; payloads in, bytes out.

No extension is ever negotiated, so a reserved bit is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from websockets.frames import apply_mask

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_WHOLE_TEXT = 0x80 | TEXT
# Codes that may travel in a close frame; 3000 to 4999 are free for libraries and applications.
_CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})
NO_CODE = 1005  # "the close frame carried none": told to the application, never sent

# A peer that floods gets this many frames' worth of attention, then everybody else has their turn.
FRAMES_A_TURN = 64

OnMessage = Callable[[dict[str, Any]], None]
OnControl = Callable[[int, bytes], None]


class ProtocolError(Exception):
    """The peer broke the protocol: close with `code` (1002, 1007, 1009) and `reason`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class FrameParser:
    """One connection's incoming half.

    Whole messages go to `on_message` as ASGI `websocket.receive` messages, control frames to `on_control`, both in the
    order of the wire. `max_size` bounds a message (and so the memory that an unfinished one takes), in bytes.
    """

    __slots__ = ("_fragments", "_max_size", "_needed", "_opcode", "_partial", "on_control", "on_message")

    def __init__(self, max_size: int, on_message: OnMessage, on_control: OnControl) -> None:
        self.on_message = on_message
        self.on_control = on_control
        self._max_size = max_size
        self._partial = bytearray()  # the beginning of a frame, or what the last turn left
        self._needed = 0  # bytes that `_partial` must hold before parsing it again is worth while
        self._fragments: bytearray | None = None  # the beginning of a fragmented message
        self._opcode = 0  # and its type

    def feed(self, data: bytes) -> bool:
        """Take what the socket brought. True: complete frames may be left, feed b"" when it is this peer's turn again.

        Raises ProtocolError; everything that came before the mistake has been handed on then.
        """
        if self._partial:
            self._partial += data
            if len(self._partial) < self._needed:
                return False
            data = bytes(self._partial)
            self._partial.clear()
        size = len(data)
        at = 0
        frames = FRAMES_A_TURN
        while True:
            if size - at < 2:
                self._needed = 2
                break
            first = data[at]
            length = data[at + 1] - 128
            if length < 126:
                if length < 0:
                    raise ProtocolError(1002, "frame without mask")
                body = at + 6
            elif length == 126:
                if size - at < 4:
                    self._needed = 4
                    break
                length = data[at + 2] << 8 | data[at + 3]
                body = at + 8
            else:
                if size - at < 10:
                    self._needed = 10
                    break
                length = int.from_bytes(data[at + 2 : at + 10], "big")
                body = at + 14
            if first != _WHOLE_TEXT or self._fragments is not None or length > self._max_size:
                self._check(first, length)  # on the header alone: nothing oversized is ever collected
            end = body + length
            if end > size:
                self._needed = end - at
                break
            if not frames:
                self._partial += data[at:]
                self._needed = 0
                return True
            frames -= 1
            payload = apply_mask(data[body:end], data[body - 4 : body])
            at = end
            if first == _WHOLE_TEXT:
                self.on_message({"type": "websocket.receive", "text": _text(payload)})
            else:
                self._take(first, payload)
                if first & 0x0F == CLOSE:
                    return False  # what follows a close frame is not looked at
        if at < size:
            self._partial += data[at:]
        return False

    def _check(self, first: int, length: int) -> None:
        if first & 0x70:
            raise ProtocolError(1002, "reserved bits set")
        opcode = first & 0x0F
        if opcode in (CLOSE, PING, PONG):
            if first < 0x80:
                raise ProtocolError(1002, "fragmented control frame")
            if length > 125:
                raise ProtocolError(1002, "control frame too long")
            return
        collected = 0
        if opcode == CONTINUATION:
            if self._fragments is None:
                raise ProtocolError(1002, "continuation of nothing")
            collected = len(self._fragments)
        elif opcode not in (TEXT, BINARY):
            raise ProtocolError(1002, "unknown opcode")
        elif self._fragments is not None:
            raise ProtocolError(1002, "message inside a fragmented message")
        if collected + length > self._max_size:
            raise ProtocolError(1009, f"message over {self._max_size} bytes")

    def _take(self, first: int, payload: bytes) -> None:
        """A checked frame that is not a whole text."""
        opcode = first & 0x0F
        final = first >= 0x80
        if opcode >= CLOSE:
            self.on_control(opcode, payload)
            return
        if opcode == CONTINUATION:
            assert self._fragments is not None
            self._fragments += payload
            if not final:
                return
            opcode, payload = self._opcode, bytes(self._fragments)
            self._fragments = None
        elif not final:
            self._opcode, self._fragments = opcode, bytearray(payload)
            return
        if opcode == TEXT:
            self.on_message({"type": "websocket.receive", "text": _text(payload)})
        else:
            self.on_message({"type": "websocket.receive", "bytes": payload})


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise ProtocolError(1007, "text is not UTF-8") from None


def read_close(payload: bytes) -> tuple[int, str]:
    """Code and reason of a close frame; raises ProtocolError."""
    if not payload:
        return NO_CODE, ""
    if len(payload) == 1:
        raise ProtocolError(1002, "close frame of one byte")
    code = int.from_bytes(payload[:2], "big")
    if code not in _CLOSE_CODES and not 3000 <= code < 5000:
        raise ProtocolError(1002, "close code not allowed")
    return code, _text(payload[2:])


def close_payload(code: int, reason: str = "") -> bytes:
    """`reason` is cut at the 123 bytes that fit, between characters. Raises ValueError for a code not to be sent."""
    if code == NO_CODE:
        return b""
    if code not in _CLOSE_CODES and not 3000 <= code < 5000:
        raise ValueError(f"{code} is not a close code that can be sent")
    return code.to_bytes(2, "big") + reason.encode()[:123].decode(errors="ignore").encode()


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole frame from server to client: never masked."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126, size >> 8, size & 255)) + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload
