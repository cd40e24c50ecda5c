"""What is on its way to one peer. Putting never waits; a peer that doesn't keep up overflows, alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

MAX_MESSAGES = 500
MAX_CHARACTERS = 8_000_000  # one message always fits: a snapshot of a long call may be large

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Outbox:
    """A bounded queue and the task that empties it: the only one that sends while the socket is open."""

    def __init__(self, send: Send, max_messages: int = MAX_MESSAGES) -> None:
        self.send, self.max_messages = send, max_messages
        self.waiting: deque[str | bytes] = deque()
        self.characters = 0  # or bytes
        self.overflowed = False
        self.wake = asyncio.Event()
        self.empty = asyncio.Event()  # all that was put is on its way
        self.task = asyncio.get_running_loop().create_task(self.run())

    def put(self, message: str | bytes) -> None:
        self.characters += len(message)
        self.waiting.append(message)
        if len(self.waiting) > self.max_messages or (self.characters > MAX_CHARACTERS and len(self.waiting) > 1):
            self.overflowed = True
            self.waiting.clear()
        self.empty.clear()
        self.wake.set()

    async def run(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            while self.waiting:
                message = self.waiting.popleft()
                self.characters -= len(message)
                kind = "text" if isinstance(message, str) else "bytes"
                await self.send({"type": "websocket.send", kind: message})
            self.empty.set()

    async def close(self) -> None:
        self.waiting.clear()
        self.task.cancel()
        # A send to a browser that is gone fails in its own way with every server: it no longer matters.
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self.task
