"""What listeners get: whole pieces in their places, whatever the stream's format and however it is cut."""

from __future__ import annotations

import audioop
import random

import numpy as np
import pytest

from calls.audio.pieces import PIECE, SILENCE, Cutter, pack
from calls.events import AudioFormat


def test_mulaw_passes_as_it_is_however_it_is_cut() -> None:
    audio = random.Random(1).randbytes(8000)
    for size in (1, 160, 799, 2000):
        cutter = Cutter(AudioFormat("mulaw", 8000))
        found = [piece for at in range(0, 8000, size) for piece in cutter.feed(at, audio[at : at + size])]
        assert [start for start, _ in found] == list(range(0, 1000, 100))
        assert b"".join(piece for _, piece in found) == audio


@pytest.mark.parametrize(("encoding", "rate"), [("l16", 16000), ("l16", 8000), ("alaw", 8000), ("l16", 22050)])
def test_other_formats_sound_the_same(encoding: str, rate: int) -> None:
    wave = (8000 * np.sin(2 * np.pi * 440 / rate * np.arange(2 * rate))).astype("<i2").tobytes()
    audio = audioop.lin2alaw(wave, 2) if encoding == "alaw" else wave
    cutter, width = Cutter(AudioFormat(encoding, rate)), 1 if encoding == "alaw" else 2
    step = rate // 10
    found = [p for at in range(0, 2 * rate, step) for p in cutter.feed(at, audio[at * width : (at + step) * width])]
    found += cutter.flush()
    heard = np.frombuffer(audioop.ulaw2lin(b"".join(piece for _, piece in found), 2), "<i2")[800:15000].astype(float)
    wanted = 8000 * np.sin(2 * np.pi * 440 / 8000 * np.arange(800, 15000))
    assert np.sqrt(np.mean((heard - wanted) ** 2)) < 300
    assert [start for start, _ in found] == list(range(0, 100 * len(found), 100))


def test_gaps() -> None:
    cutter = Cutter(AudioFormat("mulaw", 8000))
    assert list(cutter.feed(160, b"a" * 300)) == []
    # A short one is silence within the piece, ...
    assert list(cutter.feed(560, b"b" * 400)) == [(20, b"a" * 300 + SILENCE * 100 + b"b" * 400)]
    assert list(cutter.feed(960, b"c" * 100)) == []
    # ... behind a long one the pieces begin where the audio does.
    assert list(cutter.feed(80_000, b"d" * PIECE)) == [
        (120, b"c" * 100 + SILENCE * 700),
        (10_000, b"d" * PIECE),
    ]
    assert list(cutter.flush()) == []


def test_the_head_is_a_byte_and_four() -> None:
    assert pack("bot", 66_000, b"x") == b"\x02\xd0\x01\x01\x00x"
