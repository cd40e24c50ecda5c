"""What a vendor's protocol says happened: small frozen types that carry no I/O, no database and no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    extra: Mapping[str, str] = {}  # what else it told, by its own names: kept with the stream, for people

    def over(self, other: CallInfo) -> CallInfo:
        """These facts, and `other`'s where this says nothing."""
        facts = {f: getattr(self, f) or getattr(other, f) for f in self.__struct_fields__}
        return CallInfo(**facts | {"extra": {**other.extra, **self.extra}})


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
    """The vendor said that the stream is over, or (not `final`) a part of it. `detail`: what it told of the end, by its
    own names; it is kept with the stream."""

    detail: Mapping[str, object]
    final: bool


class Unserved(msgspec.Struct, frozen=True):
    """The connection can't become a stream, and the vendor was told why: it is closed. Only before `StreamStarted`."""

    reason: str


class SecretSeen(msgspec.Struct, frozen=True):
    """A secret came inside a message."""

    secret: str


class Ignored(msgspec.Struct, frozen=True):
    """A message that changes nothing: unknown, malformed or out of place. Counted under `reason`, a short fixed word."""

    reason: str


class Send(msgspec.Struct, frozen=True):
    """An answer that the vendor waits for. It goes out at once, before anything that follows from later events."""

    message: str | bytes


class Ready(msgspec.Struct, frozen=True):
    """Whoever answers the call may begin to speak. May come again (a resumed call); the answer must not start anew."""


class Resumed(msgspec.Struct, frozen=True):
    """The vendor goes on with a call over a new connection and takes for granted that we know it. `go_on` wants
    `CallInfo.extra` of the call's last stream, empty where there is none, and returns what follows."""

    info: CallInfo
    go_on: Callable[[Mapping[str, str]], Sequence[Event]]


class Dtmf(msgspec.Struct, frozen=True):
    """The caller pressed keys: one or more of `0-9*#A-D`."""

    digits: str


class TextHeard(msgspec.Struct, frozen=True):
    """The vendor recognised speech itself. Interims are replaced by the next of their kind."""

    text: str
    final: bool
    confidence: float | None = None


class NoInput(msgspec.Struct, frozen=True):
    """The vendor's own timer says that the caller kept silent."""


class CommandOutcome(msgspec.Struct, frozen=True):
    """The vendor showed what became of a command: of the oldest of this type that has no outcome yet."""

    type: str
    ok: bool
    detail: str = ""


class TrackPaused(msgspec.Struct, frozen=True):
    """The vendor stopped sending a track for a while: what comes next starts where it arrives."""

    track: TrackName


class Warned(msgspec.Struct, frozen=True):
    """Something that an admin should know of the stream. `code` is short and fixed; each code is kept once."""

    code: str
    detail: str


Event = (
    StreamStarted
    | AudioFrame
    | StreamStopped
    | Unserved
    | SecretSeen
    | Ignored
    | Send
    | Ready
    | Resumed
    | Dtmf
    | TextHeard
    | NoInput
    | CommandOutcome
    | TrackPaused
    | Warned
)


class Speech(msgspec.Struct, frozen=True):
    """What the hub's recogniser hears of the caller, for vendors that want to know and for bots. Times are milliseconds
    on the stream's timeline."""

    kind: Literal["started", "stopped", "interim", "final"]
    at_ms: int
    text: str = ""
    confidence: float | None = None
