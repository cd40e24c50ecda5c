"""The JSON shapes of what was said: transcripts, what is found in them, and the waveform beside them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from calls.models import Call, Segment, SkippedPassage
from calls.shape import Shape


class WordShape(Shape, kw_only=False):
    """Built by place: a long call has tens of thousands."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None


class MaskedShape(Shape):
    """What was taken out of a segment: `card`, `iban`, `ssn` or `code`; `open` is not decided yet, and may come back."""

    kind: str
    start_ms: int
    end_ms: int


class SegmentShape(Shape):
    id: UUID
    stream_id: UUID
    track: str
    participant: str | None
    start_ms: int
    end_ms: int
    text: str
    confidence: float | None
    words: list[WordShape]
    masked: list[MaskedShape]


class InterimShape(Shape):
    """What a speaker seems to be saying; the next interim or final of the track replaces it."""

    stream_id: UUID
    track: str
    start_ms: int
    text: str
    participant: str | None = None


class GapShape(Shape):
    """A passage that the recogniser could not take. `pending` ones are transcribed after the call."""

    stream_id: UUID
    track: str
    start_ms: int
    end_ms: int
    reason: str
    state: str


class TranscriptShape(Shape):
    call_id: UUID
    segments: list[SegmentShape]
    gaps: list[GapShape]


class CallBriefShape(Shape):
    id: UUID
    vendor: str
    call_id: str
    from_: str | None = msgspec.field(name="from")
    to: str | None
    agent_id: str | None
    profile: UUID | None
    started_at: datetime


class PieceShape(Shape):
    text: str
    match: bool


class FoundShape(Shape):
    call: CallBriefShape
    segment: SegmentShape
    highlights: list[PieceShape]


class PeaksShape(Shape):
    """A recording's waveform: step n begins at n * `stepMs`. Left is agent or bot, right the customer. Of a recording
    that is `pending`, `failed` or `none`, `detail` says why there are no peaks."""

    state: str
    detail: str | None = None
    step_ms: float | None = None
    duration_ms: int | None = None
    left: list[int] | None = None
    right: list[int] | None = None


def segment_shape(segment: Segment) -> SegmentShape:
    return SegmentShape(
        id=segment.id,
        stream_id=segment.stream_id,
        track=segment.track,
        participant=segment.participant or None,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        text=segment.text,
        confidence=segment.confidence,
        words=[WordShape(*word) for word in segment.words],
        masked=[MaskedShape(kind=kind, start_ms=start, end_ms=end) for kind, start, end in segment.masked],
    )


_read_words = msgspec.json.Decoder(list[tuple[str, int, int, float | None]]).decode
_read_masked = msgspec.json.Decoder(list[tuple[str, int, int]]).decode


def segment_shapes(segments: QuerySet[Segment]) -> list[SegmentShape]:
    """Of a whole call. Without models in between it costs a fifth: what opens a page must not hold up live calls."""
    rows = segments.annotate(
        words_text=Cast("words", TextField()), masked_text=Cast("masked", TextField())
    ).values_list(
        "id",
        "stream_id",
        "track",
        "participant",
        "start_ms",
        "end_ms",
        "text",
        "confidence",
        "words_text",
        "masked_text",
    )
    return [
        SegmentShape(
            id=id,
            stream_id=stream_id,
            track=track,
            participant=participant or None,
            start_ms=start_ms,
            end_ms=end_ms,
            text=text,
            confidence=confidence,
            words=[WordShape(*word) for word in _read_words(words)],
            masked=[MaskedShape(kind=kind, start_ms=start, end_ms=end) for kind, start, end in _read_masked(masked)],
        )
        for id, stream_id, track, participant, start_ms, end_ms, text, confidence, words, masked in rows
    ]


def found_shape(segment: Segment, pieces: Iterable[tuple[str, bool]]) -> FoundShape:
    """Of a search: `pieces` are its text, each with whether it was looked for. Reads `segment.call`."""
    call = segment.call
    return FoundShape(
        call=CallBriefShape(
            id=call.id,
            vendor=call.vendor,
            call_id=call.vendor_call_id,
            from_=call.from_number or None,
            to=call.to_number or None,
            agent_id=call.agent_id or None,
            profile=call.profile_id,
            started_at=call.started_at,
        ),
        segment=segment_shape(segment),
        highlights=[PieceShape(text=text, match=match) for text, match in pieces],
    )


def gap_shape(passage: SkippedPassage) -> GapShape:
    return GapShape(
        stream_id=passage.stream_id,
        track=passage.track,
        start_ms=passage.start_ms,
        end_ms=passage.end_ms,
        reason=passage.reason,
        state=passage.state,
    )


def transcript_shape(call: Call, segments: QuerySet[Segment]) -> TranscriptShape:
    return TranscriptShape(
        call_id=call.id,
        segments=segment_shapes(segments),
        gaps=[gap_shape(gap) for gap in call.skipped_passages.open()],
    )
