"""What must not be heard is silent in the spool, on every track, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.audio import g711, spool
from calls.audio.mix import Mixer, StreamAudio
from calls.audio.silence import FADE_MS, silence

RATE = 8000


def tone(ms: int, encoding: str = "mulaw") -> bytes:
    samples = np.full(ms * RATE // 1000, 8000, dtype="<i2")
    return g711.encode(samples.tobytes(), encoding)


def filled(encoding: str = "mulaw", ms: int = 2000, offset: int = 0) -> bytearray:
    """Both tracks, in pieces of 400 ms."""
    step = RATE * 400 // 1000
    pieces = [
        spool.pack(track, encoding, position, tone(400, encoding))
        for position in range(offset, offset + ms * RATE // 1000, step)
        for track in ("agent", "customer")
    ]
    return bytearray(b"".join(pieces))


def heard(data: bytearray, offset_ms: int = 0) -> np.ndarray:
    mixer = Mixer([StreamAudio(memoryview(bytes(data)), RATE, offset_ms, 0)])
    return np.frombuffer(b"".join(mixer.blocks()), "<i2").reshape(-1, 2)


@pytest.mark.parametrize("encoding", ["mulaw", "alaw", "l16"])
def test_both_tracks_are_silent_across_records(encoding: str) -> None:
    data = filled(encoding)
    before = heard(data)
    assert silence(memoryview(data), rate=RATE, offset_ms=0, times=[(300, 900)]) == 2 * 600 * 8
    after = heard(data)
    fade = FADE_MS * 8
    assert np.abs(after[300 * 8 + fade : 900 * 8 - fade]).max() <= 8  # A-law has no zero
    assert np.array_equal(after[: 300 * 8], before[: 300 * 8])
    assert np.array_equal(after[900 * 8 :], before[900 * 8 :])
    edge = np.abs(after[300 * 8 : 300 * 8 + fade, 0].astype(int))
    assert edge[0] > 7000 and edge[-1] < 500 and (np.diff(edge) <= 0).all()


def test_the_stream_lies_at_its_place_in_the_call() -> None:
    data = filled()
    assert silence(memoryview(data), rate=RATE, offset_ms=5000, times=[(0, 4900), (5500, 5600)]) == 2 * 100 * 8
    after = heard(data)
    assert after[500 * 8 + 400].tolist() == [0, 0]
    assert (after[: 500 * 8] != 0).all()


def test_doing_it_again_changes_little_and_a_torn_record_nothing() -> None:
    data = filled()
    times = [(300, 900)]
    silence(memoryview(data), rate=RATE, offset_ms=0, times=times)
    once = heard(data)
    torn = data[:-5]
    silence(memoryview(torn), rate=RATE, offset_ms=0, times=times)
    fade = FADE_MS * 8
    twice = heard(torn)
    assert np.array_equal(once[300 * 8 + fade : 900 * 8 - fade], twice[300 * 8 + fade : 900 * 8 - fade])
    assert np.array_equal(once[900 * 8 : 1600 * 8], twice[900 * 8 : 1600 * 8])


@given(st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 800)), max_size=4), st.integers(0, 300))
def test_what_is_outside_stays_as_it_was(spans: list[tuple[int, int]], offset_ms: int) -> None:
    times = [(start, start + length) for start, length in spans]
    data = filled()
    before = heard(data)
    silence(memoryview(data), rate=RATE, offset_ms=offset_ms, times=times)
    after = heard(data)
    inside = np.zeros(len(before), dtype=bool)
    quiet = np.zeros(len(before), dtype=bool)
    for start, end in times:
        low, high = ((ms - offset_ms) * 8 for ms in (start, end))
        inside[max(0, low) : max(0, high)] = True
        quiet[max(0, low + FADE_MS * 8) : max(0, high - FADE_MS * 8)] = True
    assert np.array_equal(before[~inside], after[~inside])
    assert not after[quiet].any()
