"""Whether a text holds what is looked for, and where. SQLite asks this for each segment; marks are made of it on both
databases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from calls.search.query import Query, read
from calls.search.words import spans, stem


class Piece(NamedTuple):
    """Part of a text; all pieces together are the text."""

    text: str
    match: bool


class Matcher:
    """A query against texts of one language."""

    def __init__(self, query: Query, language: str) -> None:
        self.language = language
        self.groups = [
            [([stem(word, language) for word in term.words], term.excluded) for term in group] for group in query.groups
        ]

    def matches(self, text: str) -> bool:
        stems = [stem(word, self.language) for _, _, word in spans(text)]
        return any(_fits(group, stems) for group in self.groups)

    def pieces(self, text: str) -> list[Piece]:
        """The text with what was looked for marked; a phrase as a whole."""
        places = list(spans(text))
        stems = [stem(word, self.language) for _, _, word in places]
        marks = {
            (places[at][0], places[at + len(term) - 1][1])
            for group in self.groups
            if _fits(group, stems)
            for term, excluded in group
            if not excluded
            for at in _places(term, stems)
        }
        pieces, done = [], 0
        for start, end in sorted(marks):
            start = max(start, done)
            if start >= end:
                continue  # within a mark before it
            if start > done:
                pieces.append(Piece(text[done:start], False))
            pieces.append(Piece(text[start:end], True))
            done = end
        if done < len(text):
            pieces.append(Piece(text[done:], False))
        return pieces


@lru_cache(maxsize=64)
def matcher(query: str, language: str) -> Matcher:
    """For a query in its one spelling."""
    return Matcher(read(query), language)


def _fits(group: Sequence[tuple[list[str], bool]], stems: list[str]) -> bool:
    return all(bool(_places(term, stems)) != excluded for term, excluded in group)


def _places(term: list[str], stems: list[str]) -> list[int]:
    """Where in the text's words the term begins."""
    first, size = term[0], len(term)
    return [at for at, word in enumerate(stems) if word == first and stems[at : at + size] == term]
