"""Takes out of a text what was found in it.

A found number is replaced by its label, a number that is not decided yet by a dot for each of its characters or words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from calls.privacy.finding import Kind

LABELS: dict[Kind, str] = {
    "card": "[card number]",
    "iban": "[IBAN]",
    "ssn": "[social security number]",
    "code": "[security code]",
}
DOT = "•"

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


class Place(NamedTuple):
    """What to take out of a text. `kind` None: it is not known yet what it is."""

    kind: Kind | None
    start: int  # characters
    end: int


class Word(NamedTuple):
    """A word with its times, in ms, and how sure the recogniser is of it."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None


def hide(text: str, places: Sequence[Place]) -> str:
    """`places`: in the order of the text, none over another."""
    parts, at = [], 0
    for place in places:
        parts += [text[at : place.start], covered(text[place.start : place.end], place.kind)]
        at = place.end
    return "".join([*parts, text[at:]])


def covered(text: str, kind: Kind | None) -> str:
    return LABELS[kind] if kind is not None else _WORD.sub(_dots, text)


def _dots(word: re.Match[str]) -> str:
    return DOT * (len(word[0]) if any(character.isdecimal() for character in word[0]) else 1)


class Hidden(NamedTuple):
    """What is left of the words, and when that was said which is not: (kind, start, end), in ms."""

    words: list[Word]
    times: list[tuple[Kind | None, int, int]]


def hide_words(text: str, words: Sequence[Word], places: Sequence[Place], start_ms: int, end_ms: int) -> Hidden:
    """Of a text that was said from `start_ms` to `end_ms`. Where the words are unknown, or not those of the text, all of
    it counts as said at every moment."""
    if not places:
        return Hidden([*words], [])
    spans = _spans(text, words)
    if spans is None:
        whole = [Word(hide(text, places), start_ms, end_ms, None)] if words else []
        return Hidden(whole, [(place.kind, start_ms, end_ms) for place in places])
    left: list[Word] = []
    times: list[tuple[Kind | None, int, int]] = []
    at = 0
    for place in places:
        first = next((i for i in range(at, len(words)) if spans[i][1] > place.start), len(words))
        behind = next((i for i in range(first, len(words)) if spans[i][0] >= place.end), len(words))
        inside = words[first:behind]
        if not inside:  # between words: nobody knows when
            times.append((place.kind, start_ms, end_ms))
            continue
        left += words[at:first]
        said = (min(word.start_ms for word in inside), max(word.end_ms for word in inside))
        times.append((place.kind, *said))
        if place.kind is not None:
            left.append(Word(LABELS[place.kind], *said, None))
        else:
            left += [word._replace(text=covered(word.text, None)) for word in inside]
        at = behind
    return Hidden([*left, *words[at:]], times)


def _spans(text: str, words: Sequence[Word]) -> list[tuple[int, int]] | None:
    """Where each word stands in the text; None where one does not, or where words of the text are missing."""
    spans, at, plain = [], 0, text.lower()
    for word in words:
        start = plain.find(word.text.strip().lower(), at)
        if start < 0 or _WORD.search(text, at, start):
            return None
        at = start + len(word.text.strip())
        spans.append((start, at))
    return spans if spans and not _WORD.search(text, at) else None
