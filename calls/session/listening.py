"""People who listen along to live calls: their audio leaves this process while, and only while, somebody listens.

How this works
    Whoever listens says so to all processes (`live.tell_everybody`) and repeats it every few seconds: a lease. Each
    process keeps the leases of all calls, whether it has a stream of them or not, so that a stream that comes later, by a
    transfer or a resumed session, is heard from its first beat on. On each beat the streams of listened calls get a
    `Feed` as a participant. What all feeds of a process heard in a beat goes to the call's listeners in one message.
    A lease that is not renewed runs out: a listener's process that dies stops the audio.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from calls import live
from calls.audio.pieces import Cutter, pack
from calls.events import AudioFormat, TrackName
from calls.session.track import Run

if TYPE_CHECKING:
    from calls.session.call_session import CallSession
    from calls.session.runtime import Runtime

log = logging.getLogger(__name__)

MAX_LEASE_SECONDS = 60.0


class Lease(msgspec.Struct, tag="listen"):
    """What a listener says: for `seconds` from now, 0 when it leaves."""

    call: UUID
    listener: UUID
    seconds: float


class Feed:
    """A participant: cuts what is heard into pieces for listeners. An error of its own harms nobody else."""

    def __init__(self, *, call_id: UUID, session_id: str, offset_ms: int, audio: AudioFormat) -> None:
        self.call_id, self.offset_ms, self.audio = call_id, offset_ms, audio
        self.source = session_id.rjust(20, "0")  # in their order, as the recording takes the streams
        self.cutters: dict[TrackName, Cutter] = {}
        self.waiting: list[bytes] = []
        self.failed = False

    def hear(self, track: TrackName, runs: Sequence[Run]) -> None:
        if self.failed:
            return
        try:
            if track not in self.cutters:
                self.cutters[track] = Cutter(self.audio)
            for position, audio in runs:
                self.take(track, self.cutters[track].feed(position, audio))
        except Exception:
            self.failed = True
            log.exception("a stream of call %s can't be listened to", self.call_id)

    def take(self, track: TrackName, pieces: Any) -> None:
        self.waiting += [pack(track, self.offset_ms + start_ms, audio) for start_ms, audio in pieces]

    def send(self) -> None:
        if self.waiting:
            live.publish_audio(self.call_id, self.source, self.waiting)
            self.waiting = []

    def health(self, now_ms: int) -> dict[str, Any]:
        return {}

    async def finish(self) -> None:
        if not self.failed:
            for track, cutter in self.cutters.items():
                self.take(track, cutter.flush())
        self.send()

    def close(self) -> None:
        self.waiting.clear()


class Listening:
    """One a process, on its event loop."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.leases: dict[UUID, dict[UUID, float]] = {}  # call -> listener -> when it runs out
        self.feeds: dict[CallSession, Feed] = {}
        self.listener = live.listen_process(live.EVERYBODY, self.hear)

    def hear(self, message: Any) -> None:
        if message["type"] != "listen":
            return
        lease = msgspec.convert(message, Lease)
        if lease.seconds <= 0:
            self.leases.get(lease.call, {}).pop(lease.listener, None)
            return
        until = self.runtime.loop.time() + min(lease.seconds, MAX_LEASE_SECONDS)
        self.leases.setdefault(lease.call, {})[lease.listener] = until

    def tick(self, now: float) -> None:
        """On each beat, after the sessions had theirs."""
        if not self.leases and not self.feeds:
            return
        for call_id, listeners in tuple(self.leases.items()):
            for listener, until in tuple(listeners.items()):
                if until <= now:
                    del listeners[listener]
            if not listeners:
                del self.leases[call_id]
        for session, feed in tuple(self.feeds.items()):
            feed.send()
            if session.phase != "open" or session.call_id not in self.leases:
                self.end(session)
        for session in self.runtime.sessions:
            if session.placed and session.phase == "open" and session.call_id in self.leases:
                if session not in self.feeds:
                    self.begin(session)

    def begin(self, session: CallSession) -> None:
        """From the next beat's audio on."""
        assert session.call_id
        feed = self.feeds[session] = Feed(
            call_id=session.call_id,
            session_id=session.info.session_id,
            offset_ms=session.offset_ms,
            audio=session.audio,
        )
        session.participants.append(feed)
        session.is_listened_to = True

    def end(self, session: CallSession) -> None:
        """A stream that ends takes its leave of its feed by itself."""
        feed = self.feeds.pop(session)
        session.is_listened_to = False
        if session.phase == "open":
            session.participants.remove(feed)

    async def close(self) -> None:
        await self.listener.close()
