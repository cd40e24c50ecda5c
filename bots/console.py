"""One try of a bot, in words: the bot's own driver on a line of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bots.answering import Unusable
from bots.base import Making
from bots.conversation import Action, BotFailed, CallFacts, Listen
from bots.driver import BotDriver
from bots.findings import Finding
from bots.kinds import KINDS, read_config
from bots.text_line import Send, TextLine
from calls.events import Speech


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A bot as it is tried; it may never have been saved."""

    bot_id: str
    name: str
    kind: str
    document: str
    config: Mapping[str, Any]
    secrets: Mapping[str, str]
    facts: CallFacts
    waits: bool = False  # for the caller, however long


class PatientDriver(BotDriver):
    """For people who read and think: silence comes when it is told, never by the clock."""

    def start_silence_timer(self) -> None:
        self.stop_silence_timer()


class Try:
    """Also the bot's memory: tells of it, and keeps it for `reconnect`. Made from a draft without errors."""

    def __init__(self, draft: Draft, send: Send, state: Mapping[str, Any] | None = None) -> None:
        self.draft, self.send, self.state = draft, send, state
        kind = KINDS[draft.kind]
        config = read_config(kind, draft.config)
        assert not isinstance(config, Finding)
        making = Making(
            bot_id=draft.bot_id,
            bot_name=draft.name,
            document=draft.document,
            config=config,
            secrets=draft.secrets,
            facts=draft.facts,
            state=state,
        )
        try:
            conversation = kind.make(making)
        except Exception as error:
            conversation = Unusable(str(error))
        driver = PatientDriver if draft.waits else BotDriver
        self.driver = driver(
            line=TextLine(draft.facts, send),
            name=draft.name,
            config=config,
            conversation=conversation,
            memory=self,
            resumed=state is not None,
            settle_seconds=0,
            watch=self.watch,
        )

    def begin(self) -> None:
        self.send({"type": "started", "name": self.draft.name, "kind": self.draft.kind})
        self.driver.ready()

    def say(self, text: str, confidence: float | None) -> None:
        self.driver.on_speech(Speech(kind="final", at_ms=0, text=text, confidence=confidence))

    def types(self) -> None:
        """The caller is about to say something: nobody is silent meanwhile."""
        self.driver.on_speech(Speech(kind="started", at_ms=0))

    def stays_silent(self) -> None:
        """Whatever he was about to say."""
        self.driver.ears.forget()
        self.driver.on_no_input()

    def watch(self, what: Action | BotFailed) -> None:
        match what:
            case Listen(seconds, barge_in, speech):
                self.send({"type": "listen", "seconds": seconds, "bargeIn": barge_in, "speech": speech})
            case BotFailed():
                self.send({"type": "failed", "detail": str(what)})

    def save(self, state: Mapping[str, Any], *, paused: bool, ended: bool) -> None:
        self.state = state
        self.send({"type": "state", "state": state, "paused": paused, "ended": ended})

    async def finish(self) -> None:
        """As a memory: nothing waits to be written."""

    async def close(self) -> None:
        self.send = lambda message: None
        await self.driver.finish()
