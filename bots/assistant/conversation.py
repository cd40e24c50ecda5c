"""The assistant: a turn of the caller goes to the model, its sentences and calls of tools come back as actions.

How a turn works: the model is asked; each sentence is said as soon as it is complete; then its lookups are run and its
acts carried out. If there were any that leave the call going, the model is asked again with their results, up to
`ROUNDS` times. Closing the generator anywhere in between drops the request, and what was not done is remembered as such.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import msgspec

from bots.assistant.config import AssistantConfig, Lookup
from bots.assistant.lookups import look_up
from bots.assistant.memory import Memory, Step, ToolCall
from bots.assistant.model import Model
from bots.assistant.sentences import Sentences
from bots.assistant.speech import storable
from bots.assistant.tools import BadCall, Tools
from bots.base import Making
from bots.conversation import (
    Act,
    Action,
    ActRefused,
    Begun,
    BotFailed,
    End,
    Happened,
    Interrupted,
    Listen,
    Pressed,
    Said,
    Say,
    Silence,
)
from bots.webhook.messages import call_shape

ROUNDS = 5
FILLER_SECONDS = 1.5
KEY_SECONDS = 3.0  # a key that comes later begins a new number
MAX_KEYS = 32
MAX_CALLER = 4000  # characters of a turn

ON_THE_PHONE = (
    "You are on the phone: the caller hears what you write, and you read what speech recognition made of the caller's "
    "words. Write short, plain sentences, as one speaks, without markup, lists or emojis. Where a message of yours ends "
    "in … the caller broke in. Speak the language {language}."
)


class Assistant:
    def __init__(self, making: Making) -> None:
        config: AssistantConfig = making.config
        self._config, self._facts = config, making.facts
        self._language = config.language or making.facts.language
        self._signing_secret = making.secrets.get("signingSecret", "")
        self._memory = msgspec.convert(making.state or {}, Memory)
        self._model = Model(config, making.secrets.get("apiKey", ""), self._language)
        self._tools = Tools(config)
        self._prompt = f"{config.system_prompt}\n\n{ON_THE_PHONE.format(language=self._language)}"
        self._spoke = False  # whether the words of the last event are the model's or the greeting

    def respond(self, event: Happened) -> AsyncIterator[Action]:
        memory = self._memory
        if isinstance(event, Interrupted):
            if self._spoke and event.heard.strip() != memory.turns[-1].said:
                memory.turns[-1].heard = event.heard.strip()
            return self._nothing()
        self._spoke = False
        if isinstance(event, Said | Pressed):
            memory.silences = 0
        match event:
            case Begun(resumed=True) if memory.turns:
                return self._resume()
            case Begun():
                return self._greet()
            case Pressed(digit):
                memory.keys += digit
                complete = digit == "#" or len(memory.keys) == MAX_KEYS
                return self._turn("") if complete else self._listen(KEY_SECONDS)
            case Silence() if not memory.keys:
                return self._ask_whether_there()
            case Said(text):
                return self._turn(text)
        return self._turn("")  # the keys that were pressed so far

    def dump(self) -> dict[str, Any]:
        state: dict[str, Any] = msgspec.to_builtins(self._memory)
        return state

    async def close(self) -> None:
        await self._model.close()

    # Answers to events

    async def _nothing(self) -> AsyncIterator[Action]:
        return
        yield

    async def _greet(self) -> AsyncIterator[Action]:
        self._memory.begin("", self._config.history_characters).steps.append(Step(text=self._config.greeting))
        self._spoke = True
        yield Say(self._config.greeting)
        yield self._listening()

    async def _listen(self, seconds: float | None = None) -> AsyncIterator[Action]:
        yield self._listening(seconds)

    async def _ask_whether_there(self) -> AsyncIterator[Action]:
        self._memory.silences += 1
        if self._memory.silences <= self._config.silence_times:
            yield Say(self._config.silence_text)
            yield self._listening()
            return
        yield Say(self._config.goodbye_text)
        with suppress(ActRefused):
            yield Act("hangup")
        yield End()

    def _resume(self) -> AsyncIterator[Action]:
        """Answers what was not answered yet, else repeats its last sentence."""
        last = self._memory.turns[-1]
        if last.caller and not last.said:
            return self._converse(opening=self._config.resume_text)
        return self._repeat(last.said)

    async def _repeat(self, said: str) -> AsyncIterator[Action]:
        sentences = Sentences(self._language)
        last = [*sentences.feed(said), *sentences.finish()][-1:]
        for text in (self._config.resume_text, *last):
            yield Say(text)
        yield self._listening()

    def _turn(self, words: str) -> AsyncIterator[Action]:
        memory = self._memory
        keys, memory.keys = memory.keys, ""
        said = "\n".join(
            filter(
                None, [storable(words.strip()[:MAX_CALLER]), f"[The caller pressed the keys {keys}]" if keys else ""]
            )
        )
        if not said:
            return self._listen()
        memory.caller_turns += 1
        if memory.caller_turns > self._config.max_turns or memory.minutes > self._config.max_minutes:
            return self._hand_over()
        memory.begin(said, self._config.history_characters)
        return self._converse()

    async def _hand_over(self) -> AsyncIterator[Action]:
        if self._facts.fallback_number:
            yield Say(self._config.limit_text)
            with suppress(ActRefused):
                yield Act("transfer", {"target": self._facts.fallback_number})
                yield End()
                return
        yield Say(self._config.goodbye_text)
        with suppress(ActRefused):
            yield Act("hangup")
        yield End()

    async def _converse(self, opening: str = "") -> AsyncIterator[Action]:
        self._spoke = True
        turn = self._memory.turns[-1]
        if opening:
            yield Say(opening)
        filled = False
        for round in range(ROUNDS):
            step = Step()
            messages = [{"role": "system", "content": self._prompt}, *self._memory.messages()]
            turn.steps.append(step)
            last = round == ROUNDS - 1
            async with self._model.ask(messages, self._tools.definitions(), may_call=not last) as answer:
                async for sentence in answer:
                    step.say(sentence)
                    yield Say(sentence)
            if last and answer.calls and not step.text:
                raise BotFailed("The language model does nothing but call tools.")
            if last or not answer.calls:
                break
            step.calls = answer.calls
            lookups = asyncio.ensure_future(self._look_up(step.calls))
            try:
                if not step.text and not filled:
                    await asyncio.wait([lookups], timeout=FILLER_SECONDS)
                    if filled := not lookups.done():
                        yield Say(self._config.filler_text)
                await lookups
            finally:
                lookups.cancel()
                await asyncio.gather(lookups, return_exceptions=True)
            for call, act in self._acts(step.calls):
                try:
                    yield act
                except ActRefused as refusal:
                    call.result = f"That was refused: {refusal}"
                    continue
                call.result = "Done."
                if act.type in ("transfer", "hangup"):
                    yield End()
                    return
        yield self._listening()

    # Tools

    async def _look_up(self, calls: list[ToolCall]) -> None:
        """Runs what are lookups, all at once, and notes their results."""
        wanted: list[tuple[ToolCall, Lookup, dict[str, Any]]] = []
        for call in calls:
            try:
                if found := self._tools.lookup(call):
                    wanted.append((call, *found))
            except BadCall as problem:
                call.result = str(problem)
        facts = call_shape(self._facts, self._language)
        results = await asyncio.gather(
            *(look_up(lookup, arguments, facts, self._signing_secret) for _, lookup, arguments in wanted)
        )
        for (call, _, _), result in zip(wanted, results, strict=True):
            call.result = result

    def _acts(self, calls: list[ToolCall]) -> list[tuple[ToolCall, Act]]:
        """What is to be done in the call. Notes what can't be."""
        found = []
        for call in calls:
            if not self._tools.is_lookup(call):
                try:
                    found.append((call, self._tools.act(call)))
                except BadCall as problem:
                    call.result = str(problem)
        return found

    def _listening(self, seconds: float | None = None) -> Listen:
        return Listen(seconds or self._config.silence_seconds)
