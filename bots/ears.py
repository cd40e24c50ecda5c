"""Joins what the recogniser hears into turns of the caller: he has said his part when nothing more comes for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from calls.events import Speech

SETTLE_SECONDS = 0.3  # after a final, for more of the same turn
FINAL_SECONDS = 2.0  # after the caller stopped, for the final of what he said
STUCK_SECONDS = 10.0  # of speech that neither stops nor becomes words


class Ears:
    def __init__(
        self,
        *,
        on_said: Callable[[str, float | None], None],
        on_quiet: Callable[[], None],
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """`on_quiet`: there was a sound, and no words came of it."""
        self.on_said, self.on_quiet, self.settle_seconds = on_said, on_quiet, settle_seconds
        self.caller_speaks = False
        self.finals: list[Speech] = []
        self.timer: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether a turn of the caller is under way."""
        return self.timer is not None

    def take(self, speech: Speech) -> None:
        match speech.kind:
            case "started" | "interim":
                self.caller_speaks = True
                self.wait(STUCK_SECONDS)
            case "stopped":
                self.caller_speaks = False
                self.wait(FINAL_SECONDS)
            case "final":
                self.caller_speaks = False
                if speech.text:
                    self.finals.append(speech)
                self.wait(self.settle_seconds)

    def wait(self, seconds: float) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(seconds, self.complete)

    def complete(self) -> None:
        finals = self.finals
        self.forget()
        if not finals:
            self.on_quiet()
            return
        sure = [final.confidence for final in finals if final.confidence is not None]
        self.on_said(" ".join(final.text for final in finals), min(sure, default=None))

    def forget(self) -> None:
        self.caller_speaks = False
        self.finals = []
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
