"""What a word is, and which words are forms of one. PostgreSQL's side of this is made by a migration: `hub_<algorithm>`
text search configurations, which know the same stems and no stop words ("not interested" is not "interested")."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import snowballstemmer

# Snowball's algorithm by primary language subtag. Others are compared word by word, without stems.
ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
RENAMED = {"dutch": "dutch_porter"}  # by the package; PostgreSQL kept the name

# Letters and digits of any script, with the signs that combine with them.
_COMBINING = "".join(chr(code) for code in range(0x300, 0x1E00) if unicodedata.category(chr(code)).startswith("M"))
_WORD = re.compile(rf"(?:[^\W_]|[{_COMBINING}])+")
_one_at_a_time = threading.Lock()  # a stemmer keeps its word in itself


def search_language(tag: str) -> str:
    """What is stored with a segment of that BCP 47 tag: `en-US` becomes `en`."""
    return tag.partition("-")[0].lower()[:8]


def spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Each word of a text: where it begins, where it ends, and how it is compared before stemming."""
    for found in _WORD.finditer(text):
        yield found.start(), found.end(), found.group().lower()


def words(text: str) -> list[str]:
    return [word for _, _, word in spans(text)]


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    if language not in ALGORITHMS:
        return word
    with _one_at_a_time:
        return str(_stemmer(ALGORITHMS[language]).stemWord(word))


@lru_cache
def _stemmer(algorithm: str) -> Any:
    return snowballstemmer.stemmer(RENAMED.get(algorithm, algorithm))
