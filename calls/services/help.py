"""An agent asks for help, a supervisor comes. Each step is in the audit, and told as `call.updated`."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from calls import live, shapes
from calls.models import Call, HelpRequest
from calls.models.calls import State
from calls.services import audit
from calls.services.audit import Requester


class NotLive(Exception):
    """The call is over: nobody can come."""


def ask_help(*, call_id: UUID, by: Requester, note: str = "") -> HelpRequest:
    """Asks, or says anew what about: the time of the first asking stays. Raises `NotLive`."""
    with transaction.atomic():
        call = Call.objects.select_for_update(no_key=True).get(id=call_id)
        if call.state != State.LIVE:
            raise NotLive("The call is over.")
        wish = HelpRequest.objects.filter(call=call).first()
        if wish is not None and wish.state == HelpRequest.State.OPEN:
            if (wish.by, wish.note) == (by.name, note):
                return wish
            wish.by, wish.note = by.name, note
        else:
            wish = HelpRequest(call=call, by=by.name, note=note)
        wish.save()
        audit.record(action="help.ask", by=by, call=call, subject=call.vendor_call_id, detail={"note": note})
        _publish(call.id)
    return wish


def end_help(*, call_id: UUID, by: Requester, state: HelpRequest.State) -> bool:
    """Withdraws or resolves what was asked. Whether there was something."""
    with transaction.atomic():
        call = Call.objects.select_for_update(no_key=True).get(id=call_id)
        wish = HelpRequest.objects.filter(call=call, state=HelpRequest.State.OPEN).first()
        if wish is None:
            return False
        wish.state, wish.ended_at, wish.ended_by = state, timezone.now(), by.name
        wish.save()
        action = "help.withdraw" if state == HelpRequest.State.WITHDRAWN else "help.resolve"
        waited = round((wish.ended_at - wish.requested_at).total_seconds(), 1)
        detail = {"by": wish.by, "waitedSeconds": waited}
        audit.record(action=action, by=by, call=call, subject=call.vendor_call_id, detail=detail)
        _publish(call.id)
    return True


def _publish(call_id: UUID) -> None:
    def send() -> None:
        call = Call.objects.for_display().filter(id=call_id).first()
        if call is not None:
            live.publish(call_id, "call.updated", call=shapes.call_shape(call))

    transaction.on_commit(send)
