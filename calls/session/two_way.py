"""The half of a session that speaks: what is played, who answers, and what the platform itself hears.

A `TwoWay` exists for streams whose protocol takes audio. It is the `Line` of the bot that answers, and what a
supervisor's `say` and `break` act on. It belongs to its session and to the event loop.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError

from calls.audio.convert import Converter, convert
from calls.commands import Command
from calls.events import AudioFormat, CallInfo, Dtmf, Event, NoInput, Ready, Speech, TextHeard, TrackName
from calls.models import Segment, StreamingProfile
from calls.search.words import search_language
from calls.services import commands as command_service
from calls.session.participants import Answer, CommandRejected, hooks
from calls.session.playout import Playout, Spoken
from calls.session.tones import Tones
from calls.session.track import Run
from calls.stt.base import Final, Interim, RecognizerEvent, SpeechEnded, SpeechStarted
from calls.transcript_shapes import InterimShape
from calls.tts.base import SynthesisFailed, Voice
from calls.tts.speech import speak_as
from calls.vendors.base import PlayoutTiming, TwoWayProtocol

if TYPE_CHECKING:
    from calls.session.call_session import CallSession

log = logging.getLogger(__name__)

READY_PATIENCE_SECONDS = 1.0  # for a vendor that never says when the caller can hear
SNAP_SAMPLES = 80  # pieces that lie this close follow each other


class TwoWay:
    """Made with its session; `open` once the call has its rows."""

    def __init__(self, session: CallSession, protocol: TwoWayProtocol, timing: PlayoutTiming) -> None:
        self.session, self.protocol = session, protocol
        self.playout = Playout(
            protocol=protocol,
            timing=timing,
            send=session.send,
            flush=session.flush,
            on_started=self.on_started,
            on_ended=self.on_ended,
        )
        self.answer: Answer | None = None
        self.tones: Tones | None = None  # where keys come in the audio
        self.is_ready = False
        self.opened_at: float | None = None
        self.to_stream: Converter | None = None  # from what is played, where it is encoded otherwise
        self.late: list[Callable[[], None]] = []  # what waits for the stream's place on the call's timeline
        self.heard_end = 0  # samples: where the last piece that was heard ends

    # The line of whoever answers

    @cached_property
    def call_id(self) -> UUID:
        assert self.session.call_id is not None
        return self.session.call_id

    @property
    def profile(self) -> StreamingProfile:
        assert self.session.profile is not None
        return self.session.profile

    @property
    def info(self) -> CallInfo:
        return self.session.info

    @property
    def audio(self) -> AudioFormat:
        return self.session.audio

    @property
    def takes_text(self) -> bool:
        return self.protocol.takes_text

    @property
    def speaking(self) -> bool:
        return self.playout.speaking

    @property
    def now_ms(self) -> int:
        return 0 if self.session.audio_at is None else self.ms(self.session.clock())

    def say(self, text: str, *, voice: Mapping[str, object] | None = None, participant: str = "") -> Spoken:
        if self.takes_text:
            return self.say_as_text(text, participant)
        spoken = Spoken(self.synthesise(text, voice or {}), text=text, participant=participant)
        self.playout.add(spoken)
        return spoken

    def play_audio(self, pieces: AsyncIterator[bytes], *, text: str = "", participant: str = "") -> Spoken:
        if self.audio != self.protocol.play_format:
            pieces = convert(pieces, self.audio, self.protocol.play_format)
        spoken = Spoken(pieces, text=text, participant=participant)
        self.playout.add(spoken)
        return spoken

    def stop_speaking(self) -> None:
        if self.playout.break_off():
            self.session.send(self.protocol.send_command(Command("break")))

    async def command(self, type: str, params: Mapping[str, object], *, by: str) -> UUID:
        try:
            command = await self.session.runtime.database(
                command_service.request_command,
                call_id=self.call_id,
                type=type,
                params=dict(params),
                requester=command_service.Requester(name=by),
            )
        except ValidationError as error:
            raise CommandRejected(" ".join(error.messages)) from error
        except command_service.CommandRefused as error:
            raise CommandRejected(str(error)) from error
        return command.id

    async def synthesise(self, text: str, voice: Mapping[str, object]) -> AsyncIterator[bytes]:
        name = str(voice.get("synthesizer") or "")
        synthesizer = await self.session.runtime.synthesizer(name)
        if synthesizer is None:
            raise SynthesisFailed("The speech synthesiser can't run here: the hub's log says why.")
        wanted = Voice(
            name=str(voice.get("voice") or ""),
            language=str(voice.get("language") or self.profile.language),
            speed=float(str(voice.get("speed") or 1.0)),
        )
        async with aclosing(speak_as(synthesizer, text, wanted, self.protocol.play_format)) as pieces:
            async for piece in pieces:
                yield piece

    def say_as_text(self, text: str, participant: str) -> Spoken:
        """The platform speaks: it is taken for heard, nobody tells us more."""
        spoken = Spoken(_nothing(), text=text, participant=participant)
        spoken.started_at = self.session.clock()
        spoken.end.set_result(True)
        self.session.send(self.protocol.say_text(text))
        self.on_started(spoken)
        self.on_ended(spoken)
        return spoken

    # What was said, for transcript and recording

    def on_started(self, spoken: Spoken) -> None:
        assert spoken.started_at is not None
        self.session.begin_time(spoken.started_at)
        self.publish_interim("bot", self.ms(spoken.started_at), spoken.text, participant=spoken.participant)

    def on_ended(self, spoken: Spoken) -> None:
        text = spoken.heard_text()
        if spoken.started_at is None:
            return
        start_ms = self.ms(spoken.started_at)
        if text:
            self.store("bot", start_ms, start_ms + spoken.played_ms, text, participant=spoken.participant)
        else:  # broken off before anybody heard a word
            self.publish_interim("bot", start_ms, "", participant=spoken.participant)

    def placed(self) -> None:
        """The stream's place on the call's timeline is known: what waited for it is written."""
        late, self.late = self.late, []
        for write in late:
            write()

    def ms(self, moment: float) -> int:
        """On the stream's timeline."""
        return max(0, round((moment - self.session.time_zero) * 1000))

    def publish_interim(self, track: TrackName, start_ms: int, text: str, *, participant: str = "") -> None:
        """Without text: what was shown is over, and nothing comes of it."""
        if not self.session.placed:
            return
        assert self.session.stream_id is not None
        interim = InterimShape(
            stream_id=self.session.stream_id,
            track=track,
            participant=participant[:64] or None,
            start_ms=start_ms + self.session.offset_ms,
            text=text,
        )
        self.session.writer.show(self.call_id, interim)

    def store(
        self,
        track: TrackName,
        start_ms: int,
        end_ms: int,
        text: str,
        *,
        participant: str = "",
        confidence: float | None = None,
    ) -> None:
        if not self.session.placed:
            again = partial(self.store, track, start_ms, end_ms, text, participant=participant, confidence=confidence)
            self.late.append(again)
            return
        assert self.session.stream_id is not None
        offset_ms = self.session.offset_ms
        self.session.writer.add(
            Segment(
                call_id=self.call_id,
                stream_id=self.session.stream_id,
                track=track,
                participant=participant[:64],
                start_ms=offset_ms + start_ms,
                end_ms=offset_ms + max(start_ms, end_ms),
                text=text,
                language=search_language(self.profile.language),
                confidence=confidence,
            )
        )

    def take_heard(self, now: float) -> list[Run]:
        """What the caller has heard since the last call, as the stream's own audio."""
        runs: list[Run] = []
        for moment, data in self.playout.take_heard(now):
            position = max(self.heard_end, round((moment - self.session.time_zero) * self.audio.rate))
            if position - self.heard_end < SNAP_SAMPLES:
                position = self.heard_end
            if self.audio != self.protocol.play_format:
                if self.to_stream is None:
                    self.to_stream = Converter(self.protocol.play_format, self.audio)
                data = self.to_stream.feed(data)
            runs.append((position, data))
            self.heard_end = position + len(data) // (2 if self.audio.encoding == "l16" else 1)
        return runs

    # What comes in

    async def open(self) -> None:
        """The call has its rows: finds out who answers."""
        self.opened_at = self.session.clock()
        if not self.takes_text:
            self.session.run(self.session.runtime.synthesizer(""))  # it is ready when the first words are
        if hooks.make_answer is None or self.session.is_test:  # a bot might hang up, or order something
            return
        try:
            answer = await hooks.make_answer(self)
        except Exception:
            log.exception("%s goes on without its bot", self.session)
            return
        if answer is not None and self.session.phase in ("opening", "open"):
            self.answer = answer
            if self.is_ready:
                answer.ready()

    def handle(self, event: Event) -> None:
        match event:
            case Ready():
                self.ready()
            case Dtmf(digits):
                if self.tones is not None:
                    digits = self.tones.tell(digits)
                if digits:
                    self.heard_keys(digits)
            case TextHeard():
                self.heard_text(event)
            case NoInput():
                if self.answer is not None:
                    self.answer.on_no_input()

    def ready(self) -> None:
        self.is_ready = True
        if self.answer is not None:
            self.answer.ready()

    def tick(self, now: float) -> None:
        if not self.is_ready and self.opened_at is not None and now - self.opened_at > READY_PATIENCE_SECONDS:
            self.ready()

    def heard_keys(self, digits: str, at_ms: int | None = None) -> None:
        """`at_ms`: on the stream's timeline, where it wasn't just now."""
        if at_ms is None:
            now = self.session.clock()
            self.session.begin_time(now)
            at_ms = self.ms(now)
        self.store("customer", at_ms, at_ms, f"[keys: {digits}]")
        if self.answer is not None:
            self.answer.on_dtmf(digits)

    def heard_text(self, event: TextHeard) -> None:
        """The platform recognised speech. Where the hub's own recogniser listens too, that one counts."""
        if not self.takes_text and self.session.recognizer is not None:
            return
        now = self.session.clock()
        self.session.begin_time(now)
        at_ms = self.ms(now)
        if event.final:
            self.store("customer", at_ms, at_ms, event.text, confidence=event.confidence)
        else:
            self.publish_interim("customer", at_ms, event.text)
        if self.answer is not None:
            kind: Literal["final", "interim"] = "final" if event.final else "interim"
            self.answer.on_speech(Speech(kind=kind, at_ms=at_ms, text=event.text, confidence=event.confidence))

    def on_recognized(self, track: TrackName, event: RecognizerEvent) -> None:
        """What the hub's recogniser hears: for the vendor, and for whoever answers."""
        if track != "customer":
            return
        match event:
            case SpeechStarted(at_ms):
                speech = Speech(kind="started", at_ms=at_ms)
            case SpeechEnded(at_ms):
                speech = Speech(kind="stopped", at_ms=at_ms)
            case Interim(start_ms, text):
                speech = Speech(kind="interim", at_ms=start_ms, text=text)
            case Final():
                speech = Speech(kind="final", at_ms=event.end_ms, text=event.text, confidence=event.confidence)
            case _:
                return
        self.session.send(self.protocol.send_speech(speech))
        if self.answer is not None:
            self.answer.on_speech(speech)

    def deliver(self, track: TrackName, runs: Sequence[Run]) -> None:
        if self.answer is not None:
            self.answer.hear(track, runs)

    def health(self, now_ms: int) -> dict[str, Any]:
        return {} if self.answer is None else self.answer.health(now_ms)

    # The end

    async def finish(self) -> None:
        self.playout.close()
        if self.answer is not None:
            await self.answer.finish()

    def close(self) -> None:
        self.playout.close()
        if self.answer is not None:
            self.answer.close()


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
