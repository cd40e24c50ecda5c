"""Speech recognisers behind one interface.

A `Recognizer` is an engine: made once a process, started and closed with it. It gives one `RecognizerTrack` for every
track of every call. All methods run on the event loop and return at once; heavy work goes to worker processes, and
results come back through `on_event`, on the loop.

Times are milliseconds on the track's own timeline: sample 0 of the audio position given to `feed` is time 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec


class Word(msgspec.Struct, frozen=True):
    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None


class SpeechStarted(msgspec.Struct, frozen=True):
    at_ms: int


class SpeechEnded(msgspec.Struct, frozen=True):
    at_ms: int


class Interim(msgspec.Struct, frozen=True):
    """What the speaker seems to be saying now. Replaces the interim before it."""

    start_ms: int
    text: str


class Final(msgspec.Struct, frozen=True):
    """What was said. Never changed again. `confidence` from 0 to 1, None where the engine gives none."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float | None
    words: tuple[Word, ...] = ()


class Skipped(msgspec.Struct, frozen=True):
    """Audio that was not recognised, because the engine could not keep up or failed."""

    start_ms: int
    end_ms: int
    reason: Literal["overload", "engine_failed"]


RecognizerEvent = SpeechStarted | SpeechEnded | Interim | Final | Skipped
OnEvent = Callable[[RecognizerEvent], None]


class Capabilities(msgspec.Struct, frozen=True):
    """What an engine takes and gives, for the UI and for those who feed it."""

    label: str
    encodings: tuple[str, ...]  # of the audio given to `feed`: "mulaw", "alaw", "l16"
    rates: tuple[int, ...]  # Hz
    interims: bool
    network: bool
    cpu_bound: bool
    languages: tuple[str, ...]  # BCP 47; empty: the engine decides
    phrases: bool  # makes use of a profile's phrase list
    note: str = ""  # what an admin should know before choosing it


class TrackConfig(msgspec.Struct, frozen=True):
    encoding: str
    rate: int
    language: str
    phrases: tuple[str, ...]


class RecognizerTrack(Protocol):
    """One speaker. Finals and skipped passages come in the order of the speech; `SpeechEnded` may come before its final."""

    def feed(self, position: int, audio: bytes) -> None:
        """Takes audio that starts at sample `position` (in order; a jump forward is silence). Never blocks, never raises."""

    async def finish(self) -> None:
        """No more audio: returns when every event was delivered, in a bounded time (seconds)."""

    def close(self) -> None:
        """Drops what is under way, now. No event comes afterwards. May be called twice."""

    @property
    def lag_ms(self) -> int:
        """How far recognition is behind the audio that it was given."""


class Recognizer(Protocol):
    name: str
    capabilities: Capabilities

    async def start(self) -> None:
        """Makes ready (worker processes, connections). Idempotent. Raises `RecognizerUnavailable` with what to do."""

    def open_track(self, config: TrackConfig, on_event: OnEvent) -> RecognizerTrack:
        """Raises `RecognizerUnavailable` where the engine doesn't take the track's encoding or rate."""

    async def close(self) -> None:
        """Ends everything the engine started."""


class RecognizerUnavailable(Exception):
    """The engine can't run here; the message says what is missing and how to mend it."""


def check_format(capabilities: Capabilities, config: TrackConfig) -> None:
    if config.encoding not in capabilities.encodings or config.rate not in capabilities.rates:
        raise RecognizerUnavailable(
            f"{capabilities.label} does not take {config.encoding} at {config.rate} Hz; it takes "
            f"{', '.join(capabilities.encodings)} at {' or '.join(str(rate) for rate in capabilities.rates)} Hz."
        )
