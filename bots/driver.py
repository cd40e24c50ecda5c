"""Carries a conversation out on a live call: listens, speaks, acts, and remembers.

How this works
    What happens becomes events in `inbox`; `run` takes them one at a time and carries out each turn. A turn lasts until
    all that it said is heard; then the silence timer runs. Whatever comes meanwhile cuts the turn: what is being spoken
    stops at once (in `interrupt`, before anything else can run), the conversation's generator is closed, it is told
    what was heard of its words (`Interrupted`), and the next turn begins. The first step of a turn is never cut, so
    that the conversation sees every event.

    What the caller does counts from the bot's first action on. While the bot speaks and the newest `Listen` allows no
    barge-in, speech doesn't count, keys do. Once a turn has come to an act (a transfer, a hang-up), nothing of the
    caller's stops it.

        waiting ──ready──▶ active ──pause──▶ paused ──resume──▶ active
                             └──End, failure──▶ ended
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from bots.base import BotConfig
from bots.conversation import (
    Act,
    Action,
    ActRefused,
    Begun,
    BotFailed,
    Conversation,
    End,
    Happened,
    Interrupted,
    Listen,
    Play,
    Pressed,
    Said,
    Say,
    Silence,
)
from bots.ears import SETTLE_SECONDS, Ears
from bots.memory import Memory
from bots.speaker import Speaker
from calls.events import Speech, TrackName
from calls.session.participants import CommandRejected, Line
from calls.session.track import Run

log = logging.getLogger(__name__)

COMMAND_SECONDS = 10.0  # for the hub to take a command
APOLOGY_SECONDS = 60.0
CLOSING_SECONDS = 5.0  # for a conversation to let go

Phase = Literal["waiting", "active", "paused", "ended"]
Watch = Callable[[Action | BotFailed], None]


class BotDriver:
    """An `Answer`. `resumed`: the conversation was made from what an earlier stream of the call left."""

    def __init__(
        self,
        *,
        line: Line,
        name: str,
        config: BotConfig,
        conversation: Conversation,
        memory: Memory,
        expected: Sequence[str] = (),
        resumed: bool = False,
        paused: bool = False,
        settle_seconds: float = SETTLE_SECONDS,
        watch: Watch | None = None,
    ) -> None:
        self.line, self.name, self.config, self.conversation = line, name, config, conversation
        self.memory, self.expected, self.watch = memory, expected, watch
        self.resumed, self.begins_paused = resumed, paused
        self.speaker = Speaker(line, name, config)
        self.ears = Ears(on_said=self.said, on_quiet=self.quiet, settle_seconds=settle_seconds)
        self.phase: Phase = "waiting"
        self.failure = ""
        self.inbox: deque[Happened | None] = deque()  # None: the turn ends and nothing follows
        self.arrived = asyncio.Event()
        self.running: asyncio.Task[None] | None = None
        self.turn: asyncio.Task[None] | None = None
        self.listening: Listen | None = None  # the newest
        self.begun = self.acting = False
        self.silence_timer: asyncio.TimerHandle | None = None
        self.transfers: set[UUID] = set()  # that the bot asked for
        self.failed: dict[UUID, str] = {}  # transfers, whoever asked for them, and why
        self.lost_transfer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    # What the session tells

    def ready(self) -> None:
        if self.phase != "waiting":
            return
        self.phase = "paused" if self.begins_paused else "active"
        self.running = asyncio.get_running_loop().create_task(self.run())
        if self.phase == "active":
            self.interrupt(Begun(resumed=self.resumed))

    def phrases(self) -> Sequence[str]:
        return self.expected

    def hear(self, track: TrackName, runs: Sequence[Run]) -> None:
        """Words are enough."""

    def on_speech(self, speech: Speech) -> None:
        if not self.takes_speech():
            return
        self.stop_silence_timer()
        self.ears.take(speech)
        if self.ears.caller_speaks and self.speaker.busy:
            self.interrupt()

    def on_dtmf(self, digits: str) -> None:
        if self.hears_caller:
            self.ears.forget()
            self.interrupt(*map(Pressed, digits))

    def on_no_input(self) -> None:
        if self.hears_caller and self.turn is None and not self.ears.busy:
            self.interrupt(Silence())

    def on_outcome(self, command_id: UUID, type: str, *, ok: bool, detail: str) -> None:
        if type == "transfer" and not ok:
            self.failed[command_id] = detail
            self.find_lost()

    def find_lost(self) -> None:
        """The caller whom the bot has sent away is still there."""
        for id in self.transfers & self.failed.keys():
            self.transfers.remove(id)
            if not self.lost_transfer.done():
                self.lost_transfer.set_result(self.failed.pop(id))

    def pause(self) -> None:
        if self.phase == "waiting":
            self.begins_paused = True
        elif self.phase == "active":
            self.phase = "paused"
            self.ears.forget()
            self.interrupt()

    def resume(self) -> None:
        if self.phase == "waiting":
            self.begins_paused = False
        elif self.phase == "paused":
            self.phase = "active"
            self.interrupt(Begun(resumed=self.resumed or self.begun))

    def health(self, now_ms: int) -> dict[str, Any]:
        return {"bot": {"name": self.name, "state": self.phase, "error": self.failure or None}}

    # What counts of it

    @property
    def hears_caller(self) -> bool:
        return self.phase == "active" and self.begun and not self.acting

    def takes_speech(self) -> bool:
        listening = self.listening or Listen(0)
        allowed = listening.barge_in and self.config.barge_in
        return self.hears_caller and listening.speech and (allowed or not self.speaker.busy)

    def said(self, text: str, confidence: float | None) -> None:
        if self.hears_caller:
            storable = text.replace("\0", "").encode(errors="replace").decode()
            self.interrupt(Said(storable, confidence))

    def quiet(self) -> None:
        if self.hears_caller and self.turn is None:
            self.start_silence_timer()

    def interrupt(self, *events: Happened) -> None:
        self.stop_silence_timer()
        self.speaker.stop()
        self.inbox.extend(events or (None,))
        self.arrived.set()

    # Silence

    def start_silence_timer(self) -> None:
        self.stop_silence_timer()
        if self.listening is not None and self.phase == "active" and not self.ears.busy:
            seconds = self.listening.seconds + self.speaker.unseen_seconds
            self.silence_timer = asyncio.get_running_loop().call_later(seconds, self.on_silence)

    def stop_silence_timer(self) -> None:
        if self.silence_timer is not None:
            self.silence_timer.cancel()
            self.silence_timer = None

    def on_silence(self) -> None:
        if self.line.speaking:  # a supervisor's words
            self.start_silence_timer()
        elif self.hears_caller:
            self.interrupt(Silence())

    # Turns

    async def run(self) -> None:
        await self.converse()
        for number in (self.line.profile.fallback_number, ""):
            detail = await self.lost_transfer
            self.lost_transfer = asyncio.get_running_loop().create_future()
            await self.fail(BotFailed(f"The transfer failed: {detail}"), number)
            self.remember()

    async def converse(self) -> None:
        while self.phase != "ended":
            while not self.inbox:
                self.arrived.clear()
                await self.arrived.wait()
            event = self.inbox.popleft()
            if self.lost_transfer.done():  # it goes on talking to the caller
                self.lost_transfer = asyncio.get_running_loop().create_future()
            if event is not None and self.phase == "active" and await self.cut_turn(event):
                await self.tell_interrupted()
                if self.inbox[0] is None:
                    self.inbox.popleft()
            self.remember()

    async def cut_turn(self, event: Happened) -> bool:
        """Carries out a turn. True if it was cut."""
        self.acting = False
        self.speaker.begin_turn()
        if not self.inbox:
            self.arrived.clear()
        turn = self.turn = asyncio.create_task(self.take_turn(event))
        arrival = asyncio.create_task(self.arrived.wait())
        try:
            await asyncio.wait({turn, arrival}, return_when=asyncio.FIRST_COMPLETED)
            cut = not turn.done()
        finally:
            arrival.cancel()
            turn.cancel()
            await asyncio.wait({turn})
            self.turn = None
        self.acting = False
        if not cut:
            self.start_silence_timer()
        return cut

    async def take_turn(self, event: Happened) -> None:
        try:
            await self.carry_out(self.conversation.respond(event))
            if self.phase != "ended":
                await self.speaker.heard()
        except Exception as error:
            await self.fail(error)

    async def tell_interrupted(self) -> None:
        try:
            await self.carry_out(self.conversation.respond(Interrupted(self.speaker.heard_text())))
        except Exception as error:
            await self.fail(error)

    async def carry_out(self, actions: AsyncIterator[Action]) -> None:
        refused: ActRefused | None = None
        try:
            while self.phase != "ended" and (action := await self.next_action(actions, refused)) is not None:
                if self.watch is not None:
                    self.watch(action)
                refused = await self.do(action)
                self.begun = True
        finally:
            if isinstance(actions, AsyncGenerator):
                await let_go(actions.aclose())
        self.begun = True

    async def next_action(self, actions: AsyncIterator[Action], refused: ActRefused | None) -> Action | None:
        try:
            async with asyncio.timeout(self.config.patience_seconds) as patience:
                if refused is None:
                    return await anext(actions)
                if not isinstance(actions, AsyncGenerator):
                    raise refused
                return await actions.athrow(refused)
        except StopAsyncIteration:
            return None
        except TimeoutError:
            if not patience.expired():
                raise
            raise BotFailed(f"It kept silent for {self.config.patience_seconds:g} s.") from None

    async def do(self, action: Action) -> ActRefused | None:
        """Carries one action out, or says why it can't be done."""
        match action:
            case Say():
                self.speaker.say(action)
            case Listen():
                self.listening = action
            case End():
                self.phase = "ended"
            case Play(url):
                return await self.command("play", {"url": url})
            case Act("break"):
                self.speaker.stop()
            case Act(type, params):
                self.acting = True
                return await self.command(type, params)
        return None

    async def command(self, type: str, params: Mapping[str, Any]) -> ActRefused | None:
        await self.speaker.heard()
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                id = await self.line.command(type, params, by=f"bot {self.name}")
        except CommandRejected as error:
            return ActRefused(str(error))
        if type == "transfer":
            self.transfers.add(id)
            self.find_lost()
        return None

    # Failure

    async def fail(self, error: Exception, number: str | None = None) -> None:
        """Apologises, and hands the caller over to people where the profile names some, or `number`."""
        if isinstance(error, BotFailed | ActRefused):
            log.warning("the bot %s failed in call %s: %s", self.name, self.line.call_id, error)
        else:
            log.error("the bot %s failed in call %s", self.name, self.line.call_id, exc_info=error)
        self.acting = True
        self.failure = str(error) or type(error).__name__
        if self.watch is not None:
            self.watch(BotFailed(self.failure))
        if number is None:
            number = self.line.profile.fallback_number
        try:
            async with asyncio.timeout(APOLOGY_SECONDS):
                if not (number and await self.leave(self.config.apology, "transfer", {"target": number})):
                    await self.leave(self.config.farewell, "hangup", {})
        except TimeoutError:
            log.error("the bot %s could not apologise in call %s", self.name, self.line.call_id)
        self.phase = "ended"

    async def leave(self, words: str, type: str, params: Mapping[str, Any]) -> bool:
        """Says something last and acts. False if the act is refused."""
        self.speaker.begin_turn()
        if words:
            self.speaker.say(Say(words))
        with contextlib.suppress(BotFailed):  # it can't speak: the act is what helps
            await self.speaker.heard()
        self.speaker.begin_turn()
        refused = await self.command(type, params)
        if refused is not None:
            log.warning("call %s: the bot's %s was refused: %s", self.line.call_id, type, refused)
        return refused is None

    # The end

    def remember(self) -> None:
        try:
            self.memory.save(self.conversation.dump(), paused=self.phase == "paused", ended=self.phase == "ended")
        except Exception:
            log.exception("the bot %s could not say what to remember", self.name)

    async def finish(self) -> None:
        self.stop()
        if self.running is not None:
            await asyncio.wait({self.running}, timeout=CLOSING_SECONDS)
            self.remember()
        await let_go(self.conversation.close())
        await self.memory.finish()

    def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        self.stop_silence_timer()
        self.ears.forget()
        if self.running is not None:
            self.running.cancel()


async def let_go(closing: Awaitable[None]) -> None:
    """Whatever a conversation does in its end, it can't hold up ours."""
    try:
        async with asyncio.timeout(CLOSING_SECONDS):
            await closing
    except Exception:
        log.exception("a bot's conversation could not be closed")
