"""What the far end of a simulated call hears."""

import struct

import pytest

from calls.events import AudioFormat
from calls.vendors.heard import Heard
from calls.vendors.wav import read_wav


def pcm(value, samples):
    return struct.pack("<h", value) * samples


def written(heard, rate=1000):
    data = read_wav(heard.wav(rate), "heard.wav", AudioFormat("l16", rate))
    return struct.unpack(f"<{len(data) // 2}h", data)


def test_what_comes_late_is_preceded_by_silence():
    heard = Heard()
    heard.play(0.01, pcm(5, 10), 1000)
    heard.play(0.04, pcm(6, 10), 1000)
    assert written(heard) == (0,) * 10 + (5,) * 10 + (0,) * 20 + (6,) * 10


def test_what_comes_early_waits():
    heard = Heard()
    heard.play(0, pcm(5, 10), 1000)
    heard.play(0, pcm(6, 10), 1000)
    assert heard.end == pytest.approx(0.02)
    assert written(heard) == (5,) * 10 + (6,) * 10


def test_what_is_flushed_is_never_heard():
    heard = Heard()
    for value in (5, 6, 7):
        heard.play(0, pcm(value, 10), 1000)
    heard.flush(0.015)
    heard.play(0.02, pcm(8, 5), 1000)
    assert written(heard) == (5,) * 10 + (6,) * 5 + (0,) * 5 + (8,) * 5


def test_flush_of_nothing():
    heard = Heard()
    heard.play(0, pcm(5, 10), 1000)
    heard.flush(1.0)
    assert written(heard) == (5,) * 10


def test_pieces_of_another_rate():
    heard = Heard()
    heard.play(0, pcm(500, 400), 8000)
    assert set(written(heard, 16000)) == {500}
    assert len(written(heard, 16000)) == 800


def test_nothing_heard():
    assert written(Heard()) == ()
