"""The kind `echo`, for tests and line checks: callers hear themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import msgspec

from bots.base import BotConfig, BotKind, Making
from bots.conversation import Action, Begun, Happened, Listen, Pressed, Said, Say, Silence
from bots.echo_audio import EchoAnswer
from bots.findings import Finding
from calls.session.participants import Line

LISTEN_SECONDS = 60.0


class EchoConfig(BotConfig, frozen=True, kw_only=True):
    delay_ms: Annotated[int, msgspec.Meta(ge=200, le=10_000)] = 500  # of the audio
    greeting: Annotated[str, msgspec.Meta(max_length=1000)] = "This is an echo: I say what you say."  # of the text


class EchoConversation:
    """Where there is text only."""

    def __init__(self, greeting: str) -> None:
        self.greeting = greeting

    async def respond(self, event: Happened) -> AsyncIterator[Action]:
        match event:
            case Begun(resumed):
                if not resumed and self.greeting:
                    yield Say(self.greeting)
            case Said(text):
                yield Say(text)
            case Pressed(digit):
                yield Say(digit)
            case Silence():
                pass
            case _:
                return
        yield Listen(LISTEN_SECONDS)

    def dump(self) -> dict[str, Any]:
        return {"begun": True}

    async def close(self) -> None:
        """Nothing was started."""


def validate(document: str, config: EchoConfig) -> Sequence[Finding]:
    return ()


def make(making: Making) -> EchoConversation:
    return EchoConversation(making.config.greeting)


def answer_audio(line: Line, name: str, config: EchoConfig) -> EchoAnswer:
    return EchoAnswer(line, name, config.delay_ms)


ECHO = BotKind(
    name="echo",
    label="Echo",
    description="Plays callers their own words, to check the line.",
    config=EchoConfig,
    validate=validate,
    make=make,
    answer_audio=answer_audio,
)
