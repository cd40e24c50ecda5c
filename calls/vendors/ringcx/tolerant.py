"""Reads RingCX messages that are not spelled as documented, as far as their meaning is plain.

The documentation is one sample a message, and has been wrong before. So names and events count in any case and
punctuation, ids and numbers as string or number, base64 with or without padding and in the URL-safe alphabet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from calls.events import AudioFormat, AudioFrame, Event, Ignored, StreamStarted, TrackName
from calls.vendors.ringcx.metadata import read_call_info, read_secret
from calls.vendors.values import read_base64, read_text, squash

MAX_SEQUENCE = 2**63 - 1
# Participant is the agent; Conference is the caller and every other leg of the call.
TRACKS: dict[str, TrackName] = {
    "Participant": "agent",
    "Conference": "customer",
    "participant": "agent",
    "conference": "customer",
}
# By content type, squashed. Only audio/x-mulaw is documented; another is believed where it says plainly what it is.
_ENCODINGS: dict[str, Literal["mulaw", "alaw", "l16"]] = {
    "": "mulaw",
    "mulaw": "mulaw",
    "ulaw": "mulaw",
    "pcmu": "mulaw",
    "basic": "mulaw",
    "alaw": "alaw",
    "pcma": "alaw",
    "l16": "l16",
}
_RATES = range(8000, 48001)  # Hz


class Message(msgspec.Struct, frozen=True):
    """A JSON object and its `metadata`, names squashed."""

    fields: Mapping[str, object]
    metadata: Mapping[str, object]

    @property
    def event(self) -> str:
        return read_text(self.fields.get("event"), 64).lower()

    @property
    def secrets(self) -> Sequence[str]:
        return [secret for place in (self.fields, self.metadata) if (secret := read_secret(place.get("secret")))]


def read_message(decoded: object) -> Message | None:
    if not isinstance(decoded, dict):
        return None
    fields = {squash(name): value for name, value in decoded.items()}
    inner = fields.get("metadata")
    metadata = {squash(name): value for name, value in inner.items()} if isinstance(inner, dict) else {}
    return Message(fields, metadata)


def read_connected(message: Message) -> Sequence[Event]:
    protocol, version = (read_text(message.fields.get(name), 64) for name in ("protocol", "version"))
    if protocol.lower() in ("", "agentsession") and version.partition(".")[0] in ("", "1"):
        return ()
    return (Ignored("unknown_version"),)  # and carry on: a newer one may well send the same audio


def read_start(message: Message) -> Sequence[Event]:
    """The facts, and what of the audio's format had to be assumed."""
    facts = {**message.fields, **message.metadata}
    assumed: list[Event] = []
    # RingCentral's documentation says contentType, its own Python sample reads audioContentType.
    content_type = read_text(facts.get("contenttype") or facts.get("audiocontenttype"), 200).lower()
    name = squash(content_type.partition(";")[0].removeprefix("audio/").removeprefix("x-"))
    encoding = _ENCODINGS.get(name)
    if encoding is None:
        assumed.append(Ignored("unknown_content_type"))
    rate = _read_integer(facts.get("sampleratehertz", 8000))
    if rate is None or rate not in _RATES:
        assumed.append(Ignored("unknown_sample_rate"))
        rate = 8000
    return [StreamStarted(read_call_info(facts.items()), AudioFormat(encoding or "mulaw", rate)), *assumed]


def read_media(message: Message) -> Sequence[Event]:
    track = TRACKS.get(read_text(message.fields.get("perspective"), 64).lower())
    if track is None:
        return (Ignored("unknown_perspective"),)
    text = message.fields.get("media")
    if text is None or text == "":
        return (Ignored("no_audio"),)
    payload = read_base64(text)
    if not payload:
        return (Ignored("bad_audio"),)
    return (AudioFrame(track, _read_integer(message.fields.get("sequenceid")), payload),)


def read_stop(message: Message) -> dict[str, object]:
    """What it tells of the end: seconds, and the time as RingCX wrote it."""
    facts = {**message.fields, **message.metadata}
    detail: dict[str, object] = {}
    if (duration := _read_number(facts.get("duration"))) is not None:
        detail["duration"] = duration
    if end_time := read_text(facts.get("endtime"), 64):
        detail["endTime"] = end_time
    return detail


def _read_integer(value: object) -> int | None:
    number = _read_number(value)
    return int(number) if number is not None and number == int(number) else None


def _read_number(value: object) -> int | float | None:
    """A number within 64 bits, whether it came as number or string."""
    if isinstance(value, str):
        try:
            value = int(value) if value.strip().lstrip("+-").isdigit() else float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= MAX_SEQUENCE else None  # NaN compares false
