"""A line of words only, for trying a bot without a phone: what it says and does goes to `send`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from bots.conversation import CallFacts
from calls.events import AudioFormat, CallInfo
from calls.models import StreamingProfile

Send = Callable[[dict[str, Any]], None]


class WrittenUtterance:
    """Heard as soon as it is written."""

    error: Exception | None = None
    played_ms = 0

    def __init__(self, text: str) -> None:
        self.text = text

    def heard_text(self) -> str:
        return self.text

    async def done(self) -> bool:
        return True


class TextLine:
    takes_text = True
    speaking = False
    now_ms = 0
    audio = AudioFormat("l16", 8000)  # that never flows

    def __init__(self, facts: CallFacts, send: Send) -> None:
        self.call_id = uuid4()
        self.profile = StreamingProfile(language=facts.language, fallback_number=facts.fallback_number)
        self.info = CallInfo(from_number=facts.from_number, to_number=facts.to_number)
        self.send = send

    def say(self, text: str, *, voice: Mapping[str, object] | None = None, participant: str = "") -> WrittenUtterance:
        self.send({"type": "say", "text": text, "language": (voice or {}).get("language") or self.profile.language})
        return WrittenUtterance(text)

    def play_audio(self, pieces: AsyncIterator[bytes], *, text: str = "", participant: str = "") -> WrittenUtterance:
        return WrittenUtterance(text)

    def stop_speaking(self) -> None:
        """Nothing is ever being spoken."""

    async def command(self, type: str, params: Mapping[str, object], *, by: str) -> UUID:
        self.send({"type": "action", "action": type, "params": dict(params)})
        return uuid4()
