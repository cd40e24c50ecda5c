"""What a caller meant, of what recognisers heard: choices by name, synonym or number, digits, yes or no.

How a phrase scores
    1.00  it is all that was said (fillers aside)
    0.95  its words stand in what was said, in order
    0.88  its words stand there in any order
    0.85  what was said is a part of it, whole words
    below the likeness of the letters to as many words of what was said, from 0.76 on ("sails", "sup port")
    0.70  nothing else fits, and much of what was said is words that no other choice has ("opening up" for "opening
          hours")

A phrase that lies inside a longer one that fits as well doesn't count. Choices that then score alike are unclear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
from rapidfuzz import fuzz

from bots.flows.words import Words

LIKE = 0.76  # letters of a phrase that must agree
WORD_LIKE = 0.65  # letters of each of its words
SHORT = 3  # phrases of so few letters must be said exactly
OWN_WORD, OWN_SHARE = 4, 0.4  # letters of a word that speaks for its choice alone; its share of what was said
MARGIN = 0.06  # by how much the best choice must be better than the next
HIDING = 0.1  # by how much less a longer phrase may fit and still count instead of the shorter one inside it
MAX_SAID = 60  # words that are looked at

_WORD = re.compile(r"[^\W_]+|[*#]")


class Match(msgspec.Struct, frozen=True):
    """`choices` is empty where nothing fits, and has several where it is unclear which was meant."""

    choices: tuple[int, ...]
    score: float = 0.0


NO_MATCH = Match(())


class _Hit(NamedTuple):
    choice: int
    score: float
    start: int  # words of what was said
    end: int
    words: int  # of them, that fit


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Words in lower case, without accents, punctuation and apostrophes."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("'", "").replace("’", "").replace("ß", "ss"))
    return tuple(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))[:MAX_SAID]


def content(words: Sequence[str], fillers: frozenset[str]) -> tuple[str, ...]:
    """Without fillers; what consists of nothing else stays as it is."""
    return tuple(word for word in words if word not in fillers) or tuple(words)


def match(said: str, choices: Sequence[tuple[Iterable[str], str]], words: Words) -> Match:
    """Which of `choices` (its phrases, its key or "") was meant."""
    heard = tokens(said)
    if not heard:
        return NO_MATCH
    if key := spoken_key(heard, words):
        by_key = tuple(index for index, (_, own) in enumerate(choices) if own == key)
        if by_key:
            return Match(by_key, 1.0)
    hits = [
        hit
        for index, (phrases, _) in enumerate(choices)
        for phrase in phrases
        if (hit := _hit(index, heard, tokens(phrase), words.fillers)) is not None
    ]
    return _decide(hits) if hits else _by_own_word(heard, choices, words.fillers)


def _by_own_word(heard: Sequence[str], choices: Sequence[tuple[Iterable[str], str]], fillers: frozenset[str]) -> Match:
    """A recogniser that got half of a phrase wrong: the other half may still say which it was."""
    vocabularies = [
        {word for phrase in phrases for word in content(tokens(phrase), fillers) if len(word) >= OWN_WORD}
        for phrases, _ in choices
    ]
    letters = sum(map(len, content(heard, fillers)))
    meant = {
        index
        for index, vocabulary in enumerate(vocabularies)
        for word in vocabulary.intersection(heard)
        if sum(word in other for other in vocabularies) == 1 and len(word) >= OWN_SHARE * letters
    }
    return Match(tuple(meant), 0.7) if len(meant) == 1 else NO_MATCH


def _decide(hits: list[_Hit]) -> Match:
    counting = [hit for hit in hits if not any(_hides(other, hit) for other in hits)]
    best: dict[int, float] = {}
    for hit in counting:
        best[hit.choice] = max(hit.score, best.get(hit.choice, 0.0))
    top = max(best.values())
    if top == 1.0:
        return Match(tuple(choice for choice, score in best.items() if score == 1.0), top)
    return Match(tuple(choice for choice, score in best.items() if score > top - MARGIN), top)


def _hides(longer: _Hit, hit: _Hit) -> bool:
    inside = longer.start <= hit.start and hit.end <= longer.end
    return inside and longer.words > hit.words and longer.score >= hit.score - HIDING


def _hit(choice: int, said: tuple[str, ...], phrase: tuple[str, ...], fillers: frozenset[str]) -> _Hit | None:
    """How well a phrase fits what was said, or None."""
    if not phrase:
        return None
    whole, wanted = content(said, fillers), content(phrase, fillers)
    if said == phrase or whole == wanted:
        return _Hit(choice, 1.0, 0, len(said), len(said))
    for start in range(len(said) - len(phrase) + 1):
        if said[start : start + len(phrase)] == phrase:
            return _Hit(choice, 0.95, start, start + len(phrase), len(phrase))
    if set(wanted) <= set(whole):
        places = [said.index(word) for word in wanted]
        return _Hit(choice, 0.88, min(places), max(places) + 1, len(wanted))
    if set(whole) <= set(wanted) and len("".join(whole)) > SHORT:
        return _Hit(choice, 0.85, 0, len(said), len(whole))
    return _like(choice, said, wanted)


def _like(choice: int, said: tuple[str, ...], phrase: tuple[str, ...]) -> _Hit | None:
    """By letters, without spaces: recognisers cut and join words."""
    letters = "".join(phrase)
    if len(letters) <= SHORT:
        return None
    best: _Hit | None = None
    for size in range(max(1, len(phrase) - 1), len(phrase) + 2):
        for start in range(len(said) - size + 1):
            window = "".join(said[start : start + size])
            likeness = fuzz.ratio(window, letters) / 100
            if likeness < LIKE or (best is not None and likeness <= best.score):
                continue
            if all(fuzz.partial_ratio(word, window) / 100 >= WORD_LIKE for word in phrase):
                best = _Hit(choice, likeness, start, start + size, size)
    return None if best is None else best._replace(score=min(best.score, 0.84))


def spoken_key(heard: Sequence[str], words: Words) -> str:
    """The one key that was said, alone or as "press one", or ""."""
    said = content(heard, words.fillers)
    if len(said) != 1:
        return ""
    return words.digits.get(said[0]) or (words.sounds_like.get(said[0], "") if len(heard) == 1 else "")


def spoken_digits(said: str, words: Words) -> str:
    """The digits of "one two double three" or "12 34", or "" where something else was said too."""
    digits, times = "", 1
    for word in tokens(said):
        if word in words.twice:
            times = words.twice[word]
            continue
        digit = word if word.isdecimal() and word.isascii() else words.digits.get(word) or words.sounds_like.get(word)
        if digit is None or digit in "*#":
            if word in words.fillers:
                continue
            return ""
        digits += digit * times
        times = 1
    return digits


def same(first: str, second: str, words: Words) -> bool:
    """Whether two phrases can't be told apart."""
    one, other = content(tokens(first), words.fillers), content(tokens(second), words.fillers)
    return one == other


def alike(first: str, second: str, words: Words) -> bool:
    """Whether a recogniser's slip turns one phrase into the other."""
    one = "".join(content(tokens(first), words.fillers))
    other = "".join(content(tokens(second), words.fillers))
    return min(len(one), len(other)) > SHORT and fuzz.ratio(one, other) / 100 >= LIKE
