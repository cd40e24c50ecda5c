"""The sockets of the wall, of one call and of the embed: a snapshot, then events.

How this works
    Everything of one socket happens in `dispatch`, one message at a time: what the browser sends, what the live bus
    sends, and `tick`, which comes by the clock. Layer messages cost no database hop (Channels' own dispatch makes one
    for each). What goes out goes through a bounded `Outbox`; a browser that doesn't keep up is closed with 1013 and
    comes back for a snapshot.

    The group is joined before the snapshot is read, and events up to the snapshot's `seq` are left out, so that
    snapshot and events fit without a gap. A browser that sees one asks for another snapshot; it gets one a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from calls import live, shapes
from calls.consumers.outbox import Outbox
from calls.consumers.viewer import Headers, Refused, Viewer, find_viewer, still_allowed
from calls.models import Call, EmbedKey, Segment
from calls.services.embeds import EmbedGrant, EmbedRefused, take_ticket

log = logging.getLogger(__name__)

CHECK_SECONDS = 60.0  # how often an open socket's session, key or profile is looked at again
POLL_SECONDS = 5.0  # an embed that waits for its call also looks by the clock, should the bus have lost the start
SNAPSHOT_SECONDS = 1.0
MAX_MESSAGE = 4096  # characters a browser may send at once
MAX_BAD_MESSAGES = 20
MAX_WANTED = 200  # calls asked for at once; more become a whole snapshot

POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013


class ClientMessage(msgspec.Struct):
    type: str
    call_id: UUID | None = msgspec.field(default=None, name="callId")


class _Seq(msgspec.Struct):
    seq: int


_read_client_message = msgspec.json.Decoder(ClientMessage).decode
_read_seq = msgspec.json.Decoder(_Seq).decode


class BrowserConsumer(AsyncConsumer):
    """What the three sockets share."""

    outbox: Outbox | None = None
    groups: set[str]
    tick_seconds = CHECK_SECONDS

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        self.groups = set()
        self.wanted: set[UUID | None] = set()  # snapshots asked for: of calls, or (None) of everything
        self.bad_messages = 0
        self.loop = asyncio.get_running_loop()
        self.next_tick = self.loop.time() + self.tick_seconds
        self.next_snapshot = 0.0
        self.arriving: asyncio.Future[Any] | None = None
        self.receive_from_browser = receive
        try:
            await super().__call__(scope, self.receive_or_tick, send)
        finally:
            if self.arriving is not None:
                self.arriving.cancel()
            if self.outbox is not None:
                await self.outbox.close()
            for group in self.groups:
                await live.leave(group, self.channel_name)

    async def receive_or_tick(self) -> Any:
        """The browser's next message, or a tick when it is time for one."""
        if self.arriving is None:
            self.arriving = asyncio.ensure_future(self.receive_from_browser())
        due = min(self.next_tick, self.next_snapshot) if self.wanted else self.next_tick
        done, _ = await asyncio.wait([self.arriving], timeout=max(0.0, due - self.loop.time()))
        if not done:
            return {"type": "tick"}
        message, self.arriving = self.arriving.result(), None
        return message

    async def dispatch(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "live.event":
                self.on_event(message["text"])
            case "live.batch":
                await self.on_batch(message["events"])
            case "tick":
                await self.on_tick()
            case "websocket.receive":
                await self.on_message(message.get("text"))
            case "websocket.connect":
                await self.on_connect()
            case "websocket.disconnect":
                raise StopConsumer
        if self.wanted and self.loop.time() >= self.next_snapshot:
            wanted, self.wanted = self.wanted, set()
            self.next_snapshot = self.loop.time() + SNAPSHOT_SECONDS
            await self.send_snapshot(wanted)
        if self.outbox is not None and self.outbox.overflowed:
            log.info("a browser did not keep up and was closed: %s", self.scope.get("path"))
            await self.end(TRY_AGAIN_LATER)

    # The browser

    async def on_connect(self) -> None:
        try:
            await self.admit()
        except Refused as refused:
            await self.refuse(refused)
        await self.base_send({"type": "websocket.accept"})
        self.outbox = Outbox(self.base_send)
        await self.begin()

    async def on_message(self, text: str | None) -> None:
        try:
            if text is None or len(text) > MAX_MESSAGE:
                raise ValueError("a short JSON text was expected")
            message = _read_client_message(text)
            if message.type == "ping":  # a browser can't tell a silent socket from a dead one by itself
                self.put('{"type":"pong"}')
                return
            if message.type != "snapshot":
                raise ValueError(f"unknown type {message.type[:40]!r}")
        except (ValueError, msgspec.MsgspecError) as error:
            self.bad_messages += 1
            if self.bad_messages > MAX_BAD_MESSAGES:
                await self.end(POLICY_VIOLATION)
            self.put({"type": "error", "code": "bad_message", "detail": str(error)})
            return
        self.wanted.add(message.call_id)
        if len(self.wanted) > MAX_WANTED:
            self.wanted = {None}

    def put(self, message: dict[str, Any] | str) -> None:
        assert self.outbox is not None
        self.outbox.put(message if isinstance(message, str) else shapes.encode(message).decode())

    async def refuse(self, refused: Refused) -> NoReturn:
        """Answers the upgrade with a status, where the server can (else it becomes a 403)."""
        if "websocket.http.response" in self.scope.get("extensions", {}):
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
            await self.base_send(
                {"type": "websocket.http.response.start", "status": refused.status, "headers": headers}
            )
            await self.base_send({"type": "websocket.http.response.body", "body": str(refused).encode()})
        else:
            await self.base_send({"type": "websocket.close"})
        raise StopConsumer

    async def end(self, code: int) -> NoReturn:
        """Closes from our side. A browser that takes nothing any more doesn't take the close frame either."""
        assert self.outbox is not None
        await self.outbox.close()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await self.base_send({"type": "websocket.close", "code": code})
        raise StopConsumer

    # The bus

    async def join(self, group: str) -> None:
        await live.join(group, self.channel_name)
        self.groups.add(group)

    async def leave(self, group: str) -> None:
        self.groups.discard(group)
        await live.leave(group, self.channel_name)

    async def on_tick(self) -> None:
        if self.loop.time() < self.next_tick:
            return  # it came for a snapshot
        self.next_tick = self.loop.time() + self.tick_seconds
        if not await database_sync_to_async(self.check)():
            await self.end(POLICY_VIOLATION)
        for group in self.groups:  # memberships of the in-memory layer end after a day
            await live.join(group, self.channel_name)

    # What each socket does in its own way

    async def admit(self) -> None:
        """Raises `Refused` unless the socket may be opened."""
        raise NotImplementedError

    async def begin(self) -> None:
        """After the upgrade: join, and want the first snapshot."""
        raise NotImplementedError

    def check(self) -> bool:
        """Blocking. Whether the socket may stay open."""
        raise NotImplementedError

    async def send_snapshot(self, wanted: set[UUID | None]) -> None:
        raise NotImplementedError

    def on_event(self, text: str) -> None:
        raise NotImplementedError

    async def on_batch(self, events: list[list[str]]) -> None:
        raise NotImplementedError


class _CallEvents(BrowserConsumer):
    """Follows one call."""

    call_id: UUID
    seq = 0  # of the last snapshot

    async def begin(self) -> None:
        await self.join(live.call_group(self.call_id))
        self.wanted.add(None)

    async def send_snapshot(self, wanted: set[UUID | None]) -> None:
        self.seq = await live.current_seq(self.call_id)
        text = await database_sync_to_async(call_snapshot)(self.seq, self.call_id)
        if text is None:  # deleted meanwhile
            await self.end(POLICY_VIOLATION)
        self.put(text)

    def on_event(self, text: str) -> None:
        if _read_seq(text).seq > self.seq:
            self.put(text)

    async def on_batch(self, events: list[list[str]]) -> None:
        """What the wall still sent while it was left."""


class CallConsumer(_CallEvents):
    """`/ws/calls/<uuid:call_id>/`: one call, for people and API keys."""

    viewer: Viewer

    async def admit(self) -> None:
        self.call_id = self.scope["url_route"]["kwargs"]["call_id"]
        self.viewer = await database_sync_to_async(self.find)()

    def find(self) -> Viewer:
        viewer = find_viewer(Headers(self.scope))
        if not Call.objects.filter(id=self.call_id).exists():
            raise Refused(404, "There is no such call.")
        return viewer

    def check(self) -> bool:
        return still_allowed(self.viewer)


class EmbedConsumer(_CallEvents):
    """`/ws/embed/?ticket=…`: one call of one profile, by its vendor's id, from before it starts."""

    grant: EmbedGrant
    waiting = True

    async def admit(self) -> None:
        ticket = parse_qs(self.scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
        try:
            self.grant = await database_sync_to_async(take_ticket)(ticket)
        except EmbedRefused as error:
            raise Refused(403, str(error)) from None

    async def begin(self) -> None:
        await self.join(live.WALL)
        if not await self.find_call():
            self.tick_seconds = POLL_SECONDS
            self.next_tick = self.loop.time() + POLL_SECONDS
            self.put({"type": "waiting"})

    async def find_call(self) -> bool:
        """Follows the call, if it is there."""
        call = await database_sync_to_async(self.grant.call)()
        if call is None:
            return False
        self.waiting = False
        self.tick_seconds = CHECK_SECONDS
        self.call_id = call.id
        await super().begin()
        await self.leave(live.WALL)
        return True

    async def on_batch(self, events: list[list[str]]) -> None:
        vendor_id = f'"callId":{shapes.encode(self.grant.vendor_call_id).decode()}'
        if self.waiting and any('"type":"call.' in text[:120] and vendor_id in text for _, text in events):
            await self.find_call()

    async def on_tick(self) -> None:
        due = self.loop.time() >= self.next_tick
        await super().on_tick()
        if due and self.waiting:
            await self.find_call()

    async def send_snapshot(self, wanted: set[UUID | None]) -> None:
        if self.waiting:
            self.put({"type": "waiting"})
        else:
            await super().send_snapshot(wanted)

    def check(self) -> bool:
        return EmbedKey.objects.filter(id=self.grant.key.id, profile__enabled=True).exists()


class DashboardConsumer(BrowserConsumer):
    """`/ws/dashboard/`: the wall of live calls."""

    viewer: Viewer

    async def admit(self) -> None:
        self.viewer = await database_sync_to_async(find_viewer)(Headers(self.scope))
        self.seqs: dict[str, int] = {}  # of snapshots whose earlier events may still be on their way

    async def begin(self) -> None:
        await self.join(live.WALL)
        self.wanted.add(None)

    def check(self) -> bool:
        return still_allowed(self.viewer)

    async def send_snapshot(self, wanted: set[UUID | None]) -> None:
        ids = None if None in wanted else {call_id for call_id in wanted if call_id is not None}
        live_ids = await database_sync_to_async(live_call_ids)(ids)
        seqs = await live.current_seqs(live_ids)
        calls = await database_sync_to_async(wall_snapshot)(seqs)
        if ids is None:
            self.seqs = seqs
            self.put('{"type":"snapshot","calls":[' + ",".join(calls.values()) + "]}")
            return
        self.seqs |= seqs
        for call_id in map(str, ids):
            self.put(f'{{"type":"snapshot","callId":"{call_id}","calls":[{calls.get(call_id, "")}]}}')

    async def on_batch(self, events: list[list[str]]) -> None:
        fresh = [text for call_id, text in events if call_id not in self.seqs or self.is_fresh(call_id, text)]
        if fresh:
            self.put('{"type":"batch","events":[' + ",".join(fresh) + "]}")

    def is_fresh(self, call_id: str, text: str) -> bool:
        if _read_seq(text).seq <= self.seqs[call_id]:
            return False
        del self.seqs[call_id]  # a call's events come in order: the later ones are fresh too
        return True

    def on_event(self, text: str) -> None:
        """The wall joins no call's group."""


# Blocking reads


def call_snapshot(seq: int, call_id: UUID) -> str | None:
    call = Call.objects.for_display().filter(id=call_id).first()
    if call is None:
        return None
    return shapes.encode(shapes.snapshot(seq, call, call.segments.all(), call.skipped_passages.open())).decode()


def live_call_ids(only: set[UUID] | None) -> list[str]:
    calls = Call.objects.live()
    if only is not None:
        calls = calls.filter(id__in=only)
    return [str(call_id) for call_id in calls.order_by("started_at").values_list("id", flat=True)]


def wall_snapshot(seqs: dict[str, int]) -> dict[str, str]:
    """JSON of each call with its newest segment a track, in a constant number of queries."""
    newest = Window(RowNumber(), partition_by=[F("call"), F("track")], order_by=[F("start_ms").desc(), F("id").desc()])
    last: dict[str, dict[str, shapes.SegmentShape]] = {}
    segments = Segment.objects.filter(call__in=list(seqs)).annotate(rank=newest).filter(rank=1)
    for segment in segments.defer("words"):
        segment.words = []  # a card shows none, and with hundreds of calls they weigh
        last.setdefault(str(segment.call_id), {})[segment.track] = shapes.segment_shape(segment)
    calls = Call.objects.for_display().filter(id__in=list(seqs))
    return {
        call_id: shapes.encode(
            {"seq": seqs[call_id], "call": shapes.call_shape(call), "last": last.get(call_id, {})}
        ).decode()
        for call_id, call in ((str(call.id), call) for call in calls.order_by("started_at", "id"))
    }
