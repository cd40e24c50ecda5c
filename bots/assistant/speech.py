"""What of a model's text is for the ear, and what of anything is for the database."""

from __future__ import annotations

import re
from typing import Any

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_PICTURES = re.compile(
    "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\ufe0f\u20e3"
    "\U000e0020-\U000e007f]\u200d?"
)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_LINE_START = re.compile(r"^\s*(?:#{1,6}\s+|>\s+|[-*+•]\s+|```\w*\s*|-{3,}\s*$)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARKS = re.compile(r"\*\*+|__+|~~|`+|\|")
_EMPHASIS = re.compile(r"(?<![\w*])([*_])([^\W\d]|[^\W\d][^*_]*\S)\1(?![\w*])")
_TORN_EMPHASIS = re.compile(r"(?<!\S)\*(?=[^\W\d])|(?<=[^\W\d])([.!?…]?)\*(?!\S)")


def storable(value: Any) -> Any:
    """JSON without NUL and half characters, which neither PostgreSQL nor UTF-8 takes."""
    match value:
        case str():
            return _UNFIT.sub("\ufffd", value)
        case dict():
            return {storable(key): storable(item) for key, item in value.items()}
        case list():
            return [storable(item) for item in value]
    return value


def speakable(text: str) -> str:
    """Without markup and pictures; "" if nothing is left to say. Keys such as `*67` and `12#` stay."""
    text = _LINK.sub(r"\1", text)
    text = _LINE_START.sub("", text)
    text = _TAG.sub(" ", text)
    text = _MARKS.sub("", text)
    text = _EMPHASIS.sub(r"\2", text)
    text = _TORN_EMPHASIS.sub(r"\1", text)
    text = _UNFIT.sub(" ", text)
    text = " ".join(_PICTURES.sub(" ", text).split())
    text = re.sub(r"\s+([.,!?;:])", r"\1", text)
    return text if any(char.isalnum() for char in text) else ""


class Thoughts:
    """Takes out what some models write between `<think>` and `</think>` before they answer."""

    _OPEN, _CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self._held = ""
        self._state = "start"

    def feed(self, text: str) -> str:
        if self._state == "answer":
            return text
        self._held += text
        if self._state == "start":
            begun = self._held.lstrip()
            if begun.startswith(self._OPEN):
                self._state = "thoughts"
            elif self._OPEN.startswith(begun):
                return ""
            else:
                return self._answer(self._held)
        _, closed, answer = self._held.partition(self._CLOSE)
        return self._answer(answer) if closed else ""

    def _answer(self, text: str) -> str:
        self._state, self._held = "answer", ""
        return text
