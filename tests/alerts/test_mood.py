"""How often the lexicon is right about a line of a call, and what smoothing makes of a quarrel. The figures of
docs/alerts.md are those of this file."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.alerts.kinds import KINDS
from calls.alerts.measures import Said
from calls.alerts.mood import mood_of, smoothed_mood

LINES = [line.split("\t") for line in (Path(__file__).parent / "mood_lines.tsv").read_text().splitlines()]


def precision_and_recall(threshold: float) -> tuple[float, float]:
    """Of telling the lines of somebody who is upset from all others."""
    found = [label for label, text in LINES if mood_of(text) < threshold]
    right = found.count("negative")
    return right / len(found), right / sum(label == "negative" for label, _ in LINES)


def test_there_are_enough_lines_of_each_sort() -> None:
    labels = [label for label, _ in LINES]
    assert len(LINES) >= 100 and len({text for _, text in LINES}) == len(LINES)
    assert {label: labels.count(label) >= 25 for label in labels} == {
        "negative": True,
        "neutral": True,
        "positive": True,
    }


@pytest.mark.parametrize(("threshold", "precision", "recall"), [(-0.35, 0.7, 0.4), (-0.05, 0.6, 0.6)])
def test_how_often_it_is_right(threshold: float, precision: float, recall: float) -> None:
    found = precision_and_recall(threshold)
    assert found[0] >= precision and found[1] >= recall, found


def test_the_figures_are_those_of_a_new_rule() -> None:
    assert KINDS["mood"].threshold is not None and KINDS["mood"].threshold.default == -0.35
    assert not KINDS["mood"].enabled


def said(end_ms: int, text: str, track: str = "customer", language: str = "en") -> Said:
    return Said(track, end_ms, text, language, None, [])


def test_the_mood_is_smoothed() -> None:
    angry, kind = "i am really angry", "thank you so much that is wonderful"
    alone = smoothed_mood([said(1000, angry)], 1000)
    assert alone == pytest.approx(mood_of(angry))
    better = smoothed_mood([said(1000, angry), said(16_000, kind)], 16_000)
    worse = smoothed_mood([said(1000, kind), said(16_000, angry)], 16_000)
    assert alone is not None and better is not None and worse is not None
    assert alone < worse < 0 < better < mood_of(kind)


def test_what_the_mood_is_made_of() -> None:
    angry = "i am really angry"
    assert smoothed_mood([], 1000) is None
    assert smoothed_mood([said(1000, angry, track="agent")], 1000) is None
    assert smoothed_mood([said(1000, angry, language="fr")], 1000) is None
    assert smoothed_mood([said(1000, angry)], 31_000) is None
    assert smoothed_mood([said(1000, "four seven one")], 1000) is None
    assert smoothed_mood([said(1000, angry), said(9000, "yes")], 9000) == pytest.approx(mood_of(angry))
