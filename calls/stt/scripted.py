"""An engine that listens to nothing: it gives a fixed text at the pace of the audio. For tests and load runs.

Everything follows from audio positions; there is no clock and no task, so that hundreds of tracks cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from calls.stt.base import (
    Capabilities,
    Final,
    Interim,
    OnEvent,
    RecognizerEvent,
    RecognizerTrack,
    SpeechEnded,
    SpeechStarted,
    TrackConfig,
    Word,
    check_format,
)
from calls.stt.capabilities import SCRIPTED
from calls.stt.pcm import SAMPLE_BYTES, to_ms

CONFIDENCE = 0.9


class ScriptedUtterance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    start_ms: int
    end_ms: int
    text: str


DEFAULT_TEXTS = (
    "thank you for calling how can i help you",
    "i would like to change my order please",
    "one moment while i look that up",
    "that is all i need thank you very much",
)


class ScriptedOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`script`: what every track says, in order of time. Without one, a sentence each `period_ms`, without end.

    A final comes `delay_ms` of audio after its speech ended.
    """

    script: tuple[ScriptedUtterance, ...] = ()
    period_ms: int = 4000
    delay_ms: int = 300


def _endless(period_ms: int) -> Iterator[ScriptedUtterance]:
    start, turn = 200, 0
    while True:
        yield ScriptedUtterance(start, start + period_ms * 6 // 10, DEFAULT_TEXTS[turn % len(DEFAULT_TEXTS)])
        start, turn = start + period_ms, turn + 1


def _events(utterance: ScriptedUtterance, delay_ms: int) -> Iterator[tuple[int, RecognizerEvent]]:
    """Each event behind the position, in ms, that sets it off: one interim a word, the words evenly spread."""
    texts = utterance.text.split()
    length = utterance.end_ms - utterance.start_ms
    bounds = [utterance.start_ms + length * i // max(1, len(texts)) for i in range(len(texts) + 1)]
    words = tuple(Word(t, bounds[i], bounds[i + 1], CONFIDENCE) for i, t in enumerate(texts))
    yield utterance.start_ms, SpeechStarted(utterance.start_ms)
    for count in range(1, len(texts)):
        yield bounds[count], Interim(utterance.start_ms, " ".join(texts[:count]))
    if texts:
        final = Final(utterance.start_ms, utterance.end_ms, " ".join(texts), CONFIDENCE, words)
        yield utterance.end_ms + delay_ms, final
    yield utterance.end_ms + delay_ms, SpeechEnded(utterance.end_ms)


class ScriptedTrack:
    def __init__(self, options: ScriptedOptions, config: TrackConfig, on_event: OnEvent) -> None:
        self._sample_bytes, self._rate = SAMPLE_BYTES[config.encoding], config.rate
        self._on_event = on_event
        script = iter(options.script) if options.script else _endless(options.period_ms)
        self._script = (event for utterance in script for event in _events(utterance, options.delay_ms))
        self._next = next(self._script, None)
        self._in_speech = False

    def feed(self, position: int, audio: bytes) -> None:
        heard_ms = to_ms(position + len(audio) // self._sample_bytes, self._rate)
        while self._next is not None and self._next[0] <= heard_ms:
            self._emit()

    def _emit(self) -> None:
        assert self._next is not None
        event = self._next[1]
        self._next = next(self._script, None)
        self._in_speech = not isinstance(event, SpeechEnded) and (self._in_speech or isinstance(event, SpeechStarted))
        self._on_event(event)

    async def finish(self) -> None:
        """What was begun is said to its end."""
        while self._in_speech and self._next is not None:
            self._emit()
        self.close()

    def close(self) -> None:
        self._next = None

    @property
    def lag_ms(self) -> int:
        return 0


class ScriptedRecognizer:
    name = "scripted"
    capabilities: Capabilities = SCRIPTED

    def __init__(self, options: ScriptedOptions) -> None:
        self._options = options

    async def start(self) -> None:
        pass

    def open_track(self, config: TrackConfig, on_event: OnEvent) -> RecognizerTrack:
        check_format(self.capabilities, config)
        return ScriptedTrack(self._options, config, on_event)

    async def close(self) -> None:
        pass
