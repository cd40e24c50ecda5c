"""Who reads, listens again, searches and exports: on record before anything is shown.

Readings repeat (a player asks for pieces, a page opens a socket, a program polls): the same person's reading of the same
call is one entry an hour. Where it is there already, noting costs one query and no write.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from calls.models import AuditEntry, Call
from calls.privacy.finding import KINDS
from calls.services import audit
from calls.services.audit import Requester
from calls.services.masking import mask_values

READING = timedelta(hours=1)


def note_call(call: Call, *, by: Requester) -> None:
    """A page, a socket or the API shows who calls whom and what was said."""
    note("call.read", by=by, call=call, subject=call.vendor_call_id)


def note_recording(call: Call, *, by: Requester) -> None:
    note("recording.read", by=by, call=call, subject=call.vendor_call_id)


def note_export(call: Call, *, by: Requester, format: str) -> None:
    """A transcript leaves the hub as a file."""
    note(f"transcript.{format}", by=by, call=call, subject=call.vendor_call_id)


def note_whole_export(call: Call, *, by: Requester, with_recording: bool) -> None:
    """Everything of a call leaves the hub: each time is an entry."""
    with transaction.atomic():
        detail = {"recording": with_recording}
        audit.record(action="call.exported", by=by, call=call, subject=call.vendor_call_id, detail=detail)


def note_wall(*, by: Requester) -> None:
    """The wall shows the last words of every live call in the person's scope."""
    note("wall.read", by=by)


def note_search(query: str, *, by: Requester) -> None:
    query = query.replace("\0", "")  # which no database takes, and no search
    if query:
        note("calls.search", by=by, subject=mask_values(query, KINDS, ""))


def note(
    action: str, *, by: Requester, call: Call | None = None, subject: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Raises what the database raises: what can't be put on record is not shown."""
    same = AuditEntry.objects.filter(
        action=action, actor_name=by.name[:150], call=call, subject=subject[:200], at__gt=timezone.now() - READING
    )
    if same.exists():
        return
    with transaction.atomic():
        _wait_for_others(f"{action} {by.name} {call.id if call else subject}")
        if not same.exists():
            audit.record(action=action, by=by, call=call, subject=subject, detail=detail)


def _wait_for_others(what: str) -> None:
    """Who notes the same at this moment goes first or last. SQLite lets one write at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])
