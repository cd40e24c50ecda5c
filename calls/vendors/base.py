"""What a vendor's folder provides. A protocol object does no I/O: messages in -> events out.

It never raises for bad input: whatever the wire brings becomes `Ignored(reason)`, which the session counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from calls.events import CallInfo, Event
from calls.vendors.simulation import Simulator

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


class VendorInfo(msgspec.Struct, frozen=True):
    """The vendor as data, and its factories."""

    name: str
    label: str
    capabilities: Mapping[str, Capability]  # by command: all of `COMMANDS`, and the vendor's own
    read_handshake: Callable[[bytes, Sequence[tuple[bytes, bytes]]], Handshake]  # ASGI's query string and headers
    protocol: Callable[[], VendorProtocol]
    simulator: Simulator
