"""Writing summaries: after a call has ended and all of it is transcribed.

Due rows are claimed together and written side by side: by the configured language model, which takes seconds, and
without one (or where its answer can't be used) from the words themselves. A sweep that dies loses its claim, and the
rows are due again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from calls import live
from calls.models import Call, Segment, SkippedPassage, StreamingProfile, Summary
from calls.models.calls import State
from calls.note_shapes import SummaryShape, summary_shape
from calls.search.words import search_language
from calls.services import audit, webhook_events
from calls.services.audit import Requester
from calls.services.background import ring_on_commit
from calls.summary.extracting import summarize
from calls.summary.lines import KINDS, Line
from calls.summary.lines import Summary as Told

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=10)  # longer than any summary takes; afterwards somebody else may try
RETRY = timedelta(seconds=30)  # doubled with each attempt
MAX_ATTEMPTS = 4
AT_ONCE = 8


class NotEnded(Exception):
    """The call is live: its summary is written when it has ended."""


class Written(NamedTuple):
    summary: Told
    by: Summary.By
    error: str = ""  # why the configured model did not write it


def summarize_later(call: Call) -> None:
    """The call has ended: its summary becomes due once last words have come. In the transaction of the end."""
    if not call.is_test:
        _make_due(call, webhook_events.LAST_WORDS)


def summarize_anew(call: Call, *, by: Requester) -> SummaryShape:
    """Somebody wants it written again, such as by a model that was configured since. Raises `NotEnded`."""
    with transaction.atomic():
        call = Call.objects.select_for_update(no_key=True).get(id=call.id)
        if call.state == State.LIVE:
            raise NotEnded
        audit.record(action="summary.make", by=by, call=call, subject=call.vendor_call_id)
        summary = _make_due(call, timedelta())
        ring_on_commit()
    return summary_shape(summary)


def _make_due(call: Call, after: timedelta) -> Summary:
    fields = {"state": Summary.State.PENDING, "due_at": timezone.now() + after, "attempts": 0, "error": ""}
    return Summary.objects.update_or_create(call=call, defaults=fields)[0]


def write_due_summaries() -> int:
    """Writes summaries that are due. Returns how many were tried."""
    count = 0
    while claimed := _claim():
        told = {call_id: _said(call_id) for call_id in claimed}
        for call_id, written in zip(told, asyncio.run(_write_all(list(told.values()))), strict=True):
            if isinstance(written, Written):
                _store(call_id, written)
            else:
                log.error("the summary of call %s could not be written", call_id, exc_info=written)
                _fail(call_id, written)
        count += len(claimed)
        if len(claimed) < AT_ONCE:
            break
    return count


def _claim() -> list[UUID]:
    open_passages = SkippedPassage.objects.filter(call=OuterRef("call"), state=SkippedPassage.State.PENDING)
    with transaction.atomic():
        rows = list(
            Summary.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(~Exists(open_passages), state=Summary.State.PENDING, due_at__lte=timezone.now())
            .exclude(call__state=State.LIVE)
            .order_by("due_at")[:AT_ONCE]
        )
        for summary in rows:
            summary.due_at = timezone.now() + CLAIM
            summary.attempts += 1
        Summary.objects.bulk_update(rows, ["due_at", "attempts"])
    return [summary.call_id for summary in rows]


class Said(NamedTuple):
    lines: list[Line]
    language: str  # BCP 47


def _said(call_id: UUID) -> Said:
    segments = Segment.objects.filter(call=call_id).exclude(text__startswith="[keys: ").order_by("start_ms", "id")
    rows = segments.values_list("id", "track", "start_ms", "text")
    profile = StreamingProfile.objects.filter(calls=call_id).first()
    return Said(
        [Line(str(id), track, at, text) for id, track, at, text in rows], profile.language if profile else "en-US"
    )


async def _write_all(calls: Sequence[Said]) -> list[Written | BaseException]:
    return await asyncio.gather(*map(_write, calls), return_exceptions=True)


async def _write(said: Said) -> Written:
    error = ""
    if said.lines and settings.HUB_SUMMARY_URL:
        from calls.services import summary_model  # OpenAI's client takes half a second to load, in each process

        try:
            return Written(await summary_model.summarize(said.lines, said.language), Summary.By.MODEL)
        except summary_model.ModelFailed as failed:
            error = str(failed)
            log.warning("a summary is made of the words themselves: %s", failed.detail)
    return Written(summarize(said.lines, search_language(said.language)), Summary.By.EXTRACTIVE, error)


def _store(call_id: UUID, written: Written) -> None:
    items: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for kind, item in written.summary.items():
        line = item.line
        items[kind].append(
            {
                "text": item.text,
                "segment": line.id,
                "start_ms": line.start_ms,
                "track": line.track,
                "question": item.question,
            }
        )
    with transaction.atomic():
        summary = _claimed(call_id)
        if summary is None:
            return
        summary.state = Summary.State.READY if any(items.values()) else Summary.State.EMPTY
        summary.content, summary.by, summary.error = items, written.by, written.error
        summary.model = settings.HUB_SUMMARY_MODEL if written.by == Summary.By.MODEL else ""
        summary.made_at = timezone.now()
        summary.save()
        if summary.state == Summary.State.READY:
            webhook_events.emit("summary.ready", call_id, lambda: {"summary": summary_shape(summary)})
        _publish(summary)


def _fail(call_id: UUID, error: BaseException) -> None:
    with transaction.atomic():
        summary = _claimed(call_id)
        if summary is None:
            return
        summary.error = f"{type(error).__name__}: {error}"[:500]
        if summary.attempts >= MAX_ATTEMPTS:
            summary.state = Summary.State.FAILED
            _publish(summary)
        else:
            summary.due_at = timezone.now() + RETRY * 2 ** (summary.attempts - 1)
        summary.save()


def _claimed(call_id: UUID) -> Summary | None:
    """None where what was written is out of date: the call went on meanwhile, or was removed, or somebody wants another."""
    summary = Summary.objects.select_for_update(of=("self",)).filter(call=call_id).select_related("call").first()
    if summary is None or summary.attempts == 0 or summary.state != Summary.State.PENDING:
        return None
    return None if summary.call.state == State.LIVE else summary


def _publish(summary: Summary) -> None:
    transaction.on_commit(lambda: live.publish(summary.call_id, "summary.ready", summary=summary_shape(summary)))
