"""RingCX "AgentSession" 1.0.0 over WebSocket: `Connected`, `Start`, many `Media`, one `Stop` for each perspective.

How this works: a call sends 100 `Media` a second, so one that is spelled as documented is decoded in a single step by
msgspec (parse, checks and base64 together). Everything else, a handful of messages a stream, is read tolerantly, see
`tolerant.py`, and what is beyond repair becomes `Ignored`.

Which messages count:

    before the first Stop   all; `Media` needs no `Start`
    after the first Stop    all: `Stop` names no perspective, so the other one may well be streaming on
    after the second Stop   none ("after_stop"): there are two perspectives, and both have ended

A stream of one perspective ends with its first `Stop` and the close of the socket; only the session sees both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from calls.events import AudioFrame, Event, Ignored, SecretSeen, StreamStopped
from calls.vendors.ringcx import tolerant

PERSPECTIVES = 2
MAX_SECRETS = 16  # different ones in one stream; each may cost a comparison

Sequence64 = Annotated[int, msgspec.Meta(ge=-tolerant.MAX_SEQUENCE, le=tolerant.MAX_SEQUENCE)]


class _Media(msgspec.Struct, frozen=True, gc=False):
    event: Literal["Media"]
    perspective: Literal["Participant", "Conference"]
    media: bytes
    sequenceId: Sequence64 | None = None
    # Where a secret may sit. One that is new sends the message the tolerant way.
    secret: str | None = None
    Secret: str | None = None
    metadata: msgspec.Raw | None = None


_decode_media = msgspec.json.Decoder(_Media, strict=False).decode
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_decode_any = msgspec.json.Decoder().decode


def _decode_with_commas(text: str) -> object:
    """RingCentral's documented `Start` has a comma before a closing brace, so such commas are forgiven."""
    try:
        return _decode_any(text)
    except (msgspec.DecodeError, ValueError):
        if not _TRAILING_COMMA.search(text):
            raise
        return _decode_any(_TRAILING_COMMA.sub("", text))


class RingCXProtocol:
    """One WebSocket of RingCX: one agent session of one call."""

    def __init__(self) -> None:
        self._stops = 0
        self._secrets: set[str | None] = {None}

    def receive_text(self, text: str) -> Sequence[Event]:
        try:
            message = _decode_media(text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return self._receive_unusual(text)
        if (
            not message.media
            or self._stops == PERSPECTIVES
            or message.secret not in self._secrets
            or message.Secret not in self._secrets
            or message.metadata is not None
        ):
            return self._receive_unusual(text)
        return (AudioFrame(tolerant.TRACKS[message.perspective], message.sequenceId, message.media),)

    def receive_binary(self, data: bytes) -> Sequence[Event]:
        return (Ignored("binary_frame"),)

    def _receive_unusual(self, text: str) -> Sequence[Event]:
        try:
            message = tolerant.read_message(_decode_with_commas(text))
        except (msgspec.DecodeError, ValueError, RecursionError):
            return (Ignored("bad_json"),)
        if message is None:
            return (Ignored("not_an_object"),)
        if self._stops == PERSPECTIVES:
            return (Ignored("after_stop"),)
        return [*self._new_secrets(message), *self._handle(message)]

    def _handle(self, message: tolerant.Message) -> Sequence[Event]:
        match message.event:
            case "media":
                return tolerant.read_media(message)
            case "start":
                return tolerant.read_start(message)
            case "stop":
                self._stops += 1
                return (StreamStopped(tolerant.read_stop(message), final=self._stops == PERSPECTIVES),)
            case "connected":
                return tolerant.read_connected(message)
            case _:
                return (Ignored("unknown_event"),)

    def _new_secrets(self, message: tolerant.Message) -> Sequence[Event]:
        """Each secret once, however many messages carry it, and before the message's own events."""
        seen = []
        for secret in message.secrets:
            if secret not in self._secrets and len(self._secrets) <= MAX_SECRETS:
                self._secrets.add(secret)
                seen.append(SecretSeen(secret))
        return seen
