"""Removing calls for good: by an admin, or when their time has come. What is left is an entry of the audit.

How this works
    A call's files go first, then its rows, in one transaction that holds the call's row. Whoever dies between leaves a
    call without files, which the next sweep, or the admin's next try, removes; never a file that no row knows of. A call
    whose recording is being made at this moment is left for later, since its file is not there yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import CASCADE
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.models import Call, Recording, SkippedPassage, StreamingProfile
from calls.models.calls import State
from calls.services import audit
from calls.services.storage import peaks_path, recording_name, spool_path

ACTION = "call.removed"
BATCH = 20  # calls of one sweep


class StillLive(Exception):
    """The call goes on."""


class StillFinishing(Exception):
    """The call's recording is being made."""


def remove_call(
    call_id: UUID,
    *,
    by: audit.Requester,
    reason: str = "asked",
    detail: Mapping[str, Any] | None = None,
    skip_locked: bool = False,
) -> None:
    """Removes an ended call with all that belongs to it, and says so in the audit. Raises `Call.DoesNotExist`, also where
    somebody else has the row at this moment and it is to be skipped then, `StillLive` and `StillFinishing`."""
    with transaction.atomic():
        call = Call.objects.select_for_update(skip_locked=skip_locked).get(id=call_id)
        if call.state == State.LIVE:
            raise StillLive(_("The call is live: it can be deleted once it has ended."))
        if is_finishing(call):
            raise StillFinishing(_("Its recording is being made: try again in a moment."))
        proof = {"reason": reason, **(detail or {}), **inventory(call)}
        remove_files(call)
        audit.record(action=ACTION, by=by, subject=call.vendor_call_id, detail=proof)
        call.delete()


def is_finishing(call: Call) -> bool:
    """Somebody has claimed work on the call's audio and may be at it."""
    claimed = {"attempts__gt": 0, "due_at__gt": timezone.now()}
    return (
        Recording.objects.filter(call=call.pk, state=Recording.State.PENDING, **claimed).exists()
        or call.skipped_passages.filter(state=SkippedPassage.State.PENDING, **claimed).exists()
    )


def inventory(call: Call) -> dict[str, Any]:
    """What there is of a call, in numbers: nothing of what was said, and nobody's number."""
    paths = [path for path in files_of(call) if path.exists()]
    return {
        "call": str(call.id),
        "vendor": call.vendor,
        "vendorCallId": call.vendor_call_id,
        "startedAt": call.started_at.isoformat(),
        "endedAt": call.ended_at.isoformat() if call.ended_at else None,
        "rows": rows_of(call),
        "files": len(paths),
        "bytes": sum(path.stat().st_size for path in paths),
    }


def rows_of(call: Call) -> dict[str, int]:
    """How many rows of each kind go with a call, whatever part of the hub they belong to."""
    counts = {}
    for relation in call._meta.related_objects:
        if relation.on_delete is CASCADE:
            rows = relation.related_model._default_manager.filter(**{relation.field.name: call.pk})
            counts[relation.get_accessor_name() or relation.name] = rows.count()
    return {name: count for name, count in sorted(counts.items()) if count}


def files_of(call: Call) -> Iterator[Path]:
    """Where audio of a call lies, or may lie."""
    for stream_id in call.streams.values_list("id", flat=True):
        yield spool_path(stream_id)
    names = {
        recording_name(call),
        *Recording.objects.filter(call=call.pk).exclude(file="").values_list("file", flat=True),
    }
    for name in sorted(names):
        path = Path(settings.HUB_DATA_DIR) / name
        yield from (path, path.with_suffix(".part"), peaks_path(path))


def remove_files(call: Call) -> None:
    for path in files_of(call):
        path.unlink(missing_ok=True)


# Retention


def remove_due_calls(limit: int = BATCH) -> int:
    """Removes calls that were kept as long as their profile says. Returns how many."""
    count = 0
    for call_id, days in _due(limit):
        try:
            detail = {"retentionDays": days}
            remove_call(call_id, by=audit.THE_HUB, reason="retention", detail=detail, skip_locked=True)
            count += 1
        except (Call.DoesNotExist, StillLive, StillFinishing):
            continue  # somebody else removes it, or its time has not come after all
    return count


def _due(limit: int) -> list[tuple[UUID, int]]:
    """Calls and for how many days they were to be kept, the oldest of each profile first."""
    profiles = StreamingProfile.objects.exclude(retention_days=None).values_list("id", "retention_days")
    kept: list[tuple[dict[str, Any], int]] = [({"profile": id}, days or 0) for id, days in profiles]
    orphans = Call.objects.filter(profile=None).exclude(retention_days=None).order_by()
    for days in orphans.values_list("retention_days", flat=True).distinct():
        kept.append(({"profile": None, "retention_days": days}, days or 0))
    found: list[tuple[UUID, int]] = []
    for whose, days in kept:
        before = timezone.now() - timedelta(days=days)
        calls = Call.objects.filter(**whose, started_at__lt=before, ended_at__lt=before).exclude(state=State.LIVE)
        ids = calls.order_by("started_at").values_list("id", flat=True)[: limit - len(found)]
        found += [(call_id, days) for call_id in ids]
        if len(found) >= limit:
            break
    return found
