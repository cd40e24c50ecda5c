"""The vendor's half of the conversation: what it would send and when. No socket, no clock."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from calls.events import AudioFormat


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """The request that opens a connection. A 4xx is final with every vendor; a 5xx may be tried again."""

    query: str  # without "?"
    headers: Sequence[tuple[str, str]]
    attempts: int


class SimulatedStream(Protocol):
    """One connection as the vendor would make it. `manage.py simulate` opens the socket and keeps the time."""

    @property
    def label(self) -> str:
        """Names the stream to whoever watches."""

    @property
    def upgrade(self) -> Upgrade: ...

    @property
    def drops(self) -> bool:
        """Whether it ends by cutting the connection instead of closing it."""

    def messages(self) -> Iterator[tuple[float, str | bytes]]:
        """What to send, and when: seconds after the upgrade, never decreasing."""

    def receive(self, message: str | bytes) -> str | None:
        """Takes a message from the hub. Returns what the vendor would find wrong with it, if anything."""


class SimulatedCall(msgspec.Struct, frozen=True):
    """Streams of one call, one after the other."""

    streams: Sequence[SimulatedStream]


class Simulator(msgspec.Struct, frozen=True):
    audio: AudioFormat  # of the two tracks that `make_calls` is given
    add_arguments: Callable[[argparse.ArgumentParser], None]
    # (options, agent's audio, customer's audio, now); raises ValueError where the options contradict each other
    make_calls: Callable[[argparse.Namespace, bytes, bytes, datetime.datetime], Sequence[SimulatedCall]]


def count(text: str) -> int:
    """The type of an argument that counts something."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
