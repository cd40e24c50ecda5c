"""What the hub plays into a call: one queue a stream, fed to the vendor at the pace of the caller's ear.

How this works
    Utterances are played in order. The one that plays and the next are being synthesised; the others wait. A *turn* is
    what is played without a pause: the vendor's playout is opened before its first audio and closed when the last has
    been heard. Audio goes out in batches, each as early as `lead_ms` allows: sample n of a turn is heard at
    `turn_start + n / rate`, whatever the event loop did meanwhile, so nothing drifts. A turn whose audio came too late
    starts anew where it is.

    `break_off` is one act: the queue, the synthesis and what was sent ahead are forgotten before anything else can run.

    What was heard is taken by `take_heard` in pieces that are over by now: for the recorder, and to know which words of
    an utterance the caller got.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from calls.events import AudioFormat
from calls.vendors.base import Message, PlayoutTiming, TwoWayProtocol

log = logging.getLogger(__name__)

FED_SECONDS = 5.0  # of audio that an utterance is synthesised ahead
FEEDERS = 2  # utterances that are synthesised at a time
REPRIME = 0.5  # seconds of underrun after which the vendor's buffer is filled anew
SLACK = 0.02  # seconds of underrun that pass for the loop's own delay

Piece = tuple[float, bytes]  # (when its first sample is heard, audio in `play_format`)


class Spoken:
    """One utterance: its audio as it is made, and how much of it was heard. An `Utterance` for whoever asked for it."""

    def __init__(self, pieces: AsyncIterator[bytes], *, text: str, participant: str) -> None:
        self.pieces, self.text, self.participant = pieces, text, participant
        self.buffer = bytearray()
        self.room = asyncio.Event()  # something of the buffer was taken
        self.fed: asyncio.Task[None] | None = None
        self.complete = False  # nothing more will be fed
        self.error: Exception | None = None
        self.sent_bytes = 0
        self.started_at: float | None = None  # when its first sample was, or will be, heard
        self.seconds_sent = 0.0
        self.broken_at: float | None = None
        self.clock = asyncio.get_running_loop().time
        self.end: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @property
    def played_ms(self) -> int:
        if self.started_at is None:
            return 0
        if self.end.done() and self.broken_at is None:
            return round(1000 * self.seconds_sent)
        now = self.clock() if self.broken_at is None else self.broken_at
        return round(1000 * max(0.0, min(now - self.started_at, self.seconds_sent)))

    def heard_text(self) -> str:
        """The words that fit into what was heard, by their share of its length."""
        if self.broken_at is None or not self.text:
            return self.text
        # Until the end was fed nobody knows how long it is: speech has about 15 characters a second.
        total = self.seconds_sent + len(self.buffer) / max(1, self.sent_bytes) * self.seconds_sent
        if not self.complete:
            total = max(total, len(self.text) / 15)
        share = self.played_ms / 1000 / total if total else 0.0
        words = self.text.split()
        return " ".join(words[: round(share * len(words))])

    async def done(self) -> bool:
        return await asyncio.shield(self.end)


class Playout:
    """`send` puts messages on their way, `flush` waits until they are. `on_started` and `on_ended` tell of each
    utterance; an ended one was heard, or broken off, or has an `error`."""

    def __init__(
        self,
        *,
        protocol: TwoWayProtocol,
        timing: PlayoutTiming,
        send: Callable[[Sequence[Message]], None],
        flush: Callable[[], Awaitable[None]],
        on_started: Callable[[Spoken], None],
        on_ended: Callable[[Spoken], None],
    ) -> None:
        self.protocol, self.timing, self.send, self.flush = protocol, timing, send, flush
        self.on_started, self.on_ended = on_started, on_ended
        self.loop = asyncio.get_running_loop()
        self.queue: deque[Spoken] = deque()
        self.task: asyncio.Task[None] | None = None
        self.more = asyncio.Event()  # audio was fed, or an utterance is complete
        self.turn_start: float | None = None  # when the turn's first sample is heard
        self.turn_bytes = 0  # sent in this turn
        self.sent: deque[Piece] = deque()  # ahead of the caller's ear, and heard but not yet taken
        self.starved = 0  # turns that ran dry in the middle of an utterance

    @property
    def speaking(self) -> bool:
        return bool(self.queue) or self.turn_start is not None

    @property
    def audio(self) -> AudioFormat:
        return self.protocol.play_format

    @property
    def bytes_a_second(self) -> int:
        return self.audio.rate * (2 if self.audio.encoding == "l16" else 1)

    @property
    def turn_end(self) -> float:
        """When the last sample sent in this turn is heard."""
        assert self.turn_start is not None
        return self.turn_start + self.turn_bytes / self.bytes_a_second

    def add(self, spoken: Spoken) -> None:
        self.queue.append(spoken)
        self.more.set()
        self.feed_next()
        if self.task is None or self.task.done():
            self.task = self.loop.create_task(self.play())

    # Synthesis

    def feed_next(self) -> None:
        for spoken in list(self.queue)[:FEEDERS]:
            if spoken.fed is None:
                spoken.fed = self.loop.create_task(self.feed(spoken))

    async def feed(self, spoken: Spoken) -> None:
        limit = FED_SECONDS * self.bytes_a_second
        try:
            async for piece in spoken.pieces:
                spoken.buffer += piece
                self.more.set()
                if len(spoken.buffer) > limit:
                    spoken.room.clear()
                    await spoken.room.wait()
        except Exception as error:
            log.warning("something could not be spoken: %s", error)
            spoken.error = error
        finally:
            spoken.complete = True
            self.more.set()
            close = getattr(spoken.pieces, "aclose", None)
            if close is not None:
                await close()

    # The pace

    async def play(self) -> None:
        try:
            while self.queue:
                await self.play_one(self.queue[0])
                if not self.queue:
                    self.end_turn()
        except Exception:
            log.exception("a playout failed")
            self.break_off()

    async def play_one(self, spoken: Spoken) -> None:
        sample = 2 if self.audio.encoding == "l16" else 1
        while True:
            size = self.batch_bytes() // sample * sample
            while len(spoken.buffer) < size and not spoken.complete:
                self.more.clear()
                await self.more.wait()
            data = bytes(spoken.buffer[:size])
            data = data[: len(data) // sample * sample]
            if not data:
                break
            await self.wait_for_room(len(data))
            del spoken.buffer[: len(data)]
            spoken.room.set()
            await self.send_piece(spoken, data)
        assert self.queue[0] is spoken
        if spoken.started_at is not None:
            await self.wait_for_ear(spoken.started_at + spoken.seconds_sent)
        self.queue.popleft()
        self.feed_next()
        self.finish(spoken, heard=spoken.error is None)

    def batch_bytes(self) -> int:
        ms = self.timing.batch_ms
        idle = self.turn_start is None or self.loop.time() - self.turn_end > REPRIME
        if idle:
            ms = max(ms, self.timing.preroll_ms)
        return ms * self.bytes_a_second // 1000

    async def wait_for_room(self, size: int) -> None:
        """Until sending `size` bytes would not put us further ahead than the lead."""
        if self.turn_start is None:
            return
        await self.wait_until(self.turn_end + size / self.bytes_a_second - self.timing.lead_ms / 1000)

    async def wait_for_ear(self, moment: float) -> None:
        """Until `moment`, or until there is something else to play."""
        while len(self.queue) == 1 and (left := moment - self.loop.time()) > 0:
            self.more.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.more.wait()

    async def wait_until(self, moment: float) -> None:
        if (left := moment - self.loop.time()) > 0:
            await asyncio.sleep(left)

    async def send_piece(self, spoken: Spoken, data: bytes) -> None:
        messages: list[Message] = []
        anew = self.turn_start is None or self.loop.time() - self.turn_end > SLACK
        if self.turn_start is None:
            messages += self.protocol.open_playout(spoken.text)
        elif anew:
            self.starved += 1
        self.send([*messages, *self.protocol.send_audio(data)])
        await self.flush()
        if anew:  # from when it was really on its way: a busy process must not get ahead of the ear
            self.turn_start, self.turn_bytes = self.loop.time(), 0
        heard_at = self.turn_end
        if spoken.started_at is None:
            spoken.started_at = heard_at
            self.on_started(spoken)
        self.turn_bytes += len(data)
        spoken.sent_bytes += len(data)
        spoken.seconds_sent = self.turn_end - spoken.started_at
        self.sent.append((heard_at, data))

    def end_turn(self) -> None:
        if self.turn_start is not None:
            self.turn_start, self.turn_bytes = None, 0
            self.send(self.protocol.close_playout())

    def finish(self, spoken: Spoken, *, heard: bool) -> None:
        if not spoken.end.done():
            spoken.end.set_result(heard)
            self.on_ended(spoken)

    # What was heard

    def take_heard(self, now: float) -> list[Piece]:
        """Pieces that are over by `now`, in order."""
        heard = []
        while self.sent and self.sent[0][0] + len(self.sent[0][1]) / self.bytes_a_second <= now:
            heard.append(self.sent.popleft())
        return heard

    def forget_ahead(self, now: float) -> None:
        """What was sent but will not be heard is dropped; the piece that was playing is cut."""
        sample = 2 if self.audio.encoding == "l16" else 1
        while self.sent and self.sent[-1][0] >= now:
            self.sent.pop()
        if self.sent:
            start, data = self.sent[-1]
            samples = max(0, round((now - start) * self.audio.rate))
            self.sent[-1] = (start, data[: samples * sample])

    # The end

    def break_off(self) -> bool:
        """Returns whether there was anything to break off. The vendor is told by whoever calls."""
        if not self.speaking:
            return False
        now = self.loop.time()
        self.forget_ahead(now)
        self.turn_start, self.turn_bytes = None, 0
        queue, self.queue = self.queue, deque()
        task, self.task = self.task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
        for spoken in queue:
            spoken.broken_at = now
            if spoken.fed is not None:
                spoken.fed.cancel()
            self.finish(spoken, heard=False)
        return True

    def close(self) -> None:
        self.break_off()
