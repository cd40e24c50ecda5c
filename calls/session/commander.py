"""Carries out commands on a live stream and follows each to its receipt.

A command goes one of three ways: the hub's own (say, break, the bot), the vendor's REST API, or messages of the
vendor's protocol. What the vendor then shows settles the oldest command of that type which has no outcome yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from calls.commands import BadCommand, Command
from calls.services import commands as command_service
from calls.session.orders import Order
from calls.session.playout import Spoken
from calls.vendors.base import ActionFailed, TwoWayProtocol

if TYPE_CHECKING:
    from calls.session.call_session import CallSession

log = logging.getLogger(__name__)

HUB_FAILED = "The hub failed; its log says why."
MAX_UNSETTLED = 200  # commands that still wait for the vendor's sign; older ones stay `sent`


class CommandFailed(Exception):
    """The command could not be carried out; the message is for whoever asked."""


class Commander:
    def __init__(self, session: CallSession) -> None:
        self.session = session
        self.unsettled: dict[UUID, str] = {}  # id -> type, the oldest first
        self.hung_up_at: float | None = None

    def execute(self, order: Order) -> None:
        """At once. What can't be done fails with a reason; nothing is raised."""
        command = Command(order.type, order.params)
        try:
            if self.session.phase != "open":
                raise CommandFailed(command_service.TOO_LATE)
            self.carry_out(order.id, command, order.by)
        except (CommandFailed, BadCommand) as error:
            self.settle(order.id, order.type, ok=False, detail=str(error))
        except Exception:
            log.exception("the command %s failed for %s", order.type, self.session)
            self.settle(order.id, order.type, ok=False, detail=HUB_FAILED)

    def carry_out(self, id: UUID, command: Command, by: str) -> None:
        capability = self.session.capabilities.get(command.type)
        two_way = self.session.two_way
        if capability is not None and capability.needs_account:
            self.session.run(self.perform(id, command))
            return
        if two_way is None:
            raise CommandFailed("This stream is one-way.")
        match command.type:
            case "pauseBot" | "resumeBot":
                if two_way.answer is None:
                    raise CommandFailed("No bot answers this call.")
                if command.type == "pauseBot":
                    two_way.answer.pause()
                else:
                    two_way.answer.resume()
                self.sent(id, command)
                self.settle(id, command.type, ok=True)
            case "break":
                two_way.playout.break_off()
                self.session.send(two_way.protocol.send_command(command))
                self.sent(id, command)
            case "say":
                self.session.run(self.say(id, command, by))
            case "hangup" | "transfer":
                two_way.stop_speaking()
                self.send(id, two_way.protocol, command)
            case _:
                self.send(id, two_way.protocol, command)

    def send(self, id: UUID, protocol: TwoWayProtocol, command: Command) -> None:
        self.session.send(protocol.send_command(command))
        self.sent(id, command)
        if command.type == "hangup":
            self.hung_up_at = self.session.clock()
            if self.session.capabilities["hangup"].closes:
                self.session.hang_up()

    async def say(self, id: UUID, command: Command, by: str) -> None:
        two_way = self.session.two_way
        assert two_way is not None
        if not two_way.takes_text and await self.session.runtime.synthesizer("") is None:
            self.settle(id, "say", ok=False, detail="The speech synthesiser can't run here: the hub's log says why.")
            return
        spoken: Spoken = two_way.say(str(command.params["text"]), participant=by)
        self.sent(id, command)
        await spoken.done()
        if spoken.error is not None:
            self.settle(id, "say", ok=False, detail=str(spoken.error))

    async def perform(self, id: UUID, command: Command) -> None:
        """By the vendor's REST API, whose answer is the outcome."""
        session = self.session
        self.sent(id, command)
        try:
            detail = await session.runtime.vendor_actions.perform(session.vendor, command, session.info)
        except ActionFailed as error:
            self.settle(id, command.type, ok=False, detail=str(error))
        except Exception:
            log.exception("the command %s failed for %s", command.type, session)
            self.settle(id, command.type, ok=False, detail=HUB_FAILED)
        else:
            self.settle(id, command.type, ok=True, detail=detail)

    # Receipts

    def sent(self, id: UUID, command: Command) -> None:
        self.unsettled[id] = command.type
        if len(self.unsettled) > MAX_UNSETTLED:
            del self.unsettled[next(iter(self.unsettled))]
        self.note(command_service.note_sent, id)

    def outcome(self, type: str, *, ok: bool, detail: str) -> None:
        """The vendor showed what became of a command."""
        for id, unsettled in self.unsettled.items():
            if unsettled == type:
                self.settle(id, type, ok=ok, detail=detail)
                return

    def closed(self) -> None:
        """The connection's end is the receipt of what ends a call."""
        for id, type in list(self.unsettled.items()):
            capability = self.session.capabilities.get(type)
            if capability is not None and capability.confirmed_by_end:
                self.settle(id, type, ok=True, detail="The connection ended.")

    def settle(self, id: UUID, type: str, *, ok: bool, detail: str = "") -> None:
        self.unsettled.pop(id, None)
        self.note(command_service.note_outcome, id, ok=ok, detail=detail)
        two_way = self.session.two_way
        if two_way is not None and two_way.answer is not None and self.session.phase == "open":
            two_way.answer.on_outcome(id, type, ok=ok, detail=detail)

    def note(self, write: Callable[..., object], *args: object, **kwargs: object) -> None:
        """One write after the other: a receipt never overtakes the sending."""
        self.session.notes.put(lambda: write(*args, **kwargs))
