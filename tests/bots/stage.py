"""A stage for bots: a line whose speech takes its time, and a clock that moves only when nothing else is left to do."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from bots.base import BotConfig
from bots.conversation import Action, ActRefused, Happened
from bots.driver import BotDriver
from calls.events import AudioFormat, CallInfo, Speech
from calls.models import StreamingProfile
from calls.session.participants import CommandRejected

CHARACTERS_A_SECOND = 10  # of the line's voice


class _Selector(selectors.SelectSelector):
    """Nothing comes from outside: instead of waiting, time passes."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if not events:
            assert timeout is not None, "nothing is left that could happen"
            self.loop.now += timeout
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.now = 1000.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now


def in_virtual_time(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Runs an async test on a loop of its own whose seconds cost nothing."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test(*args, **kwargs))  # type: ignore[arg-type]

    return run


class FakeUtterance:
    def __init__(self, text: str, seconds: float) -> None:
        self.text, self.seconds = text, seconds
        self.error: Exception | None = None
        self.loop = asyncio.get_running_loop()
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.end: asyncio.Future[bool] = self.loop.create_future()

    @property
    def played_ms(self) -> int:
        if self.started_at is None:
            return 0
        until = self.loop.time() if self.ended_at is None else self.ended_at
        return round(1000 * min(until - self.started_at, self.seconds))

    def heard_text(self) -> str:
        words = self.text.split()
        return " ".join(words[: round(len(words) * self.played_ms / 1000 / self.seconds)])

    async def done(self) -> bool:
        return await asyncio.shield(self.end)


class FakeLine:
    """Speaks one utterance after the other. `log` has all that was done, with the seconds since the stage opened."""

    takes_text = False
    now_ms = 0
    audio = AudioFormat("l16", 8000)

    def __init__(self, *, fallback_number: str = "") -> None:
        self.call_id = uuid4()
        self.ids: list[UUID] = []  # of the next commands
        self.profile = StreamingProfile(vendor="ringover", fallback_number=fallback_number)
        self.info = CallInfo(from_number="+12025550123")
        self.loop = asyncio.get_running_loop()
        self.opened_at = self.loop.time()
        self.log: list[tuple[float, str]] = []
        self.queue: list[FakeUtterance] = []
        self.refused: dict[str, str] = {}
        self.mute: Exception | None = None  # why nothing can be spoken
        self.voices: list[Mapping[str, object]] = []

    def note(self, what: str) -> None:
        self.log.append((round(self.loop.time() - self.opened_at, 2), what))

    @property
    def did(self) -> list[str]:
        return [what for _, what in self.log]

    @property
    def speaking(self) -> bool:
        return bool(self.queue)

    def say(self, text: str, *, voice: Mapping[str, object] | None = None, participant: str = "") -> FakeUtterance:
        self.note(f"say {text}")
        self.voices.append(voice or {})
        utterance = FakeUtterance(text, max(1, len(text)) / CHARACTERS_A_SECOND)
        if self.mute is not None:
            utterance.error = self.mute
            utterance.end.set_result(False)
            return utterance
        self.queue.append(utterance)
        if len(self.queue) == 1:
            self.play()
        return utterance

    def play(self) -> None:
        utterance = self.queue[0]
        utterance.started_at = self.loop.time()
        self.loop.call_later(utterance.seconds, self.played, utterance)

    def played(self, utterance: FakeUtterance) -> None:
        if utterance.end.done():
            return
        self.queue.pop(0)
        utterance.ended_at = self.loop.time()
        utterance.end.set_result(True)
        if self.queue:
            self.play()

    def play_audio(self, pieces: AsyncIterator[bytes], *, text: str = "", participant: str = "") -> FakeUtterance:
        raise NotImplementedError

    def stop_speaking(self) -> None:
        self.note("stop")
        queue, self.queue = self.queue, []
        for utterance in queue:
            utterance.ended_at = self.loop.time()
            utterance.end.set_result(False)

    async def command(self, type: str, params: Mapping[str, object], *, by: str) -> UUID:
        await asyncio.sleep(0.01)
        if type in self.refused:
            self.note(f"{type} refused")
            raise CommandRejected(self.refused[type])
        self.note(" ".join([type, *map(str, params.values())]) + f" by {by}")
        return self.ids.pop(0) if self.ids else uuid4()


class Script:
    """A conversation made of functions: what it is told goes to `told`, what it does is given by the test."""

    def __init__(self, respond: Callable[[Happened], AsyncIterator[Action]]) -> None:
        self.answer = respond
        self.told: list[Happened] = []
        self.refusals: list[str] = []
        self.closed: list[Happened] = []  # generators that were closed before their end
        self.ended = False

    async def respond(self, event: Happened) -> AsyncIterator[Action]:
        self.told.append(event)
        finished = False
        try:
            async for action in self.answer(event):
                try:
                    yield action
                except ActRefused as error:
                    self.refusals.append(str(error))
            finished = True
        finally:
            if not finished:
                self.closed.append(event)

    def dump(self) -> dict[str, Any]:
        return {"told": len(self.told)}

    async def close(self) -> None:
        self.ended = True


class Notebook:
    """A memory in memory."""

    def __init__(self) -> None:
        self.saved: list[tuple[dict[str, Any], bool, bool]] = []

    def save(self, state: Mapping[str, Any], *, paused: bool, ended: bool) -> None:
        self.saved.append((dict(state), paused, ended))

    async def finish(self) -> None:
        """All is written."""


class Stage:
    """A driver on a fake line, and the caller."""

    def __init__(self, conversation: Any, *, fallback_number: str = "", **driver: Any) -> None:
        self.line = FakeLine(fallback_number=fallback_number)
        self.conversation = conversation
        self.memory = Notebook()
        driver.setdefault("config", BotConfig())
        self.driver = BotDriver(line=self.line, name="Bob", conversation=conversation, memory=self.memory, **driver)

    async def open(self) -> Stage:
        self.driver.ready()
        await asyncio.sleep(0.001)
        return self

    def hear(self, kind: Any, text: str = "", confidence: float | None = None) -> None:
        self.driver.on_speech(Speech(kind=kind, at_ms=0, text=text, confidence=confidence))

    async def caller_says(self, text: str, *, seconds: float = 1.0, confidence: float | None = 0.9) -> None:
        """As the hub's recogniser tells it; returns when the turn is settled."""
        self.hear("started")
        await asyncio.sleep(seconds / 2)
        self.hear("interim", text.split()[0])
        await asyncio.sleep(seconds / 2)
        self.hear("stopped")
        await asyncio.sleep(0.2)
        self.hear("final", text, confidence)
        await asyncio.sleep(0.35)
