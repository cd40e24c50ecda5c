"""Cuts text that is still being written into sentences, each as soon as it is complete, so that speaking can begin.

How it works: a full stop counts once it is clear that it ends a sentence, which the next character tells, or a pause of
the writer. A cut too few costs a moment, a cut too many breaks a number or a name; so in doubt there is none.
"""

from __future__ import annotations

import re

LONG = 120  # characters of a clause after which a comma will do
LONGEST = 240  # after which any space will do

# Scripts that put no space after their full stops, or use no other sign of that shape: a cut at once.
_FULL_STOPS = "。！？｡．।॥؟۔։።፧།༎။។៕"
_STOP = re.compile(rf"(?P<full>[{_FULL_STOPS}]+)|(?P<plain>[.!?…]+)|(?P<line>\n)")
_CLOSERS = re.compile(r"[\"'”’»›)\]}」』）】*_`]*")
# What may follow a sentence that was cut at once: `!"` after `?`.
_LEFT_OVER = re.compile(r"[!?\"'”’»)\]}*_]+(?=\s)|[！？」』）】]+")
_COMMA = re.compile(r"[,;:—–](?=\s)|[、，；：،؛]")
_WORD = re.compile(r"[\w.'’-]*\Z")

# Before a name or a number: never the end.
_OPENERS = frozenset(
    "mr mrs ms mx dr prof sr st rev hon gen col capt lt sgt mme mlle sra srta dra dña hr fr mw dhr "
    "vs approx ca bzw ggf inkl evtl vgl p.ex ej bijv".split()
)
# Before a number: not the end.
_NUMBERED = frozenset("no nos nr art fig p pp vol ext abs núm num nº tel sec ch".split())
# The end only where a capital letter follows.
_MAYBE = frozenset("a.m p.m etc inc ltd co corp dept est min max jr usw enz ltda".split())
_ABBREVIATED = re.compile(r"\w(\.\w)+")  # U.S, e.g
# Languages that write "the 3rd" as "3."
_ORDINALS = frozenset("de da nb nn no fi cs sk pl hu hr sr sl et lv tr is".split())


class Sentences:
    """`language`: BCP 47."""

    def __init__(self, language: str) -> None:
        self._language = language.partition("-")[0].lower()
        self._text = ""

    def feed(self, text: str) -> list[str]:
        """The sentences that are complete with this piece."""
        self._text += text
        found = []
        while end := self._end():
            found.append(self._take(end))
        return [sentence for sentence in found if sentence]

    def pause(self) -> list[str]:
        """Nothing came for a moment: what looks complete is."""
        text = self._text.rstrip()
        stop = max(_STOP.finditer(text), key=lambda match: match.start(), default=None)
        if stop is None or _CLOSERS.sub("", text[stop.end() :], count=1):
            return []
        before = text[: stop.start()]
        if stop["plain"] == "." and (before[-1:].isdigit() or not self._is_end(before, "A")):
            return []
        return self.finish()

    def finish(self) -> list[str]:
        """What is left."""
        rest = self._take(len(self._text))
        return [rest] if rest else []

    def _take(self, end: int) -> str:
        sentence, self._text = self._text[:end].strip(), self._text[end:].lstrip(" \t")
        return sentence

    def _end(self) -> int:
        """Where the first complete sentence ends, or 0."""
        if left_over := _LEFT_OVER.match(self._text):
            self._text = self._text[left_over.end() :].lstrip(" \t")
        for stop in _STOP.finditer(self._text):
            if stop["line"]:
                return stop.end()
            if not any(char.isalnum() for char in self._text[: stop.start()]):
                continue
            end = _closed(self._text, stop.end())
            if stop["full"]:
                return end
            rest = self._text[end:]
            if not rest:
                if "!" in stop[0] or "?" in stop[0]:
                    return end
                break
            if not rest[0].isspace():
                continue
            following = rest.lstrip()[:1]
            if stop[0] != "." or "\n" in rest[: len(rest) - len(rest.lstrip())]:
                return end
            if not following:
                break
            if self._is_end(self._text[: stop.start()], following):
                return end
        return self._clause_end()

    def _is_end(self, before: str, following: str) -> bool:
        """Whether the full stop after `before` ends a sentence, `following` being the next letter."""
        if following.islower() or not any(char.isalpha() for char in before):
            return False  # an abbreviation that we don't know; a list's number
        found = _WORD.search(before)
        word = found[0].lstrip("'’-").lower() if found else ""
        if word in _MAYBE:
            return following.isupper()
        if word in _OPENERS or _ABBREVIATED.fullmatch(word):
            return False
        if word in _NUMBERED:
            return not following.isdigit()
        if len(word) == 1 and word.isalpha():
            return word == "i" and self._language == "en"  # else an initial
        return not (word.isdigit() and len(word) <= 2 and self._language in _ORDINALS)

    def _clause_end(self) -> int:
        if len(self._text) <= LONG:
            return 0
        commas = [match.end() for match in _COMMA.finditer(self._text, LONG // 3, LONGEST)]
        if commas:
            return commas[-1]
        if len(self._text) <= LONGEST:
            return 0
        space = self._text.rfind(" ", 0, LONGEST)
        return space if space > 0 else LONGEST


def _closed(text: str, end: int) -> int:
    """Behind quotes and brackets that close after a full stop."""
    found = _CLOSERS.match(text, end)
    return found.end() if found else end
