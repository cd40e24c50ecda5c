"""What a vendor's folder provides. A protocol object does no I/O: messages in -> events out.

It never raises for bad input: whatever the wire brings becomes `Ignored(reason)`, which the session counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from calls.events import CallInfo, Event


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


class VendorInfo(Protocol):
    """The vendor as data, and its two factories."""

    name: str
    label: str
    capabilities: Mapping[str, Capability]

    def read_handshake(self, query_string: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Handshake: ...

    def protocol(self) -> VendorProtocol: ...
