"""AudioCodes and Ringover as the tests know them: written from the protocols' facts, apart from the hub's simulators."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

FORMATS = {
    "mulaw": ("mulaw", 8000),
    "lpcm16": ("l16", 16000),
    "lpcm16_8": ("l16", 8000),
    "lpcm16_24": ("l16", 24000),
}  # by what follows `raw/` or `wav/`


class Peer:
    """A socket, and everything that came in on it, with the time of its arrival."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.clock = asyncio.get_running_loop().time
        self.inbox: list[tuple[float, Any]] = []
        self.arrived = asyncio.Event()
        self.reader = asyncio.ensure_future(self.read())

    async def read(self) -> None:
        with suppress(Exception):
            async for message in self.socket:
                assert isinstance(message, str), "both vendors are spoken to in JSON text"
                self.inbox.append((self.clock(), json.loads(message)))
                self.arrived.set()
        self.arrived.set()

    async def send(self, message: object) -> None:
        await self.socket.send(json.dumps(message))

    async def until(self, wanted: Callable[[Any], bool], seconds: float = 10, start: int = 0) -> Any:
        """The first message since `start` that is wanted."""
        at = start
        async with asyncio.timeout(seconds):
            while True:
                for number in range(at, len(self.inbox)):
                    if wanted(self.inbox[number][1]):
                        return self.inbox[number][1]
                at = len(self.inbox)
                assert not self.reader.done(), f"the hub closed; it said {[message for _, message in self.inbox][-5:]}"
                self.arrived.clear()
                await self.arrived.wait()

    async def close(self) -> None:
        await self.socket.close()
        self.reader.cancel()

    def drop(self) -> None:
        """As a network does it."""
        self.socket.transport.abort()


class AudioCodes(Peer):
    media_format = ""

    async def initiate(self, conversation_id: str, formats: list[str], *, audio: bool = True) -> None:
        self.conversation_id = conversation_id
        await self.say(
            "session.initiate",
            botName="test",
            caller="+12025550100",
            expectAudioMessages=audio,
            supportedMediaFormats=formats,
        )
        accepted = await self.until(lambda message: message["type"] in ("session.accepted", "session.error"))
        assert accepted["type"] == "session.accepted", accepted
        self.media_format = accepted["mediaFormat"]

    async def start(self, **parameters: object) -> None:
        event = {
            "type": "event",
            "name": "start",
            "parameters": {"caller": "+12025550100", "callee": "100"} | parameters,
        }
        await self.say("activities", activities=[{"id": "1", **event}])

    async def say(self, type: str, **fields: object) -> None:
        await self.send({"type": type, "conversationId": self.conversation_id, **fields})

    async def open_stream(self) -> None:
        seen = len(self.inbox)
        await self.say("userStream.start")
        await self.until(lambda message: message["type"] == "userStream.started", start=seen)

    async def chunk(self, audio: bytes) -> None:
        await self.say("userStream.chunk", audioChunk=base64.b64encode(audio).decode())

    async def press(self, digits: str) -> None:
        await self.say("activities", activities=[{"type": "event", "name": "DTMF", "value": digits}])

    def activities(self, name: str) -> list[Any]:
        return [
            activity
            for _, message in self.inbox
            if message["type"] == "activities"
            for activity in message["activities"]
            if activity.get("name") == name
        ]

    async def activity(self, name: str, seconds: float = 10) -> Any:
        await self.until(
            lambda m: m["type"] == "activities" and any(a.get("name") == name for a in m["activities"]), seconds
        )
        return self.activities(name)[-1]

    def played(self) -> bytes:
        """The bodies of all play streams' chunks, in order."""
        return b"".join(
            base64.b64decode(message["audioChunk"], validate=True)
            for _, message in self.inbox
            if message["type"] == "playStream.chunk"
        )


class Ringover(Peer):
    def played(self) -> bytes:
        return b"".join(
            base64.b64decode(message["data"]["audioData"], validate=True)
            for _, message in self.inbox
            if message.get("type") == "streamAudio"
        )

    async def event(self, name: str, seconds: float = 10) -> Any:
        return await self.until(lambda message: message.get("event") == name, seconds)


async def paced(socket_send: Callable[[bytes], Any], audio: bytes, *, bytes_a_second: int, frame_ms: int = 20) -> None:
    """Sends in real time."""
    clock = asyncio.get_running_loop().time
    began, size = clock(), bytes_a_second * frame_ms // 1000
    for number, at in enumerate(range(0, len(audio), size)):
        if (early := began + number * frame_ms / 1000 - clock()) > 0:
            await asyncio.sleep(early)
        await socket_send(audio[at : at + size])


@asynccontextmanager
async def open_peer(kind: type[Any], url: str, secret: str = "") -> AsyncIterator[Any]:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    async with connect(url, additional_headers=headers, compression=None, ping_interval=None, max_size=None) as socket:
        peer = kind(socket)
        try:
            yield peer
        finally:
            await peer.close()
