"""What was heard beside what was said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

WORD = re.compile(r"[\w']+")


def marked_words(said: str, heard: str) -> list[tuple[str, bool]]:
    """The words that were said, each with whether it was heard there."""
    words = said.split()
    wanted = [_plain(word) for word in words]
    got = [_plain(word) for word in heard.split()]
    found: set[int] = set()
    for match in SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks():
        found.update(range(match.a, match.a + match.size))
    return [(word, number in found) for number, word in enumerate(words)]


def share_heard(pairs: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Of all words said, how many were heard; and how many there are. `pairs`: said, heard."""
    marks = [was_heard for said, heard in pairs for _, was_heard in marked_words(said, heard)]
    return sum(marks), len(marks)


def _plain(word: str) -> str:
    return "".join(WORD.findall(word.lower()))
