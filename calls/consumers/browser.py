"""What browser sockets share, and those that follow one call: a snapshot, then events. The wall's is in `wall`.

How this works
    Everything of one socket happens in `dispatch`, one message at a time: what the browser sends, what the live bus
    sends, `access` when the watch finds that it may do something else than before, and `tick`, by the clock. Layer
    messages cost no database hop (Channels' own dispatch makes one for each). What goes out goes through a bounded
    `Outbox`; a browser that doesn't keep up is closed with 1013 and comes back for a snapshot.

    The group is joined before the snapshot is read, and events up to the snapshot's `seq` are left out, so that
    snapshot and events fit without a gap. A browser that sees one asks for another snapshot; it gets one a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn
from uuid import UUID

import msgspec
from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer

from calls import live, shapes
from calls.consumers.outbox import MAX_MESSAGES, Outbox
from calls.consumers.presence import Watchers, may_know, watching
from calls.consumers.viewer import Refused, find_viewer, paired_viewer, ticket_of
from calls.consumers.watch import forget_socket, get_watch
from calls.models import Call
from calls.services import reading
from calls.services.access import Access, Identity, Scope
from calls.services.embeds import EmbedGrant, EmbedRefused, PairedGrant, take_ticket
from calls.shape import encode

log = logging.getLogger(__name__)

JOIN_SECONDS = 3600.0  # how often groups are joined again: memberships of the in-memory layer end after a day
POLL_SECONDS = 5.0  # an embed that waits for its call also looks by the clock, should the bus have lost the start
SNAPSHOT_SECONDS = 1.0
MAX_MESSAGE = 4096  # characters a browser may send at once
MAX_BAD_MESSAGES = 20
MAX_COMMANDS = 100  # of a snapshot, the newest
MAX_ALERTS = 200  # the same
MAX_WANTED = 200  # calls asked for at once; more become a whole snapshot

POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013


class ClientMessage(msgspec.Struct):
    type: str
    call_id: UUID | None = msgspec.field(default=None, name="callId")


class _Seq(msgspec.Struct):
    seq: int


_read_client_message = msgspec.json.Decoder(ClientMessage).decode
read_seq = msgspec.json.Decoder(_Seq).decode


class BrowserConsumer(AsyncConsumer):
    """What all sockets share."""

    identity: Identity  # both from `admit` on
    access: Access
    outbox: Outbox | None = None
    groups: set[str]
    watching: tuple[str, str] | None = None  # the call that a person has open here, and the person's name
    had_snapshot = False
    tick_seconds = JOIN_SECONDS
    max_waiting = MAX_MESSAGES  # messages on their way; one that falls further behind is closed

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        self.groups = set()
        self.wanted: set[UUID | None] = set()  # snapshots asked for: of calls, or (None) of everything
        self.bad_messages = 0
        self.loop = asyncio.get_running_loop()
        self.next_tick = self.loop.time() + self.tick_seconds
        self.next_snapshot = 0.0
        self.arriving: asyncio.Future[Any] | None = None
        self.told: asyncio.Future[Access | None] = self.loop.create_future()
        self.receive_from_browser = receive
        try:
            await super().__call__(scope, self.receive_or_tick, send)
        finally:
            if self.arriving is not None:
                self.arriving.cancel()
            if self.outbox is not None:
                await self.outbox.close()
            await forget_socket(self)
            for group in self.groups:
                await live.leave(group, self.channel_name)

    async def receive_or_tick(self) -> Any:
        """The browser's next message, what the watch has to tell, or a tick when it is time for one."""
        if self.arriving is None:
            self.arriving = asyncio.ensure_future(self.receive_from_browser())
        due = min(self.next_tick, self.next_snapshot) if self.wanted else self.next_tick
        done, _ = await asyncio.wait(
            [self.told, self.arriving], timeout=max(0.0, due - self.loop.time()), return_when=asyncio.FIRST_COMPLETED
        )
        if self.told in done:
            access, self.told = self.told.result(), self.loop.create_future()
            return {"type": "access", "access": access}
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
            case "access":
                await self.on_access(message["access"])
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
        get_watch().sockets.add(self)
        await self.base_send({"type": "websocket.accept"})
        self.outbox = Outbox(self.base_send, self.max_waiting)
        await self.begin()
        get_watch().presence.changed()

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
        self.outbox.put(message if isinstance(message, str) else encode(message).decode())

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
        for group in self.groups:
            await live.join(group, self.channel_name)

    # The watch

    def tell_access(self, access: Access | None) -> None:
        if not self.told.done():
            self.told.set_result(access)

    async def on_access(self, access: Access | None) -> None:
        """Something was given or taken. What was opened with more ends: opened anew, it shows what is left."""
        if access is None or not access.covers(self.access):
            await self.end(POLICY_VIOLATION)
        self.access = access

    def show_watchers(self, calls: Watchers) -> None:
        """Who is at which call, where it is different."""

    # What each socket does in its own way

    async def admit(self) -> None:
        """Sets `identity` and `access`. Raises `Refused` unless the socket may be opened."""
        raise NotImplementedError

    async def begin(self) -> None:
        """After the upgrade: join, and want the first snapshot."""
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
    shows_notes = True

    async def begin(self) -> None:
        await self.join(live.call_group(self.call_id))
        self.wanted.add(None)

    async def send_snapshot(self, wanted: set[UUID | None]) -> None:
        self.seq = await live.current_seq(self.call_id)
        text = await database_sync_to_async(call_snapshot)(self.seq, self.call_id, self.shows_notes)
        if text is None:  # deleted meanwhile
            await self.end(POLICY_VIOLATION)
        self.put(text)
        self.had_snapshot = True
        call_id = str(self.call_id)
        self.show_watchers({call_id: get_watch().presence.shown.get(call_id, [])})

    def show_watchers(self, calls: Watchers) -> None:
        names = calls.get(str(self.call_id)) if self.had_snapshot else None
        if names is not None and may_know(self.identity, self.access):
            self.put({"type": "presence", "watching": names})

    def on_event(self, text: str) -> None:
        if read_seq(text).seq > self.seq and (self.shows_notes or '"type":"note.' not in text[:40]):
            self.put(text)

    async def on_batch(self, events: list[list[str]]) -> None:
        """What the wall still sent while it was left."""


