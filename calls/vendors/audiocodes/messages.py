"""What the hub says to AudioCodes: each message of the protocol as JSON text."""

from __future__ import annotations

import binascii
import itertools
from collections.abc import Mapping
from uuid import uuid4

import msgspec

from calls.events import Speech
from calls.vendors.audiocodes.formats import MediaFormat

_encode = msgspec.json.Encoder().encode


def message(type: str, fields: Mapping[str, object]) -> str:
    return _encode({"type": type, **fields}).decode()


def activities(*items: Mapping[str, object]) -> str:
    return message("activities", {"activities": items})


def event(name: str, **fields: object) -> dict[str, object]:
    return {"type": "event", "name": name, **fields}


def about(participant: str | None) -> dict[str, object]:
    """Names the participant where the platform does."""
    return {} if participant is None else {"participant": participant}


def speech(heard: Speech, participant: str | None) -> list[str]:
    """The platform's barge-in and timers live on these."""
    whose = about(participant)
    match heard.kind:
        case "started" | "stopped":
            return [message(f"userStream.speech.{heard.kind}", whose)]
        case "interim" if heard.text:
            return [message("userStream.speech.hypothesis", {"alternatives": [{"text": heard.text}]})]
        case "final" if heard.text:
            alternative: dict[str, object] = {"text": heard.text}
            if heard.confidence is not None:
                alternative["confidence"] = heard.confidence
            return [
                message("userStream.speech.committed", whose),
                message("userStream.speech.recognition", {"alternatives": [alternative]}),
            ]
        case _:
            return []


class PlayStreams:
    """One stream at a time: the bot speaks as long as one is open."""

    def __init__(self) -> None:
        # Unique in the conversation, which may go on over another connection and in another process.
        prefix = uuid4().hex[:12]
        self.ids = (f"{prefix}-{number}" for number in itertools.count(1))
        self.open_id = ""
        self.header = b""  # waits for the first chunk

    def start(self, media: MediaFormat, text: str) -> list[str]:
        messages = self.stop()
        self.open_id, self.header = next(self.ids), media.header()
        fields = {"streamId": self.open_id, "mediaFormat": media.name}
        return [*messages, message("playStream.start", fields | ({"altText": text} if text else {}))]

    def chunk(self, audio: bytes) -> list[str]:
        """Nothing without an open stream: it was stopped, and this comes late."""
        if not self.open_id:
            return []
        encoded = binascii.b2a_base64(self.header + audio, newline=False).decode()
        self.header = b""
        return [f'{{"type":"playStream.chunk","streamId":"{self.open_id}","audioChunk":"{encoded}"}}']

    def stop(self) -> list[str]:
        if not self.open_id:
            return []
        stopped, self.open_id = self.open_id, ""
        return [message("playStream.stop", {"streamId": stopped})]
