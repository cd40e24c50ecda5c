"""Figures that rules compare with their threshold. Each is None where too little is known to judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

WINDOW_MS = 30_000  # of what was said last
MIN_WORDS = 8  # of which the recogniser told how sure it is


class Said(NamedTuple):
    """A segment, as far as it is measured. `words` as they are stored: [text, startMs, endMs, confidence or null]."""

    track: str
    end_ms: int
    text: str
    language: str
    confidence: float | None
    words: Sequence[Sequence[Any]]


def silent_ms(silence: Iterable[Mapping[str, int]], track: str) -> int | None:
    """How long nobody spoke, or the named side did not. `silence`: of each stream of the call, by track; who speaks in one
    of them is not silent."""
    shortest: dict[str, int] = {}
    for tracks in silence:
        for name, ms in tracks.items():
            shortest[name] = min(ms, shortest.get(name, ms))
    if track:
        return shortest.get(track)
    return min(shortest.values(), default=None)


def mean_confidence(said: Iterable[Said], track: str, now_ms: int) -> float | None:
    """Of the words of the last 30 s, by one side or both. An engine that tells it of segments only: each word its segment's."""
    known: list[float] = []
    for segment in said:
        if track and segment.track != track:
            continue
        recent = now_ms - WINDOW_MS
        of_words = [sure for _, _, end_ms, sure in segment.words if sure is not None and end_ms > recent]
        if not of_words and segment.confidence is not None and segment.end_ms > recent:
            of_words = [segment.confidence] * len(segment.text.split())
        known += of_words
    return sum(known) / len(known) if len(known) >= MIN_WORDS else None
