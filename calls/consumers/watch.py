"""Keeps an eye on what the open sockets of this process were allowed.

One look at the database serves them all: at once where something was changed (`services.accounts.announce_change`, from
whichever process), else every few seconds, because sessions expire, the bus may lose a word, and rows can be changed
past the services. A socket whose access is not what it was is told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Any, Protocol
from uuid import UUID

from channels.db import database_sync_to_async

from calls import live
from calls.consumers.presence import Presence, Watchers
from calls.services import connected
from calls.services.access import Access, CallFacts, Identity, call_facts, read_access

log = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
REST_SECONDS = 0.1  # between two looks, however much is changed
MAX_CALLS = 20_000  # whose facts are remembered


class Socket(Protocol):
    identity: Identity
    access: Access
    watching: tuple[str, str] | None  # the call that a person has open here, and the person's name

    def tell_access(self, access: Access | None) -> None: ...

    def show_watchers(self, calls: Watchers) -> None: ...


class Watch:
    """Exists while there are sockets, on their event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.sockets: set[Socket] = set()
        self.calls: dict[str, CallFacts] = {}  # of calls that walls told of, for all walls with a scope
        self.due = asyncio.Event()
        self.presence = Presence(self)
        self.listener = live.listen_process(live.EVERYBODY, self.hear)
        self.task = self.loop.create_task(self.run())

    def hear(self, message: Any) -> None:
        if message["type"] == "access":
            self.due.set()
        elif message["type"] == "presence":
            self.presence.hear(message)
        elif message["type"] == connected.ASKED:
            connected.answer(message, process=self.presence.id, sockets=map(describe, self.sockets))

    async def run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self.due.wait()
            except TimeoutError:
                pass
            self.due.clear()
            try:
                await self.look()
            except Exception:  # the database is away: nobody could open a socket either
                log.exception("could not look at who may see what")
            await asyncio.sleep(REST_SECONDS)

    async def look(self) -> None:
        sockets = list(self.sockets)
        found = await database_sync_to_async(read_access)({socket.identity for socket in sockets})
        for socket in sockets:
            access = found.get(socket.identity)
            if access != socket.access:
                socket.tell_access(access)

    def note_call(self, call_id: str, profile: UUID | None, agents: Collection[str]) -> None:
        self.make_room()
        self.calls[call_id] = CallFacts(profile, frozenset(agents))

    async def learn_calls(self, call_ids: Collection[str]) -> None:
        """Reads their facts anew."""
        self.make_room()
        self.calls |= await database_sync_to_async(call_facts)([UUID(call_id) for call_id in call_ids])

    def make_room(self) -> None:
        if len(self.calls) > MAX_CALLS:
            self.calls.clear()

    async def close(self) -> None:
        self.task.cancel()
        self.presence.close()
        await self.listener.close()


def describe(socket: Socket) -> connected.Connection:
    identity, call_id = socket.identity, getattr(socket, "call_id", None)
    return connected.Connection(
        kind=type(socket).__name__.removesuffix("Consumer").lower(),
        user=identity.user,
        key=identity.key,
        embed_key=identity.embed_key,
        pairing=identity.pairing,
        call=call_id,
    )


_watch: Watch | None = None


def get_watch() -> Watch:
    """This process's."""
    global _watch
    if _watch is None or _watch.loop.is_closed():
        _watch = Watch()
    return _watch


async def forget_socket(socket: Socket) -> None:
    global _watch
    watch = _watch
    if watch is not None:
        watch.sockets.discard(socket)
        watch.presence.changed()
        if not watch.sockets:
            _watch = None
            await watch.close()
