"""What a bot says in one turn, and how much of it was heard."""

from __future__ import annotations

import asyncio

from bots.base import BotConfig
from bots.conversation import BotFailed, Say
from calls.session.participants import Line, Utterance

CHARACTERS_A_SECOND = 15  # of speech, where the platform speaks and doesn't tell how long it takes


class Speaker:
    def __init__(self, line: Line, name: str, config: BotConfig) -> None:
        self.line, self.name, self.config = line, name, config
        self.spoken: list[tuple[Utterance, asyncio.Task[bool]]] = []  # each with the wait for its end

    @property
    def busy(self) -> bool:
        return any(not end.done() for _, end in self.spoken)

    @property
    def unseen_seconds(self) -> float:
        """How much longer the caller hears the turn than we can tell."""
        if not self.line.takes_text:
            return 0.0
        return sum(len(utterance.text) for utterance, _ in self.spoken) / CHARACTERS_A_SECOND

    def begin_turn(self) -> None:
        self.spoken = []

    def say(self, say: Say) -> None:
        config = self.config
        language = say.language or config.language
        same = not config.language or config.language.split("-")[0] == language.split("-")[0]
        given = {"synthesizer": config.synthesizer, "voice": config.voice if same else "", "language": language}
        voice = {name: value for name, value in given.items() if value}
        utterance = self.line.say(say.text, voice=voice, participant=self.name[:64])
        self.spoken.append((utterance, asyncio.ensure_future(utterance.done())))

    def stop(self) -> None:
        if self.busy:
            self.line.stop_speaking()

    def heard_text(self) -> str:
        """Of a turn that is over."""
        return " ".join(text for utterance, _ in self.spoken if (text := utterance.heard_text()))

    async def heard(self) -> None:
        """Waits until the turn is spoken. Raises `BotFailed` where some of it could not be."""
        ends = [end for _, end in self.spoken]
        if ends:
            await asyncio.wait(ends)
        for utterance, _ in self.spoken:
            if utterance.error is not None:
                raise BotFailed(f"It could not be spoken: {utterance.error}")
