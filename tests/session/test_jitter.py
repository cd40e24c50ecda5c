"""How unevenly audio arrives: a figure a track, smoothed, whatever else happens to its frames."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest

from calls.events import AudioFormat
from calls.session.timeline import StreamTimeline
from calls.shapes import health_shape

MULAW = AudioFormat("mulaw", 8000)
FRAME = bytes(160)  # 20 ms


def jitter_ms(arrivals: Iterable[tuple[float, int]], track: str = "agent") -> float:
    """After frames `(arrival in seconds, number)` that came in this order, with ten beats a second."""
    timeline = StreamTimeline(MULAW, deadline=0.2)
    timeline.set_mode("perTrack")
    beat = 0.0
    for at, number in arrivals:
        while beat < at:
            timeline.tick(beat)
            timeline.tracks.get(track) and timeline.tracks[track].drain()  # type: ignore[call-overload]
            beat += 0.1
        timeline.push(at, track, number, FRAME)  # type: ignore[arg-type]
    timeline.tick(beat)
    return timeline.tracks[track].jitter * 1000  # type: ignore[index]


def steady(late: Callable[[int], float] = lambda number: 0.0, frames: int = 1500) -> list[tuple[float, int]]:
    return sorted((number * 0.02 + late(number), number) for number in range(frames))


def test_even_arrivals_have_none() -> None:
    assert jitter_ms(steady()) < 0.1


@pytest.mark.parametrize("spread", [0.01, 0.04])
def test_it_grows_with_the_spread(spread: float) -> None:
    """Of two even distributions the mean difference is a third of their width."""
    chance = random.Random(1)
    assert jitter_ms(steady(lambda number: chance.uniform(0, spread))) == pytest.approx(spread * 1000 / 3, rel=0.5)


def test_what_is_late_for_good_is_no_jitter() -> None:
    assert jitter_ms(steady(lambda number: 0.15 if number > 500 else 0.0)) < 1


def test_neither_loss_nor_a_hold_is_jitter() -> None:
    lossy = [(at, number) for at, number in steady() if number % 7]
    assert jitter_ms(lossy) < 3
    held = [(at if number < 500 else at + 30, number) for at, number in steady()]
    assert jitter_ms(held) < 1


def test_a_smooth_stretch_makes_it_small_again() -> None:
    chance = random.Random(2)
    assert jitter_ms(steady(lambda number: chance.uniform(0, 0.05) if number < 500 else 0.0)) < 2


def test_it_is_told_by_track_and_the_worst_of_streams_counts() -> None:
    reports = [
        {"recognizerLagMs": 0, "silenceMs": {}, "skippedMs": 0, "jitterMs": {"agent": 4, "customer": 30}},
        {"recognizerLagMs": 0, "silenceMs": {}, "skippedMs": 0, "jitterMs": {"agent": 9}},
        {"recognizerLagMs": 0, "silenceMs": {}, "skippedMs": 0},  # as stored before it was measured
    ]
    assert health_shape(reports).jitter_ms == {"agent": 9, "customer": 30}
