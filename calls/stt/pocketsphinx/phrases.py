"""A profile's phrase list as a small language model: which words it has, how they sound, how likely they follow."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from pocketsphinx.lm import ArpaBoLM

MAX_PHRASES = 500
MAX_WORDS = 12  # of one phrase; longer ones are cut

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
# How the letters' names sound, for words such as "SIM" that are no words of the dictionary.
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        (
            "EY;B IY;S IY;D IY;IY;EH F;JH IY;EY CH;AY;JH EY;K EY;EH L;EH M;EH N;OW;P IY;K Y UW;AA R;EH S;T IY;Y UW;"
            "V IY;D AH B AH L Y UW;EH K S;W AY;Z IY"
        ).split(";"),
        strict=True,
    )
)

Lookup = Callable[[str], str | None]


def number_words(digits: str) -> list[str]:
    """How a short number is said; a long one digit by digit."""
    value = int(digits)
    if len(digits) > 2 or (digits[0] == "0" and len(digits) > 1):
        return [_ONES[int(digit)] for digit in digits]
    if value < 20:
        return [_ONES[value]]
    return [_TENS[value // 10 - 2]] + ([_ONES[value % 10]] if value % 10 else [])


def phrase_words(phrase: str) -> list[str]:
    words: list[str] = []
    for token in re.findall(r"[a-z]+(?:'[a-z]+)*|[0-9]+", phrase.lower().replace("’", "'")):
        words += number_words(token) if token.isdigit() else [token]
    return words[:MAX_WORDS]


def pronounce(word: str, lookup: Lookup) -> str | None:
    """A pronunciation for a word that the dictionary lacks: made of two known words, or of the letters' names."""
    if word.endswith("'s") and (base := lookup(word[:-2])):
        return f"{base} Z"
    for cut in range(len(word) - 2, 1, -1):
        head, tail = lookup(word[:cut]), lookup(word[cut:])
        if head and tail:
            return f"{head} {tail}"
    if word.endswith("s") and (base := lookup(word[:-1])):
        return f"{base} Z"
    if len(word) <= 5 and word.isalpha():
        return " ".join(_LETTERS[letter] for letter in word)
    return None


class PhrasePlan:
    """What a phrase list comes to: the usable phrases, the words to add to the dictionary, the words left out."""

    def __init__(self, phrases: tuple[str, ...], lookup: Lookup) -> None:
        self.sentences: list[list[str]] = []
        self.new_words: dict[str, str] = {}
        self.left_out: list[str] = []
        for phrase in phrases[:MAX_PHRASES]:
            words = phrase_words(phrase)
            if words and all([self._usable(word, lookup) for word in words]):
                self.sentences.append(words)

    def _usable(self, word: str, lookup: Lookup) -> bool:
        if word in self.new_words or lookup(word):
            return True
        if sounds := pronounce(word, lookup):
            self.new_words[word] = sounds
            return True
        self.left_out.append(word)
        return False

    def arpa(self) -> str:
        """An ARPA trigram model of the phrases, "" where none is usable."""
        if not self.sentences:
            return ""
        text = "\n".join(" ".join(words) for words in self.sentences)
        model = ArpaBoLM(text=text, add_start=True)
        model.compute()
        out = io.StringIO()
        model.write(out)
        return out.getvalue()
