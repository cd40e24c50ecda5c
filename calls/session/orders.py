"""Hands commands to the sessions of this process: at once when it is told of them, within a second when it was not."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from django.utils import timezone

from calls import live
from calls.services import commands as command_service
from calls.services.commands import Order as Order

if TYPE_CHECKING:
    from calls.session.call_session import CallSession
    from calls.session.runtime import Runtime

log = logging.getLogger(__name__)


class Dispatcher:
    """One a process, on its event loop. No command is executed twice, and none later than `SEND_SECONDS`."""

    LOOK_SECONDS = 1.0

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.taken: dict[UUID, float] = {}  # orders and when they came, for as long as they may come again
        self.next_look = 0.0
        self.work: set[asyncio.Task[Any]] = set()
        self.looking: asyncio.Task[None] | None = None
        self.listener = live.listen_process(runtime.id, self.on_message)

    def on_message(self, message: Any) -> None:
        match message:
            case {"type": "command", "order": order}:
                self.take(msgspec.convert(order, Order))
            case {"type": "superseded", "stream_id": stream_id}:
                session = self.session_of(UUID(stream_id))
                if session is not None:
                    session.superseded()
            case _:
                log.error("a message that this version does not know: %s", message)

    def take(self, order: Order, *, told: bool = True) -> None:
        """`told`: by whoever stored it, else found in the database."""
        age = (timezone.now() - order.requested_at).total_seconds()
        if order.id in self.taken or age > command_service.SEND_SECONDS:
            return
        session = self.session_of(order.stream_id)
        if session is None and told and any(session.stream_id is None for session in self.runtime.sessions):
            return  # one of these may be just about to know its id: the next look decides
        self.taken[order.id] = self.runtime.loop.time()
        if session is None:
            self.run(self.fail(order))
        else:
            session.execute(order)

    def session_of(self, stream_id: UUID) -> CallSession | None:
        return next((session for session in self.runtime.sessions if session.stream_id == stream_id), None)

    async def fail(self, order: Order) -> None:
        try:
            await self.runtime.database(
                command_service.note_outcome, order.id, ok=False, detail=command_service.TOO_LATE
            )
        except Exception:
            log.exception("the end of command %s could not be stored; it expires", order.id)

    def tick(self, now: float) -> None:
        """Ten times a second."""
        if now < self.next_look or not self.runtime.sessions or (self.looking and not self.looking.done()):
            return
        self.next_look = now + self.LOOK_SECONDS
        self.taken = {id: at for id, at in self.taken.items() if now - at < 2 * command_service.SEND_SECONDS}
        self.looking = self.run(self.look())

    async def look(self) -> None:
        try:
            orders = await self.runtime.database(command_service.waiting_for, self.runtime.id)
        except Exception as error:
            log.error("could not look for commands: %s", error)
            return
        for order in orders:
            self.take(order, told=False)

    def run(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = self.runtime.loop.create_task(work)
        self.work.add(task)
        task.add_done_callback(self.work.discard)
        return task

    async def close(self) -> None:
        await self.listener.close()
        if self.work:
            await asyncio.wait(self.work, timeout=2)
