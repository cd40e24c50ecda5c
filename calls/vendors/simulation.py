"""The vendor's half of the conversation: what it would send and when, and what it would find wrong. No socket, no clock."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from calls.events import AudioFormat
from calls.vendors.heard import Heard

# The option of those that hear the hub.
ANY_PACE = "Don't judge when the hub's audio comes: on a machine that is busy with other things both clocks slip."

BATCH = 50  # messages sent at once when the simulator is late


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """The request that opens a connection. A 4xx is final with every vendor; a 5xx may be tried again."""

    query: str = ""  # without "?"
    headers: Sequence[tuple[str, str]] = ()
    attempts: int = 1
    wait: float = 0.0  # seconds after the end of the call's stream before this one


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor does at a moment."""

    send: Sequence[str | bytes] = ()
    wake_at: float | None = None  # when to ask again, in seconds after the upgrade; None: after the hub's next message
    end: Literal["", "close", "drop"] = ""  # after `send`: closes the connection in order, or cuts it
    notes: Sequence[str] = ()  # for whoever watches: what the hub did
    faults: Sequence[str] = ()  # what the hub left undone


class SimulatedStream(Protocol):
    """One connection as the vendor would make it. `manage.py simulate` opens the socket and keeps the time; times are
    seconds after the upgrade."""

    @property
    def label(self) -> str:
        """Names the stream to whoever watches."""

    @property
    def upgrade(self) -> Upgrade: ...

    def poll(self, now: float) -> Step:
        """Asked at the start, at `wake_at` and after every message of the hub."""

    def receive(self, now: float, message: str | bytes) -> str | None:
        """Takes a message from the hub. Returns what the vendor would find wrong with it, if anything."""

    def closed(self, now: float, code: int, reason: str) -> str | None:
        """The hub closed the connection. Returns what is wrong with that, if anything."""


class Timetable:
    """`poll` for a vendor that sends by the clock, whatever the hub says: `(when, message)`, never decreasing."""

    def __init__(self, messages: Iterator[tuple[float, str | bytes]], *, end: Literal["close", "drop"]) -> None:
        self.messages = messages
        self.end = end
        self.next: tuple[float, str | bytes] | None = next(messages, None)

    def poll(self, now: float) -> Step:
        due: list[str | bytes] = []
        while self.next is not None and self.next[0] <= now and len(due) < BATCH:
            due.append(self.next[1])
            self.next = next(self.messages, None)
        if self.next is None:
            return Step(send=due, end=self.end)
        return Step(send=due, wake_at=self.next[0])


class SimulatedCall(msgspec.Struct, frozen=True):
    """Streams of one call, one after the other."""

    streams: Sequence[SimulatedStream]
    heard: Heard | None = None  # of vendors that play what the hub sends


def _nothing(options: Mapping[str, object]) -> Sequence[str]:
    return ()


class Simulator(msgspec.Struct, frozen=True, kw_only=True):
    path: str  # of the default URL; `{slug}` and its like stand for options
    audio: Callable[[argparse.Namespace], AudioFormat]  # of the two tracks that `make_calls` is given
    silent: bool  # without `--audio` it sends silence; else the samples that come with the hub
    hears: bool = False  # its calls have `heard`
    add_arguments: Callable[[argparse.ArgumentParser], None]
    # The arguments that make it stream as a profile with these options, all of them, expects.
    from_options: Callable[[Mapping[str, object]], Sequence[str]] = _nothing
    call_id_argument: str = "--call-id"
    preflight: Sequence[str] = ()  # arguments of a connection that only asks whether somebody is there
    # (options, agent's audio, customer's audio, now); raises ValueError where the options contradict each other. A vendor
    # that streams the customer's side only leaves the agent's out.
    make_calls: Callable[[argparse.Namespace, bytes, bytes, datetime.datetime], Sequence[SimulatedCall]]


def count(text: str) -> int:
    """The type of an argument that counts something."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
