from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.websocket import frames
from tests.hub.websocket.conftest import BINARY, CLOSE, PING, TEXT, frame

MAX_SIZE = 1000


class Heard:
    """A parser, and all that it handed on, in order."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.parser = frames.FrameParser(
            MAX_SIZE, self.events.append, lambda opcode, data: self.events.append((opcode, data))
        )

    def feed(self, data: bytes) -> None:
        more = self.parser.feed(data)
        while more:
            more = self.parser.feed(b"")


def text(value: str) -> dict[str, str]:
    return {"type": "websocket.receive", "text": value}


messages = st.one_of(
    st.tuples(st.just(TEXT), st.text(max_size=200).map(str.encode)),
    st.tuples(st.just(BINARY), st.binary(max_size=200)),
    st.tuples(st.just(PING), st.binary(max_size=125)),
)


@given(st.lists(messages, max_size=100), st.lists(st.integers(0, 400), max_size=200), st.data())
def test_the_same_messages_come_out_however_the_bytes_are_cut(
    sent: list[tuple[int, bytes]], pieces: list[int], data: st.DataObject
) -> None:
    wire, expected = b"", []
    for opcode, payload in sent:
        if opcode == PING:
            wire += frame(PING, payload)
            expected.append((PING, payload))
            continue
        cuts = sorted(data.draw(st.lists(st.integers(0, len(payload)), max_size=3)))
        bounds = [0, *cuts, len(payload)]
        for index, (begin, end) in enumerate(itertools.pairwise(bounds)):
            wire += frame(0 if index else opcode, payload[begin:end], fin=index == len(bounds) - 2)
        kind, value = ("text", payload.decode()) if opcode == TEXT else ("bytes", payload)
        expected.append({"type": "websocket.receive", kind: value})
    heard = Heard()
    for size in pieces:
        heard.feed(wire[:size])
        wire = wire[size:]
    heard.feed(wire)
    assert heard.events == expected


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        *((frame(TEXT, b"x", rsv=bit), 1002) for bit in (0x40, 0x20, 0x10)),
        *((frame(opcode, b"x"), 1002) for opcode in (3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF)),
        (b"\x81\x01x", 1002),  # not masked
        (b"\x81\x00", 1002),
        (frame(PING, b"x" * 126), 1002),
        (frame(PING, b"x", fin=False), 1002),
        (frame(CLOSE, b"", fin=False), 1002),
        (frame(0, b"x"), 1002),
        (frame(0, b"x", fin=False), 1002),
        (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002),
        (frame(BINARY, b"x", fin=False) + frame(BINARY, b"y", fin=False), 1002),
        (frame(TEXT, b"x" * (MAX_SIZE + 1)), 1009),
        (frame(TEXT, b"x" * MAX_SIZE, fin=False) + frame(0, b"x"), 1009),
        (b"\x82\xff" + (1 << 63).to_bytes(8, "big"), 1009),
        (frame(TEXT, b"\xff"), 1007),
        (frame(TEXT, b"\xce", fin=False) + frame(0, b"\xce"), 1007),
        (frame(TEXT, b"\xed\xa0\x80"), 1007),  # a surrogate
    ],
)
def test_mistakes_have_their_code_and_come_after_what_was_right(wire: bytes, code: int) -> None:
    heard = Heard()
    with pytest.raises(frames.ProtocolError) as raised:
        heard.feed(frame(TEXT, b"before") + wire)
    assert raised.value.code == code
    assert heard.events == [text("before")]


def test_an_oversized_message_is_refused_by_its_header_alone() -> None:
    with pytest.raises(frames.ProtocolError):
        Heard().feed(frame(BINARY, b"x" * (MAX_SIZE + 1))[:4])


def test_a_message_of_the_largest_size_passes() -> None:
    heard = Heard()
    heard.feed(frame(TEXT, b"x" * MAX_SIZE))
    heard.feed(frame(TEXT, b"x" * (MAX_SIZE - 1), fin=False) + frame(0, b"y"))
    assert [len(event["text"]) for event in heard.events] == [MAX_SIZE, MAX_SIZE]


def test_characters_may_be_cut_between_fragments() -> None:
    heard = Heard()
    for index, byte in enumerate("κόσμε".encode()):
        heard.feed(frame(0 if index else TEXT, bytes((byte,)), fin=False))
    heard.feed(frame(0))
    assert heard.events == [text("κόσμε")]


def test_control_frames_pass_between_fragments() -> None:
    heard = Heard()
    heard.feed(frame(TEXT, b"a", fin=False) + frame(PING, b"p") + frame(0, b"b"))
    assert heard.events == [(PING, b"p"), text("ab")]


def test_nothing_after_a_close_frame_is_looked_at() -> None:
    heard = Heard()
    heard.feed(frame(CLOSE, b"\x03\xe8") + frame(TEXT, b"late") + b"rubbish")
    assert heard.events == [(CLOSE, b"\x03\xe8")]


def test_a_flood_is_taken_in_turns() -> None:
    heard = Heard()
    flood = frame(TEXT, b"x") * (frames.FRAMES_A_TURN + 1)
    assert heard.parser.feed(flood)
    assert len(heard.events) == frames.FRAMES_A_TURN
    assert not heard.parser.feed(b"")
    assert len(heard.events) == frames.FRAMES_A_TURN + 1


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999])
def test_codes_that_may_travel(code: int) -> None:
    payload = code.to_bytes(2, "big") + b"why"
    assert frames.read_close(payload) == (code, "why")
    assert frames.close_payload(code, "why") == payload


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_codes_that_may_not(code: int) -> None:
    with pytest.raises(frames.ProtocolError):
        frames.read_close(code.to_bytes(2, "big"))
    with pytest.raises(ValueError):
        frames.close_payload(code)


def test_a_close_frame_without_a_code() -> None:
    assert frames.read_close(b"") == (1005, "")
    assert frames.close_payload(1005) == b""
    with pytest.raises(frames.ProtocolError):
        frames.read_close(b"\x03")


def test_a_reason_is_cut_between_characters() -> None:
    assert frames.close_payload(1000, "é" * 100) == b"\x03\xe8" + "é".encode() * 61


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_frames_to_the_peer_have_the_shortest_length(size: int) -> None:
    built = frames.frame(BINARY, bytes(size))
    assert len(built) - size == (2 if size < 126 else 4 if size < 65536 else 10)
