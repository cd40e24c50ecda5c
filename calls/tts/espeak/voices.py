"""Which of espeak-ng's voices is meant by a language and a name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

# What callers from there expect, where espeak-ng has no voice for the region and its general one is from elsewhere.
REGIONS = {
    **{
        f"es-{country}": "es-419"
        for country in ("us", "ar", "cl", "co", "cr", "do", "ec", "gt", "pe", "pr", "uy", "ve")
    },
    "en-ca": "en-us",
    "zh-hk": "yue",
    "zh-mo": "yue",
}


class Listed(NamedTuple):
    """A voice as espeak-ng lists it. `languages`: tags in lower case, with a rank; the lowest suits the tag best."""

    name: str  # "English (America)"
    identifier: str  # "gmw/en-US"; of a variant: "!v/f3"
    languages: tuple[tuple[str, int], ...]


class UnknownVoice(Exception):
    """The message tells what to say instead."""


class Voices:
    def __init__(self, voices: Iterable[Listed], variants: Iterable[Listed]) -> None:
        self._by_name: dict[str, str] = {}
        self._by_language: dict[str, tuple[int, str]] = {}
        for voice in voices:
            for name in (voice.name, voice.identifier, voice.identifier.rpartition("/")[2]):
                self._by_name.setdefault(name.strip().lower(), voice.identifier)
            for tag, rank in voice.languages:
                if tag not in self._by_language or rank < self._by_language[tag][0]:
                    self._by_language[tag] = rank, voice.identifier
        self._variants: dict[str, str] = {}
        for variant in variants:
            file = variant.identifier.rpartition("/")[2]
            self._variants |= {variant.name.lower(): file, file.lower(): file}

    def find(self, language: str, name: str) -> str:
        """What espeak-ng is to be told. `name`: a voice ("en-us"), a variant of whatever the language's voice is
        ("f3"), both ("en-us+f3"), or nothing. Raises `UnknownVoice`."""
        voice, plus, variant = name.lower().partition("+")
        if not plus and voice in self._variants:
            voice, variant = "", voice
        if variant and variant not in self._variants:
            raise UnknownVoice(f"espeak-ng has no variant {variant!r}; it has: {', '.join(sorted(self._variants))}.")
        identifier = self._named(voice) if voice else self._for(language)
        return f"{identifier}+{self._variants[variant]}" if variant else identifier

    def _named(self, name: str) -> str:
        if name in self._by_name:
            return self._by_name[name]
        if name in self._by_language:
            return self._by_language[name][1]
        raise UnknownVoice(
            f"espeak-ng has no voice {name!r}. Name a voice such as en-us, a variant such as f3, or both."
        )

    def _for(self, language: str) -> str:
        tag = language.lower().replace("_", "-")
        tag = REGIONS.get(tag, tag)
        while tag:
            if tag in self._by_language:
                return self._by_language[tag][1]
            tag = tag.rpartition("-")[0]
        raise UnknownVoice(
            f"espeak-ng does not speak the language {language!r}. Languages are named as in BCP 47: en-US, de, pt-BR."
        )
