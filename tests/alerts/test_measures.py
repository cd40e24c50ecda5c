"""Silence and confidence as figures."""

from __future__ import annotations

import pytest

from calls.alerts.measures import Said, mean_confidence, silent_ms


@pytest.mark.parametrize(
    ("silence", "both", "agent", "customer"),
    [
        ([], None, None, None),
        ([{}], None, None, None),
        ([{"agent": 4000, "customer": 9000}], 4000, 4000, 9000),
        ([{"customer": 9000}], 9000, None, 9000),
        ([{"agent": 4000, "customer": 9000}, {"agent": 100, "customer": 8000}], 100, 100, 8000),
        ([{"agent": 4000}, {"customer": 0}], 0, 4000, 0),
        ([{"customer": 20_000, "bot": 300}], 300, None, 20_000),
    ],
)
def test_how_long_nobody_spoke(
    silence: list[dict[str, int]], both: int | None, agent: int | None, customer: int | None
) -> None:
    assert (silent_ms(silence, ""), silent_ms(silence, "agent"), silent_ms(silence, "customer")) == (
        both,
        agent,
        customer,
    )


def segment(
    end_ms: int, sure: float | None, *, count: int = 10, track: str = "customer", of_words: bool = True
) -> Said:
    words = [["w", end_ms - 100 * (count - n), end_ms - 100 * (count - n - 1), sure] for n in range(count)]
    text = " ".join(["w"] * count)
    return Said(track, end_ms, text, "en", sure, words if of_words else [["w", 0, end_ms, None]] * count)


def test_how_sure_the_recogniser_is() -> None:
    assert mean_confidence([segment(5000, 0.4)], "", 5000) == pytest.approx(0.4)
    both = [segment(5000, 0.4), segment(9000, 0.8, track="agent")]
    assert mean_confidence(both, "", 9000) == pytest.approx(0.6)
    assert mean_confidence(both, "agent", 9000) == pytest.approx(0.8)
    assert mean_confidence([segment(5000, 0.4), segment(45_000, 0.8)], "", 45_000) == pytest.approx(0.8)
    assert mean_confidence([segment(5000, 0.3, of_words=False)], "", 5000) == pytest.approx(0.3)


def test_too_little_to_judge() -> None:
    assert mean_confidence([], "", 1000) is None
    assert mean_confidence([segment(5000, 0.1, count=3)], "", 5000) is None
    assert mean_confidence([segment(5000, None)], "", 5000) is None
    assert mean_confidence([segment(5000, 0.1)], "agent", 5000) is None
    assert mean_confidence([segment(5000, 0.1)], "", 40_000) is None
