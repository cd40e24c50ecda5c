"""Who has which call open, told to those who supervise. docs/wall.md says who is shown to whom.

How this works
    Nothing is stored. Each process derives from its own open sockets who is at which call, and tells the other
    processes all of it when it changed, and every few seconds although it didn't. What a process told is forgotten
    when it tells nothing more; one that starts asks the others. Whatever is lost on the way is so mended by itself.
    What came of it all goes to the process's own sockets, as far as it is different.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from calls import live
from calls.models import User
from calls.models.accounts import Role
from calls.services.access import Access, Identity
from calls.services.accounts import includes

log = logging.getLogger(__name__)

REST_SECONDS = 0.25  # several changes are told as one
LOOK_SECONDS = 3.0
REPEAT_SECONDS = 10.0
FORGET_SECONDS = 35.0

Watchers = Mapping[str, list[str]]  # people's names by call, sorted


class _Told(NamedTuple):
    """What another process told, and until when it is believed."""

    calls: Watchers
    until: float


class Presence:
    """A part of the process's `Watch`, which hands it the sockets, and what other processes say."""

    def __init__(self, watch: Any) -> None:
        self.watch = watch
        self.loop = asyncio.get_running_loop()
        self.id = str(uuid4())
        self.elsewhere: dict[str, _Told] = {}
        self.shown: Watchers = {}
        self.said: Watchers = {}
        self.say_at = 0.0  # at once: it asks the others, too
        self.due = asyncio.Event()
        self.task = self.loop.create_task(self.run())

    def changed(self) -> None:
        """A socket came, went or turned to another call."""
        self.due.set()

    def hear(self, message: Any) -> None:
        if message["process"] == self.id:
            return
        if message["calls"]:
            self.elsewhere[message["process"]] = _Told(message["calls"], self.loop.time() + FORGET_SECONDS)
        else:
            self.elsewhere.pop(message["process"], None)
        if message["asks"]:
            self.say_at = 0.0
        self.due.set()

    async def run(self) -> None:
        asks = True
        while True:
            try:
                await self.refresh(asks=asks)
                asks = False
            except Exception:
                log.exception("could not tell who is at which call")
            await asyncio.sleep(REST_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self.due.wait()
            self.due.clear()

    async def refresh(self, *, asks: bool = False) -> None:
        now = self.loop.time()
        here = gather(socket.watching for socket in self.watch.sockets)
        if asks or here != self.said or (here and now >= self.say_at):
            self.say(here, asks=asks)
            self.say_at = now + REPEAT_SECONDS
        self.elsewhere = {process: told for process, told in self.elsewhere.items() if told.until > now}
        everywhere = [here, *(told.calls for told in self.elsewhere.values())]
        shown = gather((call, name) for calls in everywhere for call, names in calls.items() for name in names)
        calls = {*shown, *self.shown}
        different = {call: shown.get(call, []) for call in calls if shown.get(call) != self.shown.get(call)}
        self.shown = shown
        if different:
            if unknown := different.keys() - self.watch.calls.keys():
                await self.watch.learn_calls(unknown)
            for socket in list(self.watch.sockets):
                socket.show_watchers(different)

    def say(self, calls: Watchers, *, asks: bool = False) -> None:
        self.said = calls
        live.tell_everybody({"type": "presence", "process": self.id, "calls": calls, "asks": asks})

    def close(self) -> None:
        self.task.cancel()
        if self.said:
            self.say({})


def gather(pairs: Iterable[tuple[str, str] | None]) -> dict[str, list[str]]:
    """People's names by call, of (call, name) pairs, each once; None is nobody."""
    found: dict[str, set[str]] = {}
    for pair in pairs:
        if pair is not None:
            found.setdefault(pair[0], set()).add(pair[1])
    return {call: sorted(names) for call, names in found.items()}


def may_know(identity: Identity, access: Access) -> bool:
    """Whether who is at which call is told here: to people who may act on calls, not to programs."""
    return identity.key is None and includes(access.right, "control")


def watching(call_id: UUID, user: User, identity: Identity) -> tuple[str, str] | None:
    """How a socket counts. A program is nobody, and an agent is in the call, not at it."""
    if identity.key is not None or (user.role == Role.AGENT and not user.is_admin):
        return None
    return str(call_id), user.get_username()
