"""What a simulated Ringover makes of the hub's messages: whether they are as documented, and what the caller hears."""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from calls.events import AudioFormat
from calls.vendors.heard import Heard
from calls.vendors.wav import read_wav

TYPES = ("raw", "mp3", "wav", "ogg")
RATES = (8000, 16000, 24000)  # Hz
MAX_AHEAD = 1.0  # seconds of audio that may wait to be heard
IDLE = 0.5  # seconds of silence after which it is another turn
JITTER = 0.03  # seconds of silence that nobody hears
SMALL = 0.15  # seconds of audio that are too few for a message: each costs a gap of about 0.1 s


class Wrong(Exception):
    """The message isn't as documented."""


class Message(msgspec.Struct, frozen=True):
    """`kind` is `audio` or the event's name; `value` its audio, file, digits or number."""

    kind: str
    value: Any = None
    rate: int = 0


def read_message(message: str | bytes) -> Message:
    """Raises `Wrong`."""
    if isinstance(message, bytes):
        raise Wrong(f"a binary message of {len(message)} bytes: Ringover takes text only")
    try:
        fields = json.loads(message, object_pairs_hook=_unique, parse_constant=_no_constant)
    except ValueError as error:
        raise Wrong(f"no JSON ({error}): {message[:80]!r}") from None
    if not isinstance(fields, dict):
        raise Wrong(f"JSON, but no object: {message[:80]!r}")
    if "type" in fields:
        _expect_keys(fields, "type", "data")
        if fields["type"] != "streamAudio":
            raise Wrong(f"an unknown type: {fields['type']!r}")
        return _read_audio(fields["data"])
    match fields.get("event"):
        case "break":
            _expect_keys(fields, "event")
            return Message("break")
        case "play":
            _expect_keys(fields, "event", "file")
            return Message("play", _read_url(fields["file"]))
        case "digits":
            _expect_keys(fields, "event", "data")
            return Message("digits", _read_digits(fields["data"], "[0-9*#]+"))
        case "transfer":
            _expect_keys(fields, "event", "data")
            return Message("transfer", _read_digits(fields["data"], "[1-9][0-9]{2,14}"))
        case other:
            raise Wrong(f"an unknown event: {other!r}")


def _read_audio(data: object) -> Message:
    if not isinstance(data, dict):
        raise Wrong("streamAudio whose data is no object")
    _expect_keys(data, "audioDataType", "sampleRate", "audioData")
    kind, rate, text = data["audioDataType"], data["sampleRate"], data["audioData"]
    if kind not in TYPES:
        raise Wrong(f"streamAudio with audioDataType {kind!r}")
    if type(rate) is not int or rate not in RATES:
        raise Wrong(f"streamAudio with sampleRate {rate!r}: it must be the number {', '.join(map(str, RATES))}")
    try:
        audio = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError as error:
        raise Wrong(f"streamAudio with audioData that is no padded base64 ({error})") from None
    if not audio:
        raise Wrong("streamAudio without audio")
    match kind:
        case "raw":
            if len(audio) % 2:
                raise Wrong(f"streamAudio with half a sample: {len(audio)} bytes")
            return Message("audio", audio, rate)
        case "wav":
            return Message("audio", _read_wav(audio, rate), rate)
        case _:  # compressed: nobody here can hear it
            return Message("audio", b"", rate)


def _read_wav(audio: bytes, rate: int) -> bytes:
    try:
        pcm = read_wav(audio, "streamAudio's audio", AudioFormat("l16", rate))
    except ValueError as error:
        raise Wrong(str(error)) from None
    if struct.unpack_from("<I", audio, 24) != (rate,):
        raise Wrong(f"streamAudio with a WAV file of another rate than sampleRate {rate}")
    return pcm


def _read_url(file: object) -> str:
    if not isinstance(file, str) or urlsplit(file).scheme not in ("http", "https"):
        raise Wrong(f"play of {file!r}, which is no URL")
    return file


def _read_digits(data: object, pattern: str) -> str:
    """A number, or a string where the profile says so."""
    if isinstance(data, int | str) and not isinstance(data, bool) and re.fullmatch(pattern, str(data)):
        return str(data)
    raise Wrong(f"data {data!r} where digits are expected")


def _expect_keys(fields: Mapping[str, object], *names: str) -> None:
    if set(fields) != set(names):
        raise Wrong(f"the keys {', '.join(sorted(fields))} where {', '.join(names)} are documented")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key that comes twice")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


class Ear:
    """The caller's end: what is heard, and whether it came at the right pace. Times are seconds since the call's first
    upgrade."""

    def __init__(self, heard: Heard, *, paced: bool = True) -> None:
        self.heard, self.paced = heard, paced
        self.lengths: list[float] = []  # of the turn's messages, in seconds
        self.found: set[str] = set()  # each kind of fault is told once

    @property
    def speaking(self) -> bool:
        return bool(self.lengths)

    def play(self, now: float, pcm: bytes, rate: int) -> str | None:
        if not pcm:
            return None
        dry = now - self.heard.end
        length = len(pcm) / 2 / rate
        fault = None
        # A turn's last message is shorter than the others: after two of one length, more was to come.
        if self.paced and self.lengths[-2:-1] == self.lengths[-1:] != [] and JITTER < dry < IDLE:
            fault = self.tell("dry", f"audio ran dry for {dry * 1000:.0f} ms in the middle of a turn")
        if dry > JITTER:
            self.lengths.clear()
        self.lengths.append(length)
        if len(self.lengths) > 2 and max(self.lengths[-3:]) < SMALL:
            fault = self.tell("small", f"audio in pieces of {length * 1000:.0f} ms: each costs a gap")
        self.heard.play(now, pcm, rate)
        ahead = self.heard.end - now
        if self.paced and ahead > MAX_AHEAD:
            fault = self.tell("ahead", f"audio {ahead:.1f} s ahead of what the caller hears")
        return fault

    def flush(self, now: float) -> None:
        self.heard.flush(now)
        self.lengths.clear()

    def tell(self, kind: str, text: str) -> str | None:
        if kind in self.found:
            return None
        self.found.add(kind)
        return text
