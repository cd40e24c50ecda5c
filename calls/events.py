"""What a vendor's protocol says happened: small frozen types that carry no I/O, no database and no clock."""

from __future__ import annotations

from typing import Literal

import msgspec

TrackName = Literal["agent", "customer", "bot"]


class AudioFormat(msgspec.Struct, frozen=True):
    """How the bytes of a stream's frames are to be read. `rate` in Hz, one channel."""

    encoding: Literal["mulaw", "alaw", "l16"]
    rate: int


class CallInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor tells of a call. Ids are strings, "" where unknown; `productType` is in upper case."""

    call_id: str = ""
    session_id: str = ""
    from_number: str = ""
    to_number: str = ""
    account_id: str = ""
    sub_account_id: str = ""
    rc_account_id: str = ""
    agent_id: str = ""
    product_type: str = ""
    product_id: str = ""
    direction: str = ""
    secret: str = ""

    def over(self, other: CallInfo) -> CallInfo:
        """These facts, and `other`'s where this says nothing."""
        return CallInfo(**{f: getattr(self, f) or getattr(other, f) for f in self.__struct_fields__})


class StreamStarted(msgspec.Struct, frozen=True):
    """The vendor introduced its stream. May come twice; the newest facts win."""

    info: CallInfo
    audio: AudioFormat


class AudioFrame(msgspec.Struct, frozen=True):
    """One frame of one track. `sequence` is None where the vendor numbers nothing."""

    track: TrackName
    sequence: int | None
    payload: bytes


class StreamStopped(msgspec.Struct, frozen=True):
    """The vendor said that the stream is over; what it told of the end is in `detail`."""

    detail: dict[str, object]


class SecretSeen(msgspec.Struct, frozen=True):
    """A secret came inside a message."""

    secret: str


class Ignored(msgspec.Struct, frozen=True):
    """A message that changes nothing: unknown, malformed or out of place. Counted under `reason`, a short fixed word."""

    reason: str


Event = StreamStarted | AudioFrame | StreamStopped | SecretSeen | Ignored
