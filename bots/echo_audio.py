"""Plays the caller's audio back: sample by sample, without gaps, a fixed time later."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from calls.audio.g711 import encode
from calls.events import Speech, TrackName
from calls.session.participants import Line
from calls.session.track import Run

MIN_AHEAD_SECONDS = 0.2  # of what is heard before what is played: audio comes in pieces of 100 ms
MAX_WAITING_SECONDS = 30.0  # of audio that nobody plays


class EchoAnswer:
    """An answer without a conversation. Where the caller's audio pauses for longer than the delay, playing ends with it
    and begins anew with the next."""

    def __init__(self, line: Line, name: str, delay_ms: int) -> None:
        self.line, self.name, self.delay = line, name, delay_ms / 1000
        self.silence = encode(b"\0\0", line.audio.encoding)  # one sample
        self.waiting: deque[bytes] = deque()
        self.arrived = asyncio.Event()
        self.position = 0  # sample at which what was taken last ends
        self.playing = self.open = False

    def hear(self, track: TrackName, runs: Sequence[Run]) -> None:
        if track != "customer" or not self.open:
            return
        for position, audio in runs:
            if not self.playing:
                self.playing = True
                self.waiting.clear()
                self.position = position
                late = max(0.0, self.line.now_ms / 1000 - position / self.line.audio.rate)  # by how much we hear it
                self.line.play_audio(self.pieces(max(MIN_AHEAD_SECONDS, self.delay - late)), participant=self.name[:64])
            if position > self.position:
                self.waiting.append(self.silence * (position - self.position))
            self.waiting.append(audio)
            self.position = position + len(audio) // len(self.silence)
        if sum(map(len, self.waiting)) > MAX_WAITING_SECONDS * self.line.audio.rate * len(self.silence):
            self.waiting.clear()
        self.arrived.set()

    async def pieces(self, wait: float) -> AsyncIterator[bytes]:
        try:
            yield self.silence * round(wait * self.line.audio.rate)
            while self.open:
                while self.waiting:
                    yield self.waiting.popleft()
                self.arrived.clear()
                async with asyncio.timeout(self.delay):
                    await self.arrived.wait()
        except TimeoutError:
            pass
        finally:
            self.playing = False

    def phrases(self) -> Sequence[str]:
        return ()

    def ready(self) -> None:
        self.open = True

    def on_speech(self, speech: Speech) -> None:
        """The audio itself is enough."""

    def on_dtmf(self, digits: str) -> None:
        """Keys have no echo."""

    def on_no_input(self) -> None:
        """An echo waits for nobody."""

    def on_outcome(self, command_id: UUID, type: str, *, ok: bool, detail: str) -> None:
        """An echo asks for nothing."""

    def pause(self) -> None:
        self.open = False
        self.line.stop_speaking()

    def resume(self) -> None:
        self.open = True

    def health(self, now_ms: int) -> dict[str, Any]:
        return {"bot": {"name": self.name, "state": "active" if self.open else "paused", "error": None}}

    async def finish(self) -> None:
        self.close()

    def close(self) -> None:
        self.open = False
        self.arrived.set()
