"""What a summary is made of, and what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

Kind = Literal["reason", "agreed", "next_steps", "open_questions"]
KINDS: tuple[Kind, ...] = ("reason", "agreed", "next_steps", "open_questions")


class Line(msgspec.Struct, frozen=True):
    """A segment of the transcript. `start_ms` lies on the call's timeline."""

    id: str
    track: str
    start_ms: int
    text: str

    @property
    def by_customer(self) -> bool:
        return self.track == "customer"


class Item(msgspec.Struct, frozen=True):
    """One thing worth keeping, and the line that it was said in. `question`: what the line is the answer to, where it
    says little without."""

    text: str
    line: Line
    question: str = ""


class Summary(msgspec.Struct, frozen=True):
    reason: tuple[Item, ...] = ()
    agreed: tuple[Item, ...] = ()
    next_steps: tuple[Item, ...] = ()
    open_questions: tuple[Item, ...] = ()

    def items(self) -> Iterator[tuple[Kind, Item]]:
        for kind in KINDS:
            for item in getattr(self, kind):
                yield kind, item
