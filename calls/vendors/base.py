"""What a vendor's folder provides. A protocol object does no I/O: messages in -> events out.

It never raises for bad input: whatever the wire brings becomes `Ignored(reason)`, which the session counts.
"""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from calls.events import AudioFormat, CallInfo, Event

# Every vendor says of each of these whether it can do it.
COMMANDS = ("break", "digits", "transfer", "hangup", "say", "play")


class Capability(msgspec.Struct, frozen=True):
    """Whether a vendor can do a command; `reason` says why not and what to use instead."""

    supported: bool
    reason: str = ""


class VendorProtocol(Protocol):
    """One connection's state. Called once a message; the audio path must cost microseconds."""

    def receive_text(self, text: str) -> Sequence[Event]: ...

    def receive_binary(self, data: bytes) -> Sequence[Event]: ...


class Handshake(msgspec.Struct, frozen=True):
    """What the upgrade request told, before any message."""

    info: CallInfo
    secrets: tuple[str, ...]  # every place where a secret may travel, in order of preference


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
    """The vendor's half of the conversation, for tests, demonstrations and load."""

    audio: AudioFormat  # of the two tracks that `make_calls` is given
    add_arguments: Callable[[argparse.ArgumentParser], None]
    # (options, agent's audio, customer's audio, now); raises ValueError where the options contradict each other
    make_calls: Callable[[argparse.Namespace, bytes, bytes, datetime.datetime], Sequence[SimulatedCall]]


class VendorInfo(msgspec.Struct, frozen=True):
    """The vendor as data, and its factories."""

    name: str
    label: str
    capabilities: Mapping[str, Capability]  # by command: all of `COMMANDS`, and the vendor's own
    read_handshake: Callable[[bytes, Sequence[tuple[bytes, bytes]]], Handshake]  # ASGI's query string and headers
    protocol: Callable[[], VendorProtocol]
    simulator: Simulator
