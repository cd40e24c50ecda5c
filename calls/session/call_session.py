"""A live stream: what its vendor's protocol yields is ordered on the timeline and given to the participants.

How this works
    waiting   connected; the vendor has not said which call this is
    opening   it has: the profile is checked and the rows are made, while audio already waits on the timeline
    open      every beat hands the audio to the participants
    ending    the vendor's stop, the socket's end or a time-out: what is under way is completed
    ended     rows are closed; whatever still comes is counted nowhere

    waiting → opening → open → ending → ended, and from waiting or opening straight to ended when it is refused.

`feed` is called for every message and only parses, orders and appends. The session knows no transport: `close` is
how it asks the consumer to close the connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from calls import live
from calls.events import AudioFormat, AudioFrame, CallInfo, Event, Ignored, SecretSeen, StreamStarted, StreamStopped
from calls.models import StreamingProfile
from calls.services import calls as call_service
from calls.session import admission
from calls.session.participants import Participant
from calls.session.recorder import Recorder
from calls.session.runtime import Runtime
from calls.session.timeline import StreamTimeline
from calls.session.transcriber import Transcriber
from calls.stt.base import Recognizer, RecognizerUnavailable
from calls.vendors.base import Handshake, VendorInfo

log = logging.getLogger(__name__)

FIRST_MESSAGE_SECONDS = 10.0  # to say which call it is
START_PATIENCE_SECONDS = 2.0  # audio came without a Start: the handshake's facts must do
IDLE_SECONDS = 15 * 60.0  # without any message
MAX_EARLY_BYTES = 1 << 20  # of audio, before the vendor said which call it is: half a minute of both sides
FRAME_OVERHEAD = 200  # bytes of memory that a waiting frame takes beside its audio
FINISH_SECONDS = 1.5  # for participants, before the stream is called ended
NORMAL, GOING_AWAY, POLICY_VIOLATION, INTERNAL_ERROR = 1000, 1001, 1008, 1011

R = TypeVar("R")
Phase = Literal["waiting", "opening", "open", "ending", "ended"]


class CallSession:
    """One connection of a vendor. All methods belong to the event loop."""

    def __init__(
        self,
        *,
        runtime: Runtime,
        vendor: VendorInfo,
        handshake: Handshake,
        profile: StreamingProfile | None,
        close: Callable[[int, str], None],
        transport: str = "websocket",
    ) -> None:
        self.runtime, self.vendor, self.handshake, self.profile = runtime, vendor, handshake, profile
        self.close, self.transport = close, transport
        self.protocol = vendor.protocol()
        self.phase: Phase = "waiting"
        self.info = handshake.info
        self.secrets: list[str] = list(handshake.secrets)
        self.audio = AudioFormat("mulaw", 8000)
        self.timeline = StreamTimeline(self.audio, deadline=settings.HUB_REORDER_MS / 1000)
        self.clock = runtime.loop.time  # the same for all that was read in one go
        self.connected_at = self.last_message = self.clock()
        self.audio_at: tuple[float, datetime] | None = None  # arrival of the first audio, on both clocks
        self.audio_settled = False  # it began, and the rows are made
        self.early_bytes = 0  # of audio that came before the rows were made
        self.call_id: UUID | None = None
        self.stream_id: UUID | None = None
        self.recognizer: Recognizer | None = None
        self.participants: list[Participant] = []
        self.ignored: Counter[str] = Counter()
        self.stopped = False  # the vendor said at least one stop
        self.close_code: int | None = None  # of the socket, once it is closed
        self.work: set[asyncio.Task[Any]] = set()
        self.opening: asyncio.Task[None] | None = None
        self.opening_audio: asyncio.Task[None] | None = None
        self.ending: asyncio.Task[None] | None = None
        self.telling: asyncio.Task[None] | None = None
        runtime.sessions.add(self)

    def __repr__(self) -> str:
        return f"<CallSession {self.vendor.name} {self.info.call_id or '?'}/{self.info.session_id or '?'} {self.phase}>"

    # What comes in

    def feed_text(self, text: str) -> None:
        self.handle(self.protocol.receive_text(text))

    def feed_binary(self, data: bytes) -> None:
        self.handle(self.protocol.receive_binary(data))

    def handle(self, events: Sequence[Event]) -> None:
        self.last_message = now = self.clock()
        for event in events:
            if type(event) is AudioFrame:
                if not self.audio_settled and not self.takes_early_audio(now, event):
                    continue
                self.timeline.push(now, event.track, event.sequence, event.payload)
            else:
                self.handle_rare(event)

    def takes_early_audio(self, now: float, frame: AudioFrame) -> bool:
        """Notes when audio began, and whether there is room for it while the stream has no rows yet."""
        if self.audio_at is None:
            self.audio_at = (now, timezone.now())
        if self.stream_id is not None:
            self.audio_settled = True
            return True
        self.early_bytes += len(frame.payload) + FRAME_OVERHEAD
        if self.early_bytes <= MAX_EARLY_BYTES:
            return True
        self.ignored["too_early"] += 1
        return False

    def handle_rare(self, event: Event) -> None:
        match event:
            case StreamStarted(info, audio):
                self.started(info, audio)
            case StreamStopped(detail):
                self.stopped = True
                if detail.get("final"):
                    self.begin_end()
            case SecretSeen(secret):
                if secret not in self.secrets:
                    self.secrets.append(secret)
            case Ignored(reason):
                self.ignored[reason] += 1

    def started(self, info: CallInfo, audio: AudioFormat) -> None:
        merged = info.over(self.info)
        if self.phase == "waiting":
            self.info = merged
            if audio != self.audio and self.audio_at is None:
                self.audio = audio
                self.timeline = StreamTimeline(audio, deadline=settings.HUB_REORDER_MS / 1000)
            self.open()
        elif self.stream_id is not None and merged != self.info:
            if merged.call_id != self.info.call_id:
                self.ignored["another_call"] += 1  # one connection carries one call
                return
            self.info = merged
            if self.telling is None or self.telling.done():
                self.telling = self.run(self.tell_facts())

    async def tell_facts(self) -> None:
        """Writes what the vendor told since. One write at a time, the newest facts, at most one a second."""
        told = None
        while told != self.info and self.stream_id is not None:
            told = self.info
            try:
                await self.runtime.database(call_service.update_stream_facts, stream_id=self.stream_id, info=told)
            except Exception:
                log.exception("%s could not store what its vendor told", self)
            await asyncio.sleep(1)

    # Opening

    def open(self) -> None:
        self.phase = "opening"
        self.opening = self.run(self.open_rows())

    def can_open_without_start(self) -> bool:
        """Audio came without a `Start`, and the handshake told enough."""
        return bool(self.audio_at and self.info.call_id and self.info.product_id)

    async def open_rows(self) -> None:
        try:
            if not await self.admit():
                return
            assert self.profile is not None
            if not self.info.call_id:
                self.info = CallInfo(call_id=f"hub-{uuid4()}").over(self.info)
            self.supersede_older()
            opened = await self.runtime.database(
                call_service.open_stream,
                profile=self.profile,
                info=self.info,
                audio=self.audio,
                transport=self.transport,
                process=self.runtime.id,
            )
            self.call_id, self.stream_id = opened.call.id, opened.stream.id
            self.timeline.set_mode(self.profile.options.get("sequence", "auto"))
            self.recognizer = await self.runtime.recognizer(self.profile.recognizer)
        except Exception:
            log.exception("the stream of call %s could not be opened", self.info.call_id)
            self.fail()
            return
        if self.phase == "opening":
            self.phase = "open"

    async def admit(self) -> bool:
        """Whether the profile that the handshake found still holds with what `Start` says; finds it if none was."""
        told = self.handshake.info
        if self.profile is not None and (self.info.product_type, self.info.product_id, self.info.sub_account_id) == (
            told.product_type,
            told.product_id,
            told.sub_account_id,
        ):
            return True
        decision = await self.runtime.database(
            admission.at_message, vendor=self.vendor.name, info=self.info, secrets=tuple(self.secrets)
        )
        if isinstance(decision, admission.Refused):
            log.warning(
                "a stream of %s %s was refused: %s", self.info.product_type, self.info.product_id, decision.reason
            )
            self.drop(POLICY_VIOLATION, decision.reason)
            return False
        self.profile = decision.profile
        return True

    def supersede_older(self) -> None:
        """The vendor connected again for the same session: the newest connection carries it."""
        for other in tuple(self.runtime.sessions):
            older = other.connected_at < self.connected_at and other.phase in ("opening", "open")
            if older and self.info.session_id and other.session_key == self.session_key:
                other.close(NORMAL, "superseded")
                other.begin_end()

    @property
    def session_key(self) -> tuple[str, str, str]:
        return self.info.sub_account_id, self.info.call_id, self.info.session_id

    async def open_audio(self) -> None:
        """Settles where the stream's first audio lies on the call's timeline, and lets the participants in."""
        assert self.audio_at and self.call_id and self.stream_id and self.profile
        try:
            offset_ms = await self.runtime.database(
                call_service.set_audio_start, call_id=self.call_id, stream_id=self.stream_id, at=self.audio_at[1]
            )
        except Exception:
            log.exception("%s could not place its audio", self)
            self.fail()
            return
        participants: list[Participant] = []
        if self.profile.record:
            participants.append(Recorder(stream_id=self.stream_id, audio=self.audio, spooler=self.runtime.spooler))
        if self.recognizer is not None:
            try:
                participants.append(self.make_transcriber(self.recognizer, offset_ms))
            except RecognizerUnavailable as error:
                log.error("%s goes on without a transcript: %s", self, error)
                self.recognizer = None
        self.participants = participants

    def make_transcriber(self, recognizer: Recognizer, offset_ms: int) -> Transcriber:
        assert self.call_id and self.stream_id and self.profile
        return Transcriber(
            call_id=self.call_id,
            stream_id=self.stream_id,
            agent_id=self.info.agent_id,
            offset_ms=offset_ms,
            audio=self.audio,
            language=self.profile.language,
            phrases=self.profile.phrases,
            recognizer=recognizer,
            writer=self.runtime.writer,
        )

    # The beat

    def tick(self, now: float, *, quiet_turn: bool) -> None:
        """Ten times a second. `quiet_turn`: also hand on audio that no recogniser waits for."""
        self.timeline.tick(now)
        if self.phase == "open":
            if self.audio_at is not None and self.opening_audio is None:
                self.opening_audio = self.run(self.open_audio())
            if self.recognizer is not None or quiet_turn:
                self.deliver()
            if now - self.last_message > IDLE_SECONDS:
                self.close(GOING_AWAY, "idle")
                self.begin_end()
        elif self.phase == "waiting":
            waited = now - self.connected_at
            if waited > START_PATIENCE_SECONDS and self.can_open_without_start():
                self.open()
            elif waited > FIRST_MESSAGE_SECONDS:
                self.drop(POLICY_VIOLATION, "no_start")

    def deliver(self) -> None:
        if self.opening_audio is None or not self.opening_audio.done():
            return  # it waits on the timeline
        for name, track in self.timeline.tracks.items():
            runs = track.drain()
            if runs:
                for participant in self.participants:
                    participant.hear(name, runs)

    # Ending

    def drop(self, code: int, reason: str) -> None:
        """Closes a connection that never became a stream; nothing of it is kept."""
        self.phase = "ended"
        self.runtime.sessions.discard(self)
        self.close(code, reason)

    def fail(self) -> None:
        """An error of ours: this stream ends, and nothing else."""
        self.close(INTERNAL_ERROR, "hub_error")
        self.begin_end()

    def closed(self, code: int) -> None:
        """The connection is closed, by whichever side. Comes once; often after the vendor's stop ended the stream."""
        self.close_code = code
        if self.phase == "ended" and self.stream_id is not None:
            self.run(self.runtime.database(call_service.note_close_code, stream_id=self.stream_id, close_code=code))
        self.begin_end()

    def begin_end(self) -> None:
        """Ends the stream in the background."""
        if self.phase in ("ending", "ended"):
            return
        if self.phase == "waiting":
            if not self.can_open_without_start():
                self.phase = "ended"
                self.runtime.sessions.discard(self)
                return
            self.open()
        self.phase = "ending"
        self.ending = self.run(self.complete())

    async def end(self) -> None:
        """Ends the stream and waits until its rows say so."""
        self.begin_end()
        if self.ending is not None:
            await asyncio.wait({self.ending}, timeout=20)

    async def complete(self) -> None:
        try:
            if self.opening is not None:
                await asyncio.wait({self.opening})
            if self.stream_id is None:
                return  # refused, or failed to open
            if self.audio_at is not None:
                if self.opening_audio is None:
                    self.opening_audio = self.run(self.open_audio())
                await asyncio.wait({self.opening_audio})
            self.timeline.flush()
            self.deliver()
            finishing = {asyncio.ensure_future(participant.finish()) for participant in self.participants}
            late: set[asyncio.Future[None]] = set()
            if finishing:
                _, late = await asyncio.wait(finishing, timeout=FINISH_SECONDS)
            await self.runtime.database(
                call_service.end_stream,
                stream_id=self.stream_id,
                close_code=self.close_code,
                ended_by_vendor=self.stopped,
                report=self.report(),
            )
            if late:
                await asyncio.wait(late)
        except Exception:
            log.exception("%s could not be ended; the sweep closes it when its lease is over", self)
        finally:
            self.phase = "ended"
            self.runtime.sessions.discard(self)
            for participant in self.participants:
                participant.close()

    # What it tells

    def report(self) -> call_service.Report:
        counters = {
            "tracks": {name: track.counters() for name, track in self.timeline.tracks.items()},
            "ignored": dict(self.ignored),
        }
        return call_service.Report(counters=counters, health=self.health())

    def health(self) -> dict[str, Any]:
        now_ms = 0 if self.audio_at is None else round((self.clock() - self.audio_at[0]) * 1000)
        health: dict[str, Any] = {"recognizerLagMs": 0, "silenceMs": {}, "skippedMs": 0}
        for participant in self.participants:
            health |= participant.health(now_ms)
        return health

    def publish_health(self) -> None:
        if self.call_id is not None and self.phase == "open":
            report = self.report()
            live.publish(
                self.call_id, "health", health=report.health, streamId=self.stream_id, tracks=report.counters["tracks"]
            )

    def run(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Runs `work` beside the stream; the reference keeps it alive."""
        task = self.runtime.loop.create_task(work)
        self.work.add(task)
        task.add_done_callback(self.work.discard)
        return task