class CallConsumer(_CallEvents):
    """`/ws/calls/<uuid:call_id>/`: one call, for people and API keys."""

    async def admit(self) -> None:
        self.call_id = self.scope["url_route"]["kwargs"]["call_id"]
        await database_sync_to_async(self.find)()

    def find(self) -> None:
        user, self.identity, self.access, by = find_viewer(self.scope)
        call = Call.objects.visible_to(user).filter(id=self.call_id).first()
        if call is None:
            raise Refused(404, "There is no such call, or it is not one of yours.")
        reading.note_call(call, by=by)
        self.watching = watching(self.call_id, user, self.identity)


class EmbedConsumer(_CallEvents):
    """`/ws/embed/?ticket=…`: one call by its vendor's id, from before it starts: of an embed key's profile, or of those
    that the person sees who paired the iFrame."""

    grant: EmbedGrant | PairedGrant
    waiting = True

    async def admit(self) -> None:
        await database_sync_to_async(self.find)()

    def find(self) -> None:
        try:
            self.grant = take_ticket(ticket_of(self.scope))
        except EmbedRefused as error:
            raise Refused(403, str(error)) from None
        if isinstance(self.grant, EmbedGrant):
            self.identity, self.access = Identity(embed_key=self.grant.key.id), Access("read", Scope())
            self.shows_notes = False  # an embed key is many people's, and knows none of them
        elif self.grant.vendor_call_id:
            _, self.identity, self.access, _ = paired_viewer(self.grant.pairing)
        else:
            raise Refused(403, "This ticket names no call.")

    async def begin(self) -> None:
        await self.join(live.WALL)
        if not await self.find_call():
            self.tick_seconds = POLL_SECONDS
            self.next_tick = self.loop.time() + POLL_SECONDS
            self.put({"type": "waiting"})

    def look_for_call(self) -> Call | None:
        call = self.grant.call()
        if call is not None:
            reading.note_call(call, by=self.grant.by)
        return call

    async def find_call(self) -> bool:
        """Follows the call, if it is there."""
        call = await database_sync_to_async(self.look_for_call)()
        if call is None:
            return False
        self.waiting = False
        self.tick_seconds = JOIN_SECONDS
        self.call_id = call.id
        if isinstance(self.grant, PairedGrant):
            self.watching = watching(call.id, self.grant.user, self.identity)
        await super().begin()
        await self.leave(live.WALL)
        return True

    async def on_batch(self, events: list[list[str]]) -> None:
        vendor_id = f'"callId":{encode(self.grant.vendor_call_id).decode()}'
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


def call_snapshot(seq: int, call_id: UUID, shows_notes: bool) -> str | None:
    """Blocking."""
    call = Call.objects.for_display().filter(id=call_id).first()
    if call is None:
        return None
    commands = reversed(call.commands.order_by("-requested_at", "-id")[:MAX_COMMANDS])
    gaps = call.skipped_passages.open()
    alerts = call.alerts.open_first()[:MAX_ALERTS]
    notes = call.notes.all() if shows_notes else ()
    return encode(shapes.snapshot(seq, call, call.segments.all(), gaps, commands, alerts, notes)).decode()
