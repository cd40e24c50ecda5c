"""One speaker: audio in, utterances to the workers, events out in the order of the speech."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

import msgspec

from calls.stt.base import (
    Final,
    Interim,
    OnEvent,
    RecognizerEvent,
    Skipped,
    SpeechEnded,
    SpeechStarted,
    TrackConfig,
    Word,
)
from calls.stt.pcm import SAMPLE_BYTES, to_l16, to_ms
from calls.stt.pocketsphinx.endpointer import Endpointer, SpeechBegins, SpeechEnds, SpeechGoesOn
from calls.stt.pocketsphinx.level import Level
from calls.stt.pocketsphinx.pool import Utterance, WorkerPool
from calls.stt.pocketsphinx.wire import Ended, Heard, Progress

LONGEST_FILLED_GAP_MS = 1000  # a longer jump ends the utterance; a shorter one is silence inside it
IDLE_SECONDS = 1.5  # no audio at all for so long ends the utterance
SKIP_REPORT_MS = 2000  # a long skipped passage is told in pieces of this length, and each time may be the last


class Limits(msgspec.Struct, frozen=True):
    track_backlog_seconds: float
    total_backlog_seconds: float
    finish_seconds: float


class Passage:
    """A stretch of speech in its place among the others: an utterance at work, or one that was skipped."""

    __slots__ = ("done", "events", "failed", "heard_until", "start", "stop", "utterance")

    def __init__(self, start: int) -> None:
        self.start = self.stop = start  # samples of the track
        self.heard_until = start
        self.utterance: Utterance | None = None
        self.failed = False
        self.done = False
        self.events: list[RecognizerEvent] = []  # kept back until the passages before are done


class PocketsphinxTrack:
    def __init__(
        self,
        config: TrackConfig,
        on_event: OnEvent,
        pool: WorkerPool,
        limits: Limits,
        on_close: Callable[[PocketsphinxTrack], None],
    ) -> None:
        self._encoding, self._rate = config.encoding, config.rate
        self._sample_bytes = SAMPLE_BYTES[config.encoding]
        self._on_event, self._pool, self._limits, self._on_close = on_event, pool, limits, on_close
        self._endpointer = Endpointer(config.rate)
        self._level = Level()
        self._speaker = pool.new_speaker()
        self._key = pool.phrase_key(config.phrases)
        self._passages: deque[Passage] = deque()
        self._current: Passage | None = None
        self._last_final_ms = 0
        self._fed_at = time.monotonic()
        self._empty = asyncio.Event()
        self._closed = False

    # audio in

    def feed(self, position: int, audio: bytes) -> None:
        if self._closed:
            return
        self._fed_at = time.monotonic()
        pcm = to_l16(self._encoding, audio)
        gap = position - self._endpointer.position
        if gap < 0:
            pcm = pcm[-gap * 2 :]
        elif gap:
            longest = self._rate * LONGEST_FILLED_GAP_MS // 1000
            self._listen(bytes(2 * min(gap, longest)))
            if gap > longest:
                self._end_speech()
                self._endpointer.restart(position)
        self._listen(pcm)

    def _listen(self, pcm: bytes) -> None:
        for found in self._endpointer.feed(pcm):
            match found:
                case SpeechBegins():
                    self._emit(SpeechStarted(to_ms(found.at, self._rate)))
                    self._level.begin(found.pcm)
                    self._begin(found.start)
                    self._speech(found.pcm)
                case SpeechGoesOn():
                    self._speech(found.pcm)
                case SpeechEnds():
                    self._stop()
                    self._emit(SpeechEnded(to_ms(found.at, self._rate)))

    def _end_speech(self) -> None:
        if self._endpointer.in_speech:
            at = self._endpointer.end().at
            self._stop()
            self._emit(SpeechEnded(to_ms(at, self._rate)))

    def check_idle(self) -> None:
        """A stream that falls silent without sending silence must not keep its last words back."""
        if self._endpointer.in_speech and time.monotonic() - self._fed_at > IDLE_SECONDS:
            self._end_speech()

    # passages

    def _begin(self, start: int) -> None:
        passage = self._current = Passage(start)
        self._passages.append(passage)
        self._empty.clear()
        room = self._pool.backlog_seconds <= self._limits.total_backlog_seconds
        if room and self._backlog() <= self._limits.track_backlog_seconds * self._rate / 2:
            passage.utterance = self._pool.begin(
                self._speaker, self._rate, self._key, lambda message: self._hear(passage, message)
            )
            passage.failed = passage.utterance is None

    def _speech(self, pcm: bytes) -> None:
        passage = self._current
        assert passage is not None
        start = passage.stop
        passage.stop += len(pcm) // 2
        if passage.utterance is not None and not passage.failed:
            if self._backlog() <= self._limits.track_backlog_seconds * self._rate:
                passage.utterance.audio(self._level.apply(pcm))
                return
            passage.stop = start
            self._stop()
            self._current = passage = Passage(start)
            passage.stop += len(pcm) // 2
            self._passages.append(passage)
        if passage.stop - passage.start >= self._rate * SKIP_REPORT_MS // 1000:
            stop = passage.stop
            self._stop()
            self._begin(stop)

    def _stop(self) -> None:
        passage, self._current = self._current, None
        if passage is None:
            return
        if passage.utterance is not None and not passage.failed:
            passage.utterance.end()
        else:
            self._give_up(passage)
        self._deliver()

    def _give_up(self, passage: Passage) -> None:
        """The passage's audio that gave no text yet is skipped."""
        if not passage.done and passage.stop > passage.heard_until:
            reason: Literal["overload", "engine_failed"] = "engine_failed" if passage.failed else "overload"
            skipped = Skipped(to_ms(passage.heard_until, self._rate), to_ms(passage.stop, self._rate), reason)
            passage.events.append(skipped)
        passage.done = True

    def _backlog(self) -> int:
        return sum(p.utterance.backlog for p in self._passages if p.utterance is not None and not p.failed)

    # events out

    def _hear(self, passage: Passage, message: Progress | Heard | Ended) -> None:
        if self._closed:
            return
        base = to_ms(passage.start, self._rate)
        match message:
            case Progress():
                if message.text and self._passages[0] is passage:
                    self._emit(Interim(base + message.start_ms, message.text))
            case Heard():
                words = tuple(Word(w.text, base + w.start_ms, base + w.end_ms, w.confidence) for w in message.words)
                start = max(words[0].start_ms, self._last_final_ms)
                self._last_final_ms = max(words[-1].end_ms, start)
                text = " ".join(word.text for word in words)
                passage.events.append(Final(start, self._last_final_ms, text, message.confidence, words))
                passage.heard_until = passage.start + message.words[-1].end_ms * self._rate // 1000
            case Ended(failed=True):
                passage.failed = True
                if self._current is not passage:
                    self._give_up(passage)
                else:
                    self._resume_elsewhere(passage)
            case Ended():
                passage.done = True
        self._deliver()

    def _resume_elsewhere(self, passage: Passage) -> None:
        self._give_up(passage)
        self._begin(passage.stop)

    def _deliver(self) -> None:
        while self._passages:
            head = self._passages[0]
            events, head.events = head.events, []
            for event in events:
                self._emit(event)
            if not head.done:
                return
            self._passages.popleft()
        self._empty.set()

    def _emit(self, event: RecognizerEvent) -> None:
        if not self._closed:
            self._on_event(event)

    @property
    def lag_ms(self) -> int:
        first = next((p for p in self._passages if not p.done and p.utterance is not None), None)
        if first is None or first.utterance is None:
            return 0
        return max(0, to_ms(self._endpointer.position - first.start - first.utterance.acked, self._rate))

    # the end

    async def finish(self) -> None:
        if self._closed:
            return
        self._end_speech()
        self._deliver()
        try:
            await asyncio.wait_for(self._empty.wait(), self._limits.finish_seconds)
        except TimeoutError:
            for passage in list(self._passages):
                if passage.utterance is not None and not passage.done:
                    passage.utterance.drop()
                    self._give_up(passage)
            self._deliver()
        self.close()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for passage in self._passages:
            if passage.utterance is not None and not passage.done:
                passage.utterance.drop()
        self._speaker.move_to(None)
        self._passages.clear()
        self._empty.set()
        self._on_close(self)
