"""Text as cues are looked for in it: lower case, no punctuation, contractions in full."""

from __future__ import annotations

import re
from functools import lru_cache

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'"})
_BARE = {  # as some recognisers write them
    "im": "i am",
    "ive": "i have",
    "dont": "do not",
    "didnt": "did not",
    "doesnt": "does not",
    "cant": "can not",
    "cannot": "can not",
    "couldnt": "could not",
    "wont": "will not",
    "isnt": "is not",
    "havent": "have not",
    "hasnt": "has not",
    "gonna": "going to",
    "wanna": "want to",
}
_CONTRACTED = (
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\b(ca|sha)n't\b"), r"\1n not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"\b(\w+)'d (better|been)\b"), r"\1 had \2"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"\b(it|that|there|what|who|where|how|he|she|here|when|nobody|everything)'s\b"), r"\1 is"),
)
_ELIDED = re.compile(r"(\w)'(?=\w)")
_OTHER = re.compile(r"[^\w'’? ]+")


_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])(?<!\b[DM]r\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bSt\.)(?<!\bNo\.)\s+")
_FEW = 3  # words: what is shorter belongs to what follows


def sentences(text: str) -> list[str]:
    """Of a text with punctuation; else all of it."""
    found = [""]
    for piece in _SENTENCE_END.split(text.strip()):
        if found[-1] and len(found[-1].split()) >= _FEW:
            found.append("")
        found[-1] = f"{found[-1]} {piece}".strip()
    return found


def shortened(text: str, limit: int) -> str:
    """At most so many characters, cut between words where there are spaces."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rpartition(" ")[0] or head) + "…"


@lru_cache(maxsize=4096)
def plain(text: str, language: str) -> str:
    """A question mark stays, as a word of its own."""
    text = _OTHER.sub(" ", text.lower().translate(_APOSTROPHES)).replace("?", " ? ")
    if language == "en":
        for pattern, full in _CONTRACTED:
            text = pattern.sub(full, text)
        text = " ".join(_BARE.get(word, word) for word in text.split())
    elif language == "fr":
        text = _ELIDED.sub(r"\1' ", text)
    return " ".join(text.split())
