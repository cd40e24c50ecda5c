"""Writing transcripts: what a recogniser yields, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from calls.models import Segment, SkippedPassage
from calls.stt.base import Final


def segment_of(final: Final, *, call_id: UUID, stream_id: UUID, track: str, agent_id: str, offset_ms: int) -> Segment:
    """A final, whose times are on its stream's timeline, as a segment on the call's. Not stored yet."""
    return Segment(
        call_id=call_id,
        stream_id=stream_id,
        track=track,
        participant=agent_id if track == "agent" else "",
        start_ms=offset_ms + final.start_ms,
        end_ms=offset_ms + max(final.start_ms, final.end_ms),
        text=final.text,
        confidence=final.confidence,
        words=[
            [word.text, offset_ms + word.start_ms, offset_ms + word.end_ms, word.confidence] for word in final.words
        ],
    )


def store_transcript(rows: Sequence[Segment | SkippedPassage]) -> None:
    """Commits finals, and what was skipped between them. They are published by the caller, afterwards, in this order."""
    with transaction.atomic():
        Segment.objects.bulk_create([row for row in rows if isinstance(row, Segment)])
        SkippedPassage.objects.bulk_create([row for row in rows if isinstance(row, SkippedPassage)])
