"""Writing transcripts: what a recogniser yields, as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from calls.models import Call, Recording, Segment, SkippedPassage
from calls.models.calls import State
from calls.search.words import search_language
from calls.services import alerts, webhook_events
from calls.services.background import ring_on_commit
from calls.stt.base import Final


def segment_of(
    final: Final, *, call_id: UUID, stream_id: UUID, track: str, agent_id: str, offset_ms: int, language: str
) -> Segment:
    """A final, whose times are on its stream's timeline, as a segment on the call's. Not stored yet."""
    return Segment(
        call_id=call_id,
        stream_id=stream_id,
        track=track,
        participant=agent_id if track == "agent" else "",
        start_ms=offset_ms + final.start_ms,
        end_ms=offset_ms + max(final.start_ms, final.end_ms),
        text=final.text,
        language=search_language(language),
        confidence=final.confidence,
        words=[
            [word.text, offset_ms + word.start_ms, offset_ms + word.end_ms, word.confidence] for word in final.words
        ],
    )


def store_transcript(rows: Sequence[Segment | SkippedPassage], *, rewritten: Sequence[Segment] = ()) -> None:
    """Commits finals, what was skipped between them, and earlier finals with another text. They are published by the
    caller, afterwards, in this order."""
    segments = [row for row in rows if isinstance(row, Segment)]
    with transaction.atomic():
        Segment.objects.bulk_create(segments)
        SkippedPassage.objects.bulk_create([row for row in rows if isinstance(row, SkippedPassage)])
        newest = {segment.id: segment for segment in rewritten}
        Segment.objects.bulk_update(newest.values(), ["text", "words", "masked"])
        alerts.forget_words(segment for segment in newest.values() if segment.masked)
        silence_again({segment.call_id for segment in (*segments, *newest.values()) if segment.masked})


def silence_again(call_ids: Collection[UUID]) -> None:
    """Has the recordings of ended calls made anew, in which something was found that must not be heard."""
    if call_ids:
        recordings = Recording.objects.filter(call__in=call_ids).exclude(call__state=State.LIVE)
        if recordings.update(state=Recording.State.PENDING, due_at=timezone.now(), attempts=0):
            ring_on_commit()


def emit_if_ready(call: Call) -> None:
    """Tells webhooks once nothing of an ended call is left to transcribe. In the transaction of what made it so."""
    if call.state != State.LIVE and not call.skipped_passages.filter(state=SkippedPassage.State.PENDING).exists():
        webhook_events.emit_transcript(call)
