"""`/ws/calls/<id>/listen/`: the audio of a live call, for people and API keys with the right to control calls.

Each message is a byte for the track (0 agent, 1 customer, 2 bot), the place on the call's timeline in milliseconds as
uint32, little-endian, and 100 ms of mu-law at 8000 Hz. The audio flows because this socket asks for it, again and again:
see `session.listening`. Who doesn't keep up is closed with 1013, after some seconds, and comes back to the present.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID, uuid4

import msgspec
from channels.db import database_sync_to_async

from calls import live
from calls.audio.pieces import TRACKS
from calls.consumers.browser import BrowserConsumer
from calls.consumers.viewer import Refused, find_viewer
from calls.services import listening
from calls.services.audit import Requester

log = logging.getLogger(__name__)

RENEW_SECONDS = 2.5
LEASE_SECONDS = 8.0
SILENT_SECONDS = 1.0  # without audio of its customer, a stream no longer keeps off those behind it
MAX_PIECES = 60  # that wait for a slow listener: 3 s of two tracks, beside what the network holds
NORMAL = 1000


class _Event(msgspec.Struct):
    type: str


_read_type = msgspec.json.Decoder(_Event).decode


class ListenConsumer(BrowserConsumer):
    tick_seconds = RENEW_SECONDS
    max_waiting = MAX_PIECES
    call_id: UUID
    by: Requester
    entry: UUID | None = None  # of the audit, since it was granted
    is_over = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.id = uuid4()
        self.customer: tuple[str, float] | None = None  # the stream whose customer is heard, and since when it was not
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.entry is not None:
                await asyncio.shield(self.leave_audio())

    async def leave_audio(self) -> None:
        self.ask(0)
        try:
            await database_sync_to_async(listening.end_listening)(
                call_id=self.call_id, by=self.by, entry=self.entry, seconds=self.loop.time() - self.began
            )
        except Exception:
            log.exception("the end of listening to call %s could not be written down", self.call_id)

    async def admit(self) -> None:
        self.call_id = self.scope["url_route"]["kwargs"]["call_id"]
        await database_sync_to_async(self.find)()
        self.began = self.loop.time()

    def find(self) -> None:
        _, self.identity, self.access, self.by = find_viewer(self.scope)
        try:
            self.entry = listening.begin_listening(call_id=self.call_id, by=self.by, right=self.access.right)
        except listening.ListenRefused as refused:
            raise Refused(refused.status, str(refused)) from None

    async def begin(self) -> None:
        await self.join(live.call_group(self.call_id))  # tells of the end
        await self.join(live.audio_group(self.call_id))
        self.ask(LEASE_SECONDS)
        await self.look()

    def ask(self, seconds: float) -> None:
        live.tell_everybody({"type": "listen", "call": self.call_id, "listener": self.id, "seconds": seconds})

    async def look(self) -> None:
        if not await database_sync_to_async(listening.is_live)(self.call_id):
            await self.end(NORMAL)

    async def on_tick(self) -> None:
        due = self.loop.time() >= self.next_tick
        await super().on_tick()
        if due:
            self.ask(LEASE_SECONDS)
            await self.look()

    async def dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] == "live.audio":
            self.on_audio(message["source"], message["pieces"])
        await super().dispatch(message)
        if self.is_over:
            await self.end(NORMAL)

    def on_audio(self, source: str, pieces: list[bytes]) -> None:
        """Streams of one call hear the same customer: the first of them that has one counts, as in the recording."""
        assert self.outbox is not None
        now = self.loop.time()
        for piece in pieces:
            if piece[0] == TRACKS["customer"]:
                if self.customer and source > self.customer[0] and now - self.customer[1] < SILENT_SECONDS:
                    continue
                self.customer = source, now
            self.outbox.put(piece)

    def on_event(self, text: str) -> None:
        self.is_over = self.is_over or _read_type(text).type == "call.ended"

    async def send_snapshot(self, wanted: set[UUID | None]) -> None:
        """There is none: audio is of the moment."""

    async def on_batch(self, events: list[list[str]]) -> None:
        """Of the wall, which is not joined."""
