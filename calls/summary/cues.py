"""What in a line speaks for one kind of item or another, by language. Patterns are matched against `plain` text."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

Weighted = tuple[tuple[float, re.Pattern[str]], ...]


class Cues(msgspec.Struct, frozen=True, kw_only=True):
    """Weights add up within a list; a line scores for the kind whose list it meets. Where two lists are named, the
    first is for who answers the call, the second for the customer."""

    reason: Weighted  # of the customer
    calls_out: Weighted  # the reason as an agent tells it who made the call
    agreed: tuple[Weighted, Weighted]
    next_steps: tuple[Weighted, Weighted]
    unknown: Weighted  # nobody knows yet
    question: re.Pattern[str]  # at the beginning
    asks: re.Pattern[str]  # anywhere
    accepts: re.Pattern[str]  # says yes to what the other side offered
    at_once: re.Pattern[str]  # done while they speak: no next step, nothing agreed
    courtesy: re.Pattern[str]  # greetings, thanks, identification: never worth keeping
    when: re.Pattern[str]  # dates, times, sums
    empty_words: frozenset[str]


def weighted(*cues: tuple[float, str]) -> Weighted:
    return tuple((weight, re.compile(rf"\b(?:{pattern})\b")) for weight, pattern in cues)


def score(cues: Weighted, text: str) -> float:
    return sum(weight for weight, pattern in cues if pattern.search(text))


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def any_of(patterns: Iterable[str], *, after: str | None = None) -> re.Pattern[str]:
    """`after`: at the line's beginning, behind what this pattern takes."""
    return re.compile(rf"{'' if after is None else '^' + after}\b(?:{'|'.join(patterns)})\b")
