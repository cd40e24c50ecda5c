"""One speaker: one gRPC stream after another, without a word lost or doubled between them.

How it works: every piece of audio is kept until a final covers it. A stream is replaced past its soft age at the next
final, at its hard age anyway, and when it fails. The old one is half-closed and may still say what it knows; then the
new one is sent all that is kept, so it begins exactly where the finals end.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import msgspec
from google.cloud import speech_v2 as speech

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
from calls.stt.google.audio import KeptAudio, StreamClock
from calls.stt.google.messages import MAX_REQUEST_BYTES, Answer, Spoken, read_answer
from calls.stt.pcm import SAMPLE_BYTES, to_ms

logger = logging.getLogger(__name__)

BACKOFF_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
LAST_WORDS_SECONDS = 3.0  # how long a half-closed stream may still answer
SILENCE_KEPT_SECONDS = 0.5  # where a stream found no speech, the next one begins so much earlier
LONGEST_FILLED_GAP_SECONDS = 1.0
SKIP_SECONDS = 2.0
IDLE_SECONDS = 3.0
SILENCE = {"mulaw": b"\xff", "alaw": b"\xd5", "l16": b"\0\0"}


class Limits(msgspec.Struct, frozen=True):
    soft_age_seconds: float
    hard_age_seconds: float
    keep_seconds: float
    finish_seconds: float


class Stream:
    """The one gRPC stream that is open."""

    def __init__(self, rate: int, first_piece: int) -> None:
        self.opened = time.monotonic()
        self.next_piece = first_piece
        self.clock = StreamClock(rate)
        self.closing = False  # half-closed, or about to be
        self.patience: asyncio.Timeout | None = None

    @property
    def age(self) -> float:
        return time.monotonic() - self.opened


class GoogleTrack:
    def __init__(
        self,
        client: speech.SpeechAsyncClient,
        first: speech.StreamingRecognizeRequest,
        config: TrackConfig,
        on_event: OnEvent,
        limits: Limits,
    ) -> None:
        self._client, self._first, self._on_event, self._limits = client, first, on_event, limits
        self._rate, self._sample_bytes = config.rate, SAMPLE_BYTES[config.encoding]
        self._silence = SILENCE[config.encoding]
        self._kept = KeptAudio(self._sample_bytes, MAX_REQUEST_BYTES)
        self._stream: Stream | None = None
        self._wake = asyncio.Event()
        self._final_until = self._speech_from = self._lost_until = 0  # positions
        self._in_speech = self._finishing = self._closed = False
        self._fed_at = time.monotonic()
        self.task = asyncio.create_task(self._run())

    # audio in

    def feed(self, position: int, audio: bytes) -> None:
        if self._closed or self._finishing:
            return
        self._fed_at = time.monotonic()
        audio = audio[: len(audio) - len(audio) % self._sample_bytes]
        gap = position - self._kept.end
        if gap < 0:
            audio = audio[-gap * self._sample_bytes :]
        elif gap and self._kept.newest:
            self._kept.add(self._kept.end, self._silence * min(gap, round(LONGEST_FILLED_GAP_SECONDS * self._rate)))
        if audio:
            self._kept.add(max(position, position - gap if gap < 0 else position), audio)
        if len(self._kept) > self._limits.keep_seconds * self._rate:
            self._drop_oldest()
        self._wake.set()

    def _drop_oldest(self) -> None:
        """Audio that waits too long for a final is forgotten; what was never sent, is told as skipped."""
        start = self._kept.pieces[0].position
        until = start + round(SKIP_SECONDS * self._rate)
        unsent = self._kept.from_number(self._stream.next_piece) if self._stream else self._kept.pieces[0]
        if unsent is not None and unsent.position < until:
            self._skip(max(start, unsent.position), until)
        else:
            self._lost_until = until
        self._kept.drop_until(until)

    def _skip(self, start: int, end: int) -> None:
        if end > start:
            self._emit(Skipped(to_ms(start, self._rate), to_ms(end, self._rate), "engine_failed"))

    # streams

    async def _run(self) -> None:
        failures = 0
        while not self._closed:
            seen = self._kept.newest
            first = self._kept.pieces[0].number if self._kept.pieces else seen
            stream = self._stream = Stream(self._rate, first)
            try:
                # Google fails a stream that is sent nothing: don't answer that with the same old audio.
                idle = failures and time.monotonic() - self._fed_at > IDLE_SECONDS
                await self._wait_for_audio(seen if idle else first)
                if self._finishing and self._kept.from_number(stream.next_piece) is None:
                    return
                stream.opened = time.monotonic()
                await self._converse(stream)
                failures = 0
                if self._finishing:
                    return
            except Exception as error:  # whatever it is, the call goes on and the next stream may work
                failures = 1 if stream.age > 30 else failures + 1
                logger.warning("Google Cloud Speech: the stream failed: %s: %s", type(error).__name__, str(error)[:300])
                self._stream = None
                if self._in_speech:
                    self._skip(max(self._final_until, self._speech_from), self._lost_until)
                await asyncio.sleep(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1])

    async def _wait_for_audio(self, number: int) -> None:
        while self._kept.from_number(number) is None and not self._finishing:
            self._wake.clear()
            await self._wake.wait()

    async def _converse(self, stream: Stream) -> None:
        """Speaks and listens until the stream is replaced or the track ends."""
        call = await self._client.streaming_recognize(requests=self._requests(stream))
        try:
            async with asyncio.timeout(None) as stream.patience:
                async for response in call:
                    self._take(stream, read_answer(response))
            self._forget_silence(stream)
        except TimeoutError:
            logger.info("Google Cloud Speech: a half-closed stream said no more")
        finally:
            call.cancel()  # type: ignore[attr-defined]  # a grpc.aio call, behind Google's wrapper

    def _forget_silence(self, stream: Stream) -> None:
        """A stream that ended by itself answered all it was sent; what no final covered, was silence."""
        unsent = self._kept.from_number(stream.next_piece)
        sent_until = unsent.position if unsent else self._kept.end
        self._kept.drop_until(sent_until - round(SILENCE_KEPT_SECONDS * self._rate))

    async def _requests(self, stream: Stream) -> AsyncIterator[speech.StreamingRecognizeRequest]:
        """The configuration, then all kept and coming audio. Its end half-closes the stream."""
        yield self._first
        while not stream.closing and stream.age < self._limits.hard_age_seconds:
            if piece := self._kept.from_number(stream.next_piece):
                stream.next_piece = piece.number + 1
                stream.clock.sent(piece.position, len(piece.audio) // self._sample_bytes)
                yield speech.StreamingRecognizeRequest(audio=piece.audio)
                continue
            if self._finishing:
                break
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), self._limits.hard_age_seconds - stream.age)
            except TimeoutError:
                break
        stream.closing = True
        if stream.patience is not None:
            stream.patience.reschedule(asyncio.get_running_loop().time() + LAST_WORDS_SECONDS)

    # events out

    def _take(self, stream: Stream, answer: Answer) -> None:
        if answer.speech_began is not None:
            self._begin_speech(stream.clock.position(answer.speech_began))
        for text, confidence, end, spoken in answer.finals:
            self._final(stream.clock, text, confidence, end, spoken)
            if stream.age >= self._limits.soft_age_seconds:
                stream.closing = True
                self._wake.set()
        if answer.interim:
            self._begin_speech(self._final_until)
            self._emit(Interim(to_ms(self._speech_from, self._rate), answer.interim))

    def _final(
        self, clock: StreamClock, text: str, confidence: float | None, end: float, spoken: tuple[Spoken, ...]
    ) -> None:
        until = clock.position(end)
        if until > self._final_until and text:
            words = tuple(
                Word(word.text, self._ms(clock, word.start), self._ms(clock, word.end), word.confidence)
                for word in spoken
            )
            start = words[0].start_ms if words else to_ms(max(self._speech_from, self._final_until), self._rate)
            self._begin_speech(clock.position(spoken[0].start) if spoken else self._final_until)
            start = max(start, to_ms(self._final_until, self._rate))
            self._emit(Final(start, max(start, to_ms(until, self._rate)), text, confidence, words))
        if self._in_speech:
            self._in_speech = False
            self._emit(SpeechEnded(to_ms(until, self._rate)))
        self._final_until = self._speech_from = max(until, self._final_until)
        self._kept.drop_until(until)

    def _begin_speech(self, position: int) -> None:
        if not self._in_speech:
            self._in_speech = True
            self._speech_from = max(position, self._final_until)
            self._emit(SpeechStarted(to_ms(self._speech_from, self._rate)))

    def _ms(self, clock: StreamClock, seconds: float) -> int:
        return to_ms(clock.position(seconds), self._rate)

    def _emit(self, event: RecognizerEvent) -> None:
        if not self._closed:
            self._on_event(event)

    @property
    def lag_ms(self) -> int:
        """Google doesn't say how far it is: this is audio that it wasn't sent yet."""
        if self._closed:
            return 0
        unsent = self._kept.from_number(self._stream.next_piece if self._stream else 0)
        return to_ms(self._kept.end - unsent.position, self._rate) if unsent else 0

    # the end

    async def finish(self) -> None:
        self._finishing = True
        self._wake.set()
        done, _ = await asyncio.wait({self.task}, timeout=self._limits.finish_seconds)
        if not done and (unsent := self._kept.from_number(self._stream.next_piece if self._stream else 0)):
            self._skip(unsent.position, self._kept.end)
        if self._in_speech:
            self._in_speech = False
            self._emit(SpeechEnded(to_ms(self._kept.end, self._rate)))
        self.close()

    def close(self) -> None:
        self._closed = True
        self.task.cancel()
