"""Speech synthesis behind one interface.

A `Synthesizer` is an engine: made once a process, started and closed with it. `speak` yields PCM as it is made, so that
playing can begin before the sentence is finished. All methods run on the event loop; heavy work goes to subprocesses.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """How to speak. Empty: the engine's default."""

    name: str = ""
    language: str = ""  # BCP 47
    speed: float = 1.0  # 0.5 to 2; what is beyond counts as that


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine gives, for the UI and for those who listen."""

    label: str
    rate: int  # Hz of the PCM that `speak` yields
    network: bool
    streams: bool  # audio comes before the text is spoken to its end
    note: str = ""  # what an admin should know before choosing it


class Synthesizer(Protocol):
    name: str
    capabilities: Capabilities

    async def start(self) -> None:
        """Makes ready. Idempotent. Raises `SynthesizerUnavailable` with what to do."""

    def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        """Mono 16-bit little-endian PCM at `capabilities.rate`, in pieces of any length, whole samples each; none for
        a text without a word. Closing it (`aclose`, or cancelling the task that waits for it) aborts the synthesis at
        once. It makes little more than is asked for. Raises `SynthesisFailed`, in a bounded time."""

    async def close(self) -> None:
        """Ends everything the engine started."""


class SynthesizerUnavailable(Exception):
    """The engine can't run here; the message says what is missing and how to mend it."""


class SynthesisFailed(Exception):
    """This text could not be spoken; the message says why."""
