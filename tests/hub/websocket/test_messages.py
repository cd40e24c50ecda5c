"""What the Autobahn test suite asks of a server, in its order: framing, control frames, reserved bits, opcodes,
fragments, UTF-8, closing; on both event loops, read one by one and in rounds."""

from __future__ import annotations

import socket
import struct

import pytest
from websockets.sync.client import connect

from tests.hub.websocket.conftest import BINARY, CLOSE, PING, PONG, TEXT, Frame, Running, frame


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def test_the_websockets_library_understands_us(echo: Running) -> None:
    with connect(f"ws://127.0.0.1:{echo.port}/lib") as websocket:
        for message in ("", "hello", "κόσμε" * 50, b"", bytes(range(256)), b"x" * 65536):
            websocket.send(message)
            assert websocket.recv(timeout=5) == message
        assert websocket.ping().wait(5)
        websocket.close(3001, "so long")
    assert echo.ends["/lib"].get(timeout=5) == {"type": "websocket.disconnect", "code": 3001, "reason": "so long"}


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_messages_of_every_length_form(echo: Running, opcode: int, size: int) -> None:
    with echo.peer() as peer:
        peer.send(frame(opcode, b"*" * size))
        assert peer.read() == Frame(opcode, b"*" * size)


def test_a_frame_that_dribbles_in(echo: Running) -> None:
    with echo.peer() as peer:
        for byte in frame(TEXT, b"a" * 130):
            peer.send(bytes((byte,)))
        assert peer.read() == Frame(TEXT, b"a" * 130)


@pytest.mark.parametrize("payload", [b"", b"hello", bytes((0, 255, 254, 253)), b"x" * 125])
def test_pings_are_answered_with_their_payload(echo: Running, payload: bytes) -> None:
    with echo.peer() as peer:
        peer.send(frame(PING, payload))
        assert peer.read() == Frame(PONG, payload)


def test_pongs_that_nobody_asked_for_are_ignored(echo: Running) -> None:
    with echo.peer() as peer:
        peer.send(frame(PONG, b"unsolicited") + frame(PING, b"x"))
        assert peer.read() == Frame(PONG, b"x")


def test_many_pings_are_answered_in_order(echo: Running) -> None:
    with echo.peer() as peer:
        peer.send(b"".join(frame(PING, b"%d" % number) for number in range(500)))
        assert [peer.read().payload for _ in range(500)] == [b"%d" % number for number in range(500)]


def test_fragments_with_pings_between_them(echo: Running) -> None:
    with echo.peer() as peer:
        peer.send(frame(TEXT, b"one ", fin=False) + frame(PING, b"1") + frame(0, b"two ", fin=False))
        assert peer.read() == Frame(PONG, b"1")
        peer.send(frame(PING, b"2") + frame(0, b"three"))
        assert [peer.read(), peer.read()] == [Frame(PONG, b"2"), Frame(TEXT, b"one two three")]


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (frame(PING, b"x" * 126), 1002),
        (frame(PING, b"x", fin=False), 1002),
        (frame(TEXT, b"x", rsv=0x40), 1002),
        (frame(TEXT, b"x", rsv=0x30), 1002),
        (frame(3), 1002),
        (frame(0xB, b"x"), 1002),
        (frame(0, b"x"), 1002),
        (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002),
        (b"\x81\x02no", 1002),
        (frame(TEXT, b"\xce\xba\xff"), 1007),
        (frame(TEXT, b"\xed\xa0\x80"), 1007),
        (frame(TEXT, b"\xf4\x90\x80\x80"), 1007),
        (frame(TEXT, b"\xce", fin=False) + frame(0, b"\x41"), 1007),
        (frame(BINARY, bytes(65537)), 1009),
        (frame(BINARY, bytes(65000), fin=False) + frame(0, bytes(537)), 1009),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(CLOSE, b"x" * 126), 1002),
        (closing(1000, b"\xff"), 1007),
        *((closing(code), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)),
    ],
)
def test_mistakes_close_with_their_code(echo: Running, wire: bytes, code: int) -> None:
    with echo.peer() as peer:
        peer.send(frame(TEXT, b"before"))
        assert peer.read() == Frame(TEXT, b"before")
        peer.send(wire)
        assert peer.read_close() == code
        assert peer.at_end()
        assert echo.end_of(peer)[0] == code


def test_a_mistake_in_mid_stream_still_hears_why(echo: Running) -> None:
    """What the peer goes on sending must not turn the close frame into a reset."""
    with echo.peer() as peer:
        peer.send(frame(BINARY, bytes(10_000_000)))
        assert peer.read_close() == 1009


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999])
def test_the_peer_closes(echo: Running, code: int) -> None:
    with echo.peer() as peer:
        peer.send(frame(TEXT, b"last") + closing(code, b"why") + frame(TEXT, b"late") + frame(PING))
        assert peer.read() == Frame(TEXT, b"last")
        assert peer.read_close() == code
        assert peer.at_end()
        assert echo.end_of(peer) == (code, "why")


def test_the_peer_closes_without_a_code(echo: Running) -> None:
    with echo.peer() as peer:
        peer.send(frame(CLOSE))
        assert peer.read_close() == 1005
        assert peer.at_end()
        assert echo.end_of(peer) == (1005, "")


def test_the_peer_hangs_up(echo: Running) -> None:
    with echo.peer() as peer:
        peer.socket.shutdown(socket.SHUT_WR)  # half-open: we could still send
        assert peer.at_end()
        assert echo.end_of(peer) == (1006, "")


def test_the_peer_resets(echo: Running) -> None:
    with echo.peer() as peer:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert echo.end_of(peer) == (1006, "")


def test_messages_before_the_end_are_all_heard(echo: Running) -> None:
    with echo.peer() as peer:
        peer.send(b"".join(frame(TEXT, b"%d" % number) for number in range(1000)) + closing(1000))
        assert [peer.read().payload for _ in range(1000)] == [b"%d" % number for number in range(1000)]
        assert peer.read_close() == 1000
        assert echo.end_of(peer) == (1000, "")
