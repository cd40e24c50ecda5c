"""Whether words were said, and where.

What a speaker says is cut into segments by the recogniser, wherever there was a breath. So an expression is held against
a segment together with what the same speaker said right before it; and it counts where the segment itself takes part,
so that each finding is one segment's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from calls.alerts.expression import And, Near, Node, Not, Or, Term, Word
from calls.search.matching import Piece
from calls.search.words import spans


class Span(NamedTuple):
    """Words from `first` to `last`, by number."""

    first: int
    last: int


def find(node: Node, words: Sequence[str]) -> list[Span] | None:
    """Where it is; None where it is not. What is left out lies nowhere."""
    match node:
        case Term(term):
            first, rest = term[0], term[1:]
            places = [
                Span(at, at + len(rest))
                for at, said in enumerate(words[: len(words) - len(rest)])
                if first.fits(said) and all(word.fits(words[at + n]) for n, word in enumerate(rest, 1))
            ]
            return places or None
        case Near(left, right, apart):
            one, other = find(left, words), find(right, words)
            return _pairs(one, other, apart) or None if one and other else None
        case And(parts):
            every = [find(part, words) for part in parts]
            return sorted({span for found in every for span in found or ()}) if None not in every else None
        case Or(parts):
            some = [found for part in parts if (found := find(part, words)) is not None]
            return sorted({span for found in some for span in found}) if some else None
        case Not(part):
            return [] if find(part, words) is None else None


def _pairs(one: list[Span], other: list[Span], apart: int) -> list[Span]:
    """Each with its nearest neighbours of the other kind, where these are near enough."""
    both = set()
    for these, those in ((one, other), (other, one)):
        firsts = [span.first for span in those]
        by_end = sorted(those, key=lambda span: span.last)
        lasts = [span.last for span in by_end]
        for span in these:
            after = bisect_left(firsts, span.last + 1)
            if after < len(those) and those[after].first - span.last - 1 <= apart:
                both.add(Span(span.first, those[after].last))
            before = bisect_left(lasts, span.first) - 1
            if before >= 0 and span.first - by_end[before].last - 1 <= apart:
                both.add(Span(by_end[before].first, span.last))
    return sorted(both)


class Passage:
    """What somebody said, and right before it: in words once, for any number of expressions."""

    def __init__(self, text: str, before: str = "") -> None:
        self.text = f"{before} {text}" if before else text
        self.border = len(self.text) - len(text)
        found = list(spans(self.text))
        self.places = [(start, end) for start, end, _ in found]
        self.words = [word for _, _, word in found]

    def is_here(self, span: Span) -> bool:
        """Not wholly before."""
        return self.places[span.last][0] >= self.border


class Matcher:
    """An expression against what was said."""

    def __init__(self, node: Node) -> None:
        self.node = node
        words = set(_words(node))
        self.whole = frozenset(word.text for word in words if not word.begins)
        self.beginnings = tuple(word.text for word in words if word.begins)
        # Whether what was said before can make a difference.
        self.looks_back = not all(
            isinstance(part, Term) and len(part.words) == 1
            for part in (node.parts if isinstance(node, Or) else (node,))
        )

    def may_match(self, words: Sequence[str]) -> bool:
        """Whether a segment holds one of the words at all. Most don't, which is quickly told."""
        return not self.whole.isdisjoint(words) or any(word.startswith(self.beginnings) for word in words)

    def match(self, passage: Passage) -> str | None:
        """What was found, from the first of these words to the last; None where nothing was in which the text takes part."""
        here = [span for span in find(self.node, passage.words) or () if passage.is_here(span)]
        if not here:
            return None
        first, last = min(span.first for span in here), max(span.last for span in here)
        return passage.text[passage.places[first][0] : passage.places[last][1]]

    def pieces(self, text: str) -> list[Piece]:
        """The text in pieces, those that were found marked."""
        passage = Passage(text)
        found = find(self.node, passage.words) or ()
        return list(_pieces(text, ((passage.places[span.first][0], passage.places[span.last][1]) for span in found)))


def _words(node: Node) -> Iterator[Word]:
    match node:
        case Term(words):
            yield from words
        case Near(left, right, _):
            yield from _words(left)
            yield from _words(right)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _words(part)
        case Not():
            pass  # what must not be there finds nothing


def _pieces(text: str, marks: Iterable[tuple[int, int]]) -> Iterator[Piece]:
    done = 0
    for start, end in sorted(marks):
        start = max(start, done)
        if start >= end:
            continue  # within a mark before it
        if start > done:
            yield Piece(text[done:start], False)
        yield Piece(text[start:end], True)
        done = end
    if done < len(text):
        yield Piece(text[done:], False)
