"""Gives each track to the recogniser and turns what it yields into interims and stored segments."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from calls.events import AudioFormat, TrackName
from calls.models import SkippedPassage
from calls.services.transcripts import segment_of
from calls.session.masking import Writer
from calls.session.tones import Tones
from calls.session.track import Run
from calls.stt.base import (
    Final,
    Interim,
    Recognizer,
    RecognizerEvent,
    RecognizerTrack,
    Skipped,
    SpeechEnded,
    SpeechStarted,
    TrackConfig,
)
from calls.stt.converting import open_track
from calls.stt.pcm import SAMPLE_BYTES, to_ms
from calls.transcript_shapes import InterimShape

log = logging.getLogger(__name__)

FINISH_SECONDS = 10.0


class Transcriber:
    """A participant: one recogniser track for each track of the stream, opened when it is first heard."""

    def __init__(
        self,
        *,
        call_id: UUID,
        stream_id: UUID,
        agent_id: str,
        offset_ms: int,
        audio: AudioFormat,
        language: str,
        phrases: Sequence[str],
        recognizer: Recognizer,
        writer: Writer,
        tones: Tones | None = None,
        on_event: Callable[[TrackName, RecognizerEvent], None] | None = None,
    ) -> None:
        self.call_id, self.stream_id, self.agent_id, self.offset_ms = call_id, stream_id, agent_id, offset_ms
        self.config = TrackConfig(encoding=audio.encoding, rate=audio.rate, language=language, phrases=tuple(phrases))
        self.recognizer, self.writer, self.tones, self.on_event = recognizer, writer, tones, on_event
        self.tracks: dict[TrackName, RecognizerTrack] = {}
        self.quiet_since: dict[TrackName, int | None] = {}  # ms; None while somebody speaks
        self.skipped_ms = 0

    def hear(self, track: TrackName, runs: Sequence[Run]) -> None:
        if track == "bot":  # what it says is known; it is not silent meanwhile
            position, audio = runs[-1]
            samples = len(audio) // SAMPLE_BYTES[self.config.encoding]
            self.quiet_since[track] = to_ms(position + samples, self.config.rate)
            return
        if track == "customer" and self.tones is not None and self.tones.sounding:
            return  # a key; to the recogniser, what is left out is silence
        recognizer_track = self.tracks.get(track)
        if recognizer_track is None:
            self.quiet_since[track] = 0
            recognizer_track = open_track(self.recognizer, self.config, self.listener(track))
            self.tracks[track] = recognizer_track
        for position, audio in runs:
            recognizer_track.feed(position, audio)

    def listener(self, track: TrackName) -> Callable[[RecognizerEvent], None]:
        def on_event(event: RecognizerEvent) -> None:
            if self.on_event is not None:
                self.on_event(track, event)
            match event:
                case Interim(start_ms, text):
                    interim = InterimShape(
                        stream_id=self.stream_id, track=track, start_ms=self.offset_ms + start_ms, text=text
                    )
                    self.writer.show(self.call_id, interim)
                case Final():
                    segment = segment_of(
                        event,
                        call_id=self.call_id,
                        stream_id=self.stream_id,
                        track=track,
                        agent_id=self.agent_id,
                        offset_ms=self.offset_ms,
                        language=self.config.language,
                    )
                    self.writer.add(segment)
                case SpeechStarted():
                    self.quiet_since[track] = None
                case SpeechEnded(at_ms):
                    self.quiet_since[track] = at_ms
                case Skipped(start_ms, end_ms, reason):
                    self.skipped_ms += end_ms - start_ms
                    self.writer.add(self.passage(track, event))
                    log.warning(
                        "call %s: %d ms of %s were not recognised (%s)", self.call_id, end_ms - start_ms, track, reason
                    )

        return on_event

    def passage(self, track: TrackName, skipped: Skipped) -> SkippedPassage:
        return SkippedPassage(
            call_id=self.call_id,
            stream_id=self.stream_id,
            track=track,
            start_ms=self.offset_ms + skipped.start_ms,
            end_ms=self.offset_ms + skipped.end_ms,
            reason=skipped.reason,
        )

    def health(self, now_ms: int) -> dict[str, Any]:
        return {
            "recognizerLagMs": max((track.lag_ms for track in self.tracks.values()), default=0),
            "silenceMs": {
                track: 0 if since is None else max(0, now_ms - since) for track, since in self.quiet_since.items()
            },
            "skippedMs": self.skipped_ms,
        }

    async def finish(self) -> None:
        finishing = [asyncio.ensure_future(track.finish()) for track in self.tracks.values()]
        if finishing:
            await asyncio.wait(finishing, timeout=FINISH_SECONDS)
        self.close()

    def close(self) -> None:
        for track in self.tracks.values():
            track.close()
