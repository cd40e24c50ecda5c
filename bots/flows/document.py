"""A menu as the machine follows it: made by `reading`, complete, with every default filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from bots.flows.words import Words, words_of

FALLBACK, HANGUP, REPEAT = "fallback", "hangup", "repeat"
# Where an arrow may lead besides to a node.
RESERVED = {
    FALLBACK: "transfers to the profile's fallback number, or says goodbye where there is none",
    HANGUP: "hangs up",
    REPEAT: "says the node again",
}
KNOWN_VALUES = ("caller", "called", "fallback", "digits")  # that no node saves
KEYS = "0123456789*#"

VALUE = re.compile(r"\{([^{}]*)\}")

Does = Literal["choices", "confirm", "digits", "transfer", "hangup", "go"]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One way out of a node that asks. The first phrase is its name."""

    phrases: tuple[str, ...]
    key: str = ""
    go: str
    line: int

    @property
    def name(self) -> str:
        return self.phrases[0]

    @property
    def label(self) -> str:
        return f"{self.name} ({self.key})" if self.key else self.name


class Digits(msgspec.Struct, frozen=True, kw_only=True):
    """A number that the caller types or says."""

    save: str = "digits"
    min: int = 1
    max: int = 20
    end: str = "#"  # the key that ends it; "": none
    pause: float = 3.0  # seconds without a further key that end it


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """How a node asks, where it does."""

    listen: float = 6.0  # seconds of silence
    retries: int = 2  # how often it asks again
    no_input: str
    no_match: str
    give_up: str = FALLBACK  # where it leads after the retries
    barge_in: bool = True
    speech: bool = True  # False: keys only
    confirm_below: float = 0.0  # asks back where what was heard is less certain; 0: never


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One step: says and plays something, then does one thing."""

    name: str
    line: int
    does: Does
    say: str = ""
    again: str = ""  # said instead when it asks again; "": `say`
    play: str = ""
    language: str
    go: str = ""  # of `go` and `digits`
    choices: tuple[Choice, ...] = ()  # of `choices` and `confirm` (its yes, then its no)
    save: str = ""  # takes the name of the choice
    digits: Digits | None = None
    transfer: str = ""
    asking: Asking

    @property
    def asks(self) -> bool:
        return self.does in ("choices", "confirm", "digits")

    @property
    def words(self) -> Words:
        return words_of(self.language)

    def arrows(self) -> Iterator[tuple[str, str]]:
        """Where it leads to, each with a label."""
        for choice in self.choices:
            yield choice.go, choice.label
        if self.go:
            yield self.go, "entered" if self.does == "digits" else ""
        if self.asks:
            yield self.asking.give_up, "gives up"


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    language: str
    start: str
    nodes: Mapping[str, Node]
    anywhere: tuple[Choice, ...] = ()
    resumed: str

    def choices_at(self, node: Node) -> tuple[Choice, ...]:
        """What can be chosen at a node: its own, and those of `anywhere` that it doesn't define itself."""
        own = {choice.key for choice in node.choices if choice.key}
        if node.digits is not None:
            own.update(KEYS)
        return node.choices + tuple(
            msgspec.structs.replace(choice, key="") if choice.key in own else choice for choice in self.anywhere
        )


def values_in(text: str) -> list[str]:
    """The names in `{…}`."""
    return VALUE.findall(text)
