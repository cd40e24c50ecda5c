"""Keys in a stream's audio: whichever way it is encoded and whatever is missing of it."""

from __future__ import annotations

import numpy as np
import pytest

from calls.audio.g711 import encode
from calls.events import AudioFormat
from calls.session.tones import Tones
from tests.audio.keypad import dial, pcm, silence, tone


class Caller:
    """Sends pieces of 100 ms; notes the keys that are heard."""

    def __init__(self, encoding: str = "l16", rate: int = 8000) -> None:
        self.encoding, self.rate, self.position = encoding, rate, 0
        self.keys: list[tuple[str, int]] = []
        self.tones = Tones(AudioFormat(encoding, rate), lambda key, at_ms: self.keys.append((key, at_ms)))  # type: ignore[arg-type]
        self.sounding: list[bool] = []

    @property
    def heard(self) -> str:
        return "".join(key for key, _ in self.keys)

    def send(self, wave: np.ndarray, track: str = "customer") -> None:
        size = self.rate // 10
        for at in range(0, len(wave), size):
            piece = pcm(wave[at : at + size])
            self.tones.hear(track, [(self.position, encode(piece, self.encoding))])  # type: ignore[arg-type]
            self.sounding.append(self.tones.sounding)
            self.position += len(piece) // 2

    def press(self, keys: str) -> None:
        self.send(dial(keys, on=100, off=100, rate=self.rate))


@pytest.mark.parametrize(
    ("encoding", "rate"),
    [("mulaw", 8000), ("alaw", 8000), ("l16", 8000), ("l16", 16000), ("l16", 24000), ("l16", 48000)],
)
def test_keys_are_heard_in_order_and_where_they_are(encoding: str, rate: int) -> None:
    caller = Caller(encoding, rate)
    caller.position = 3 * rate  # the track began later than the stream
    caller.press("0123456789*#")
    assert caller.heard == "0123456789*#"
    assert all(abs(at_ms - (3100 + 200 * number)) <= 10 for number, (_, at_ms) in enumerate(caller.keys))


def test_only_the_caller_is_heard() -> None:
    caller = Caller()
    for track in ("agent", "bot"):
        caller.send(dial("12", on=100, off=100), track)
    assert caller.heard == ""


def test_a_lost_packet_makes_no_second_press() -> None:
    caller = Caller()
    wave = tone("5", 300)
    caller.send(wave[:1200])
    caller.position += 160
    caller.send(wave[1360:])
    assert caller.heard == "5"


def test_a_long_gap_parts_two_presses() -> None:
    caller = Caller(rate=16000)
    caller.send(tone("5", 300, 16000))
    caller.position += 60 * 16000
    caller.send(np.concatenate([tone("5", 300, 16000), silence(50, 16000)]))
    assert caller.heard == "55"
    assert abs(caller.keys[1][1] - 60_300) <= 10


def test_it_is_known_while_a_tone_sounds() -> None:
    caller = Caller()
    caller.send(np.concatenate([silence(300), tone("5", 250), silence(450)]))
    assert caller.sounding == [False] * 3 + [True] * 3 + [False] * 4


def test_a_vendor_that_tells_keys_is_believed() -> None:
    caller = Caller()
    caller.press("12")
    assert caller.tones.tell("1") == ""  # heard already
    assert caller.tones.tell("23") == "3"
    caller.press("45")
    assert caller.heard == "12"
    assert caller.tones.tell("45") == "45"


def test_keys_told_together_are_the_ones_that_were_heard() -> None:
    caller = Caller()
    caller.press("12#")
    assert caller.tones.tell("12#") == ""
    assert caller.tones.tell("1") == "1"
