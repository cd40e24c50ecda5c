"""From text to numbers: tokens, then groups of digits, then runs of groups that may be one number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from calls.privacy.numerals import Numerals, numerals_of

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_BREAKS = re.compile(r"[$€£¥₹%+@#=&*<>|]")  # what never stands inside a number
_NATURAL = re.compile(r"[,.;:!?/\n]")  # where one number may end and the next begin
MAX_FILLERS = 3  # in a row, inside a number


class Token(NamedTuple):
    start: int  # characters
    end: int
    word: str  # lower case, without accents


class Group(NamedTuple):
    """Digits that were said or written in one go: "4111", "forty one", "double five"."""

    first: int  # tokens, both inclusive
    last: int
    digits: str
    single: bool  # one digit by itself


class Run(NamedTuple):
    """Groups with nothing but fillers between them."""

    groups: Sequence[Group]
    natural: Sequence[bool]  # whether something separates each group from the one before
    international: bool  # a plus stands before it

    @property
    def digits(self) -> str:
        return "".join(group.digits for group in self.groups)

    @property
    def first(self) -> int:
        return self.groups[0].first

    @property
    def last(self) -> int:
        return self.groups[-1].last


def tokens_of(text: str) -> list[Token]:
    if text.isascii():
        return [Token(m.start(), m.end(), m[0].lower()) for m in _WORD.finditer(text)]
    return [Token(m.start(), m.end(), _plain(m[0])) for m in _WORD.finditer(text)]


def _plain(word: str) -> str:
    """As it is compared: "Fünf" and "funf" are the same, and so are digits of all scripts."""
    if word.isdecimal():
        return "".join(str(unicodedata.digit(character)) for character in word)
    folded = unicodedata.normalize("NFKD", word.casefold()).replace("’", "'")
    return "".join(character for character in folded if not unicodedata.combining(character))


def has_numbers(text: str, language: str) -> bool:
    """Whether there is a digit or a word that is a number or begins one. Much cheaper than reading them."""
    spoken = numerals_of(language).spoken
    return any(token.word in spoken or any(map(str.isdecimal, token.word)) for token in tokens_of(text))


def groups_of(tokens: Sequence[Token], numerals: Numerals) -> list[Group]:
    reader = _Reader([token.word for token in tokens], numerals)
    groups: list[Group] = []
    place = 0
    while place < len(tokens):
        group = reader.group(place, groups[-1] if groups else None)
        if group is None:
            place += 1
        else:
            groups.append(group)
            place = group.last + 1
    return groups


class _Reader:
    """Reads the number that begins at a place. Its methods return the value and the place behind it, or None."""

    def __init__(self, words: Sequence[str], numerals: Numerals) -> None:
        self.words, self.n = words, numerals
        self.last = len(words)

    def word(self, place: int) -> str:
        return self.words[place] if place < self.last else ""

    def group(self, place: int, before: Group | None) -> Group | None:
        word, n = self.words[place], self.n
        if word.isdecimal():
            return Group(place, place, word, len(word) == 1)
        if word in n.times and (digit := self.digit(place + 1)) is not None:
            return Group(place, place + 1, str(digit) * n.times[word], False)
        if word in n.spoken:
            found = self.whole(place)
            if found is not None:
                value, after = found
                return Group(place, after - 1, str(value), value < 10)
        if word in n.sounds_like and before is not None and before.single and before.last == place - 1:
            if self.digit(place + 1) is not None:
                return Group(place, place, str(n.sounds_like[word]), True)
        return None

    def digit(self, place: int) -> int | None:
        word = self.word(place)
        return int(word) if len(word) == 1 and word.isdecimal() else self.n.digits.get(word)

    def whole(self, place: int) -> tuple[int, int] | None:
        """Up to 999 999: "four thousand one hundred eleven"."""
        n = self.n
        if self.word(place) in n.thousand:
            return self.plus_rest(1000, place + 1, "", self.below_1000)
        found = self.below_1000(place)
        if found is not None and 0 < found[0] < 1000 and self.word(found[1]) in n.thousand:
            return self.plus_rest(found[0] * 1000, found[1] + 1, "", self.below_1000)
        return found

    def below_1000(self, place: int) -> tuple[int, int] | None:
        n, word = self.n, self.word(place)
        if word in n.hundreds:
            return self.plus_rest(n.hundreds[word], place + 1, n.after_hundred, self.below_100)
        if word in n.hundred:
            return self.plus_rest(100, place + 1, n.after_hundred, self.below_100)
        found = self.below_100(place)
        if found is not None and found[0] > 0 and self.word(found[1]) in n.hundred:
            return self.plus_rest(found[0] * 100, found[1] + 1, n.after_hundred, self.below_100)
        return found

    def plus_rest(self, value: int, place: int, joiner: str, read: object) -> tuple[int, int]:
        assert callable(read)
        start = place + 1 if joiner and self.word(place) == joiner else place
        rest = read(start)
        if rest is None or rest[0] == 0:
            return value, place
        return value + rest[0], rest[1]

    def below_100(self, place: int) -> tuple[int, int] | None:
        n, word = self.n, self.word(place)
        if n.score and word == n.score[0] and self.word(place + 1) in n.score[1]:
            return self.plus_unit(80, 1, 19, place + 2)
        if word in n.tens:
            value = n.tens[word]
            return self.plus_unit(value, 7 if value == 10 else 1, n.reach.get(word, 9), place + 1)
        value_or_none = n.small.get(word)
        if value_or_none is None:
            return None
        if n.units_first and 0 < value_or_none < 10 and self.word(place + 1) == n.units_first:
            ten = n.small.get(self.word(place + 2), 0)
            if ten >= 20 and ten % 10 == 0:
                return ten + value_or_none, place + 3
        return value_or_none, place + 1

    def plus_unit(self, value: int, low: int, high: int, place: int) -> tuple[int, int]:
        start = place + 1 if self.n.after_tens and self.word(place) == self.n.after_tens else place
        word = self.word(start)
        if high > 9 and word in self.n.tens and self.n.tens[word] == 10:
            ten, after = self.plus_unit(10, 7, 9, start + 1)
            return value + ten, after
        unit = self.n.small.get(word, 0)
        return (value + unit, start + 1) if low <= unit <= high else (value, place)


def runs_of(
    text: str, tokens: Sequence[Token], groups: Sequence[Group], numerals: Numerals, breaks: Sequence[int] = ()
) -> list[Run]:
    """`breaks`: where (characters) a number can't go on."""
    runs: list[Run] = []
    for group in groups:
        gap = text[tokens[group.first - 1].end if group.first else 0 : tokens[group.first].start]
        international = gap.endswith(("+", "+(")) or (group.first > 0 and tokens[group.first - 1].word in numerals.plus)
        last = runs[-1] if runs else None
        if (
            last is None
            or international
            or any(tokens[last.last].end <= place <= tokens[group.first].start for place in breaks)
            or not _continues(text, tokens, last.groups[-1], group, numerals)
        ):
            runs.append(Run([group], [True], international))
        else:
            between = text[tokens[last.last].end : tokens[group.first].start]
            natural = group.first > last.last + 1 or bool(_NATURAL.search(between))
            runs[-1] = Run([*last.groups, group], [*last.natural, natural], last.international)
    return runs


def _continues(text: str, tokens: Sequence[Token], last: Group, group: Group, numerals: Numerals) -> bool:
    between = tokens[last.last + 1 : group.first]
    return (
        len(between) <= MAX_FILLERS
        and all(token.word in numerals.fillers for token in between)
        and not _BREAKS.search(text, tokens[last.last].end, tokens[group.first].start)
    )
