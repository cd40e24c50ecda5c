"""A live stream: what its vendor's protocol yields is ordered on the timeline and given to the participants.

How this works
    waiting   connected; the vendor has not said which call this is
    opening   it has: the profile is checked and the rows are made, while audio already waits on the timeline
    open      every beat hands the audio to the participants
    ending    the vendor's stop, the socket's end or a time-out: what is under way is completed
    ended     rows are closed; whatever still comes is counted nowhere

    waiting → opening → open → ending → ended, and from waiting or opening straight to ended when it is refused.

`feed` is called for every message and only parses, orders and appends. The session knows no transport: `send` puts
messages on their way to the vendor, `close` asks the consumer to close the connection once they are out. The work of
the phases `opening` and `ending` is in the files of these names, what a stream can do beside being heard in `two_way.py`
(playing, bots) and `commander.py` (commands), and what it tells of its health in `reporting.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from calls.events import (
    AudioFormat,
    AudioFrame,
    CallInfo,
    CommandOutcome,
    Event,
    Ignored,
    Resumed,
    SecretSeen,
    Send,
    StreamStarted,
    StreamStopped,
    TrackName,
    TrackPaused,
    Unserved,
    Warned,
)
from calls.models import StreamingProfile
from calls.services import calls as call_service
from calls.session.commander import Commander
from calls.session.database import Serial
from calls.session.ending import complete, note_close_code
from calls.session.masking import MaskedWriter, Writer
from calls.session.opening import open_audio, open_rows, resume
from calls.session.orders import Order
from calls.session.participants import Participant
from calls.session.runtime import Runtime
from calls.session.timeline import StreamTimeline
from calls.session.track import Run
from calls.session.two_way import TwoWay
from calls.stt.base import Recognizer
from calls.vendors.base import Handshake, Message, TwoWayProtocol, VendorInfo, capabilities_of, with_defaults

log = logging.getLogger(__name__)

START_PATIENCE_SECONDS = 2.0  # audio came without a Start: the handshake's facts must do
IDLE_SECONDS = 15 * 60.0  # without any message
MAX_EARLY_BYTES = 1 << 20  # of audio, before the vendor said which call it is: half a minute of both sides
FRAME_OVERHEAD = 200  # bytes of memory that a waiting frame takes beside its audio
NORMAL, GOING_AWAY, UNSUPPORTED_DATA, POLICY_VIOLATION, INTERNAL_ERROR = 1000, 1001, 1003, 1008, 1011

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
        send: Callable[[Sequence[Message]], None],
        flush: Callable[[], Awaitable[None]],
        close: Callable[[int, str], None],
        transport: str = "websocket",
    ) -> None:
        self.runtime, self.vendor, self.handshake, self.profile = runtime, vendor, handshake, profile
        self.send, self.flush, self.close, self.transport = send, flush, close, transport
        self.options = with_defaults(vendor, profile.options if profile else {})
        self.capabilities = capabilities_of(vendor, self.options)
        self.protocol = vendor.protocol(handshake, self.options)
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
        self.offset_ms = 0  # of the stream's time 0 on the call's timeline, once `placed`
        self.placed = False
        self.call_id: UUID | None = None
        self.is_listened_to = False  # somebody hears it live
        self.is_test = False  # a call of the hub's own, to check the profile
        self.stream_id: UUID | None = None
        self.recognizer: Recognizer | None = None
        self.masked: MaskedWriter | None = None  # where its profile wants sensitive data taken out
        self.participants: list[Participant] = []
        self.two_way: TwoWay | None = None
        if vendor.playout is not None and isinstance(self.protocol, TwoWayProtocol):
            self.two_way = TwoWay(self, self.protocol, vendor.playout)
        self.commander = Commander(self)
        self.notes = Serial(runtime.threads)
        self.ignored: Counter[str] = Counter()
        self.warnings: dict[str, str] = {}
        self.stopped = False  # the vendor said at least one stop, or took its leave by closing
        self.end_detail: dict[str, object] = {}  # what the vendor told of the end
        self.close_code: int | None = None  # of the socket, once it is closed
        self.work: set[asyncio.Task[Any]] = set()
        self.opening: asyncio.Task[None] | None = None
        self.answering: asyncio.Task[None] | None = None
        self.opening_audio: asyncio.Task[None] | None = None
        self.ending: asyncio.Task[None] | None = None
        self.telling: asyncio.Task[None] | None = None
        runtime.sessions.add(self)

    def __repr__(self) -> str:
        return f"<CallSession {self.vendor.name} {self.info.call_id or '?'}/{self.info.session_id or '?'} {self.phase}>"

    @property
    def writer(self) -> Writer:
        """Takes what is said in the stream."""
        return self.masked or self.runtime.writer

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

    def begin_time(self, moment: float) -> None:
        """Something is heard or played: the first of these is the stream's time 0."""
        if self.audio_at is None:
            self.audio_at = (moment, timezone.now() + timedelta(seconds=moment - self.clock()))
            self.timeline.clock.zero = moment

    @property
    def time_zero(self) -> float:
        """Only once time has begun."""
        assert self.audio_at is not None
        return self.audio_at[0]

    def takes_early_audio(self, now: float, frame: AudioFrame) -> bool:
        """Notes when audio began, and whether there is room for it while the stream has no rows yet."""
        self.begin_time(now)
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
            case StreamStopped(detail, final):
                self.stopped = True
                self.end_detail.update(detail)
                if final:
                    self.begin_end()
            case Unserved(reason):
                log.warning("a %s stream can't be served: %s", self.vendor.label, reason)
                self.drop(UNSUPPORTED_DATA, "unserved")
            case SecretSeen(secret):
                if secret not in self.secrets:
                    self.secrets.append(secret)
            case Ignored(reason):
                self.ignored[reason] += 1
            case Send(message):
                self.send([message])
            case TrackPaused(track):
                self.timeline.pause(track)
            case CommandOutcome(type, ok, detail):
                self.commander.outcome(type, ok=ok, detail=detail)
            case Resumed():
                self.run(resume(self, event))
            case Warned(code, detail):
                self.warn(code, detail)
            case _:
                if self.two_way is not None:
                    self.two_way.handle(event)

    def warn(self, code: str, detail: str) -> None:
        if code not in self.warnings:
            self.warnings[code] = detail
            log.warning("%s: %s", self, detail)

    def started(self, info: CallInfo, audio: AudioFormat) -> None:
        merged = info.over(self.info)
        if self.phase == "waiting":
            self.info = merged
            if audio != self.audio and self.audio_at is None:
                self.audio = audio
                self.timeline = StreamTimeline(audio, deadline=settings.HUB_REORDER_MS / 1000)
            self.open()
        elif merged.call_id != self.info.call_id:
            self.ignored["another_call"] += 1  # one connection carries one call
        elif merged != self.info:
            self.info = merged
            self.tell()

    def tell(self) -> None:
        """Stores what the vendor told after the rows were made."""
        if self.stream_id is not None and (self.telling is None or self.telling.done()):
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
        self.opening = self.run(open_rows(self))

    def can_open_without_start(self) -> bool:
        """Audio came without a `Start`, and the handshake told enough."""
        return bool(self.audio_at and self.info.call_id and (self.profile or self.info.product_id))

    def superseded(self) -> None:
        """The vendor connected again for the same call or session: the newest connection carries it."""
        if self.phase in ("opening", "open"):
            self.close(NORMAL, "superseded")
            self.begin_end()

    # The beat

    def tick(self, now: float, *, quiet_turn: bool) -> None:
        """Ten times a second. `quiet_turn`: also hand on audio that nobody waits for."""
        self.timeline.tick(now)
        if self.masked is not None:
            self.masked.tick()
        if self.phase == "open":
            if self.two_way is not None:
                self.two_way.tick(now)
                self.check_rate()
            if self.commander.hung_up_at is not None and now - self.commander.hung_up_at > self.hangup_wait:
                self.hang_up()
            if self.audio_at is not None and self.opening_audio is None:
                self.opening_audio = self.run(open_audio(self))
            waited_for = self.recognizer is not None or self.is_listened_to or (self.two_way and self.two_way.answer)
            if quiet_turn or waited_for:
                self.deliver()
            if now - self.last_message > IDLE_SECONDS:
                self.close(GOING_AWAY, "idle")
                self.begin_end()
        elif self.phase == "waiting":
            waited = now - self.connected_at
            if waited > START_PATIENCE_SECONDS and self.can_open_without_start():
                self.open()
            elif waited > self.vendor.endpoint.first_message_seconds:
                self.drop(POLICY_VIOLATION, "no_start")

    def deliver(self) -> None:
        if self.opening_audio is None or not self.opening_audio.done():
            return  # it waits on the timeline
        for name, track in self.timeline.tracks.items():
            self.hand_on(name, track.drain())
        if self.two_way is not None:
            self.hand_on("bot", self.two_way.take_heard(self.clock()))

    def hand_on(self, track: TrackName, runs: Sequence[Run]) -> None:
        if runs:
            for participant in self.participants:
                participant.hear(track, runs)
            if self.two_way is not None:
                self.two_way.deliver(track, runs)

    def check_rate(self) -> None:
        """Audio without numbers lies where it falls: a wrong rate shows in how fast it comes."""
        for name, track in self.timeline.tracks.items():
            ratio = track.pace(self.clock())
            if ratio is not None and not 0.67 < ratio < 1.5:
                sample_bytes = self.timeline.clock.sample_bytes
                self.warn(
                    "rate",
                    f"The audio of the {name} comes with {round(ratio * self.audio.rate * sample_bytes)} bytes a second; "
                    f"{self.audio.encoding} at {self.audio.rate} Hz has {self.audio.rate * sample_bytes}. "
                    "Correct the profile's sample rate, channels or encoding.",
                )

    # Ending

    def drop(self, code: int, reason: str) -> None:
        """Closes a connection that never became a stream; nothing of it is kept."""
        self.phase = "ended"
        self.runtime.sessions.discard(self)
        self.close(code, reason)

    def fail(self) -> None:
        """An error of ours: this stream ends, and nothing else."""
        if self.two_way is not None:
            self.send(self.two_way.protocol.fail("The hub can't serve this call."))
        self.close(INTERNAL_ERROR, "hub_error")
        self.begin_end()

    def closed(self, code: int) -> None:
        """The connection is closed, by whichever side. Comes once; often after the vendor's stop ended the stream."""
        self.close_code = code
        if code == NORMAL and self.vendor.endpoint.clean_close_ends and self.phase not in ("ending", "ended"):
            self.stopped = True
        self.commander.closed()
        if self.phase == "ended":
            self.run(note_close_code(self))
        self.begin_end()

    @property
    def hangup_wait(self) -> float:
        """Seconds that a vendor has to end the call after it was told to."""
        return float(str(self.options.get("hangupWaitSeconds", 5)))

    def hang_up(self) -> None:
        """We were asked to end the call, and do it by ending the connection."""
        self.stopped = True
        self.close(NORMAL, "hangup")
        self.begin_end()

    def execute(self, order: Order) -> None:
        """Carries out a command, once. Its receipt is a row."""
        self.commander.execute(order)

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
        self.ending = self.run(complete(self))

    async def end(self) -> None:
        """Ends the stream and waits until its rows say so."""
        self.begin_end()
        if self.ending is not None:
            await asyncio.wait({self.ending}, timeout=20)

    def run(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Runs `work` beside the stream; the reference keeps it alive."""
        task = self.runtime.loop.create_task(work)
        self.work.add(task)
        task.add_done_callback(self.work.discard)
        return task
