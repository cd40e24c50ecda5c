"""A RingCX of the tests' own: sends what it is told to, well-formed or not."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Iterable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

FRAME = 160  # bytes of 20 ms

METADATA: dict[str, Any] = {
    "callId": "2026-1",
    "sessionId": 2,
    "ani": "2223334444",
    "dnis": "8005550100",
    "accountId": "99990000",
    "subaccountId": "99990001",
    "rcAccountId": "123456789",
    "agentId": 123,
    "productType": "Queue",
    "productId": 1234,
    "contentType": "audio/x-mulaw",
    "sampleRateHertz": 8000,
}


@asynccontextmanager
async def ringcx(url: str, **options: Any) -> Any:
    """An open connection without compression, pings or a size limit."""
    options = {"compression": None, "ping_interval": None, "max_size": None, "close_timeout": 5} | options
    async with connect(url, **options) as socket:
        yield socket


async def send(socket: ClientConnection, message: object) -> None:
    await socket.send(json.dumps(message))


async def begin(socket: ClientConnection, **metadata: Any) -> None:
    await send(socket, {"event": "Connected", "protocol": "AgentSession", "version": "1.0.0"})
    await send(socket, {"event": "Start", "metadata": METADATA | metadata})


def media(perspective: str, sequence: object, audio: bytes) -> str:
    encoded = base64.b64encode(audio).decode()
    return json.dumps({"event": "Media", "perspective": perspective, "sequenceId": sequence, "media": encoded})


async def stop(socket: ClientConnection, times: int = 2) -> None:
    for _ in range(times):
        await send(socket, {"event": "Stop", "metadata": {"duration": 1, "end_time": "2026-01-14T00:00:00Z"}})


async def send_at(socket: ClientConnection, messages: Iterable[tuple[float, str]]) -> None:
    """Sends each message at its time, in seconds from now."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for at, message in sorted(messages):
        delay = start + at - loop.time()
        if delay > 0:
            await asyncio.sleep(delay)
        await socket.send(message)


async def talk(socket: ClientConnection, seconds: float, first: int = 1, seed: int = 0) -> tuple[bytes, bytes]:
    """Streams noise on both perspectives in real time. Returns what was sent: the agent's and the customer's bytes."""
    count = round(seconds * 50)
    agent, customer = random.Random(seed).randbytes(count * FRAME), random.Random(seed + 1).randbytes(count * FRAME)
    messages = []
    for index in range(count):
        piece = slice(index * FRAME, (index + 1) * FRAME)
        messages.append((index * 0.02, media("Participant", str(first + index), agent[piece])))
        messages.append((index * 0.02, media("Conference", str(first + index), customer[piece])))
    await send_at(socket, messages)
    return agent, customer
