"""Listening to a live call: who may, and that it is on record."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from calls.models import Call
from calls.models.calls import State
from calls.services import audit
from calls.services.accounts import includes
from calls.services.audit import Requester


class ListenRefused(Exception):
    """`status` is HTTP's."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def begin_listening(*, call_id: UUID, by: Requester, right: str) -> UUID:
    """Grants it and writes it down in one. `right` is the most that `by` may do. Returns the entry's id."""
    assert by.user is not None
    with transaction.atomic():
        call = Call.objects.visible_to(by.user).filter(id=call_id).first()
        if call is None:
            raise ListenRefused(404, "There is no such call, or it is not one of yours.")
        if not includes(right, "control"):
            raise ListenRefused(403, "Listening needs the right to control calls.")
        if call.state != State.LIVE:
            raise ListenRefused(409, "The call is over: play its recording.")
        return audit.record(action="call.listen", by=by, call=call, subject=call.vendor_call_id).id


def end_listening(*, call_id: UUID, by: Requester, entry: UUID, seconds: float) -> None:
    """`entry` is that of the beginning."""
    with transaction.atomic():
        call = Call.objects.filter(id=call_id).first()
        detail = {"seconds": round(seconds, 1), "began": str(entry)}
        subject = "" if call is None else call.vendor_call_id
        audit.record(action="call.listen_end", by=by, call=call, subject=subject, detail=detail)


def is_live(call_id: UUID) -> bool:
    return Call.objects.live().filter(id=call_id).exists()
