"""The JSON shapes of calls, streams and segments: one shape a thing, for REST, sockets and webhooks alike.

Structs encode to camelCase with `encode`. Times are RFC 3339 in UTC, durations and positions milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from calls.models import Call, Segment, SkippedPassage, Stream
from calls.vendors import VENDORS


class Shape(msgspec.Struct, rename="camel", kw_only=True):
    """Base of all shapes: camelCase keys, `null` for what is absent."""


class TrackCountersShape(Shape):
    frames: int = 0
    lost: int = 0
    duplicates: int = 0
    reordered: int = 0
    late: int = 0
    resyncs: int = 0


class StreamShape(Shape):
    id: UUID
    session_id: str | None
    agent_id: str | None
    transport: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    close_code: int | None
    offset_ms: int | None
    tracks: dict[str, TrackCountersShape]
    ignored: dict[str, int]


class CapabilityShape(Shape):
    supported: bool
    reason: str | None


class HealthShape(Shape):
    recognizer_lag_ms: int
    silence_ms: dict[str, int]
    skipped_ms: int


class CallShape(Shape):
    id: UUID
    vendor: str
    call_id: str
    state: str
    direction: str | None
    from_: str | None = msgspec.field(name="from")
    to: str | None
    agent_id: str | None
    product_type: str | None
    product_id: str | None
    profile: UUID | None
    profile_name: str | None
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    streams: list[StreamShape]
    capabilities: dict[str, CapabilityShape]
    health: HealthShape


class WordShape(Shape):
    text: str
    start_ms: int
    end_ms: int
    confidence: float | None


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


class InterimShape(Shape):
    """What a speaker seems to be saying; the next interim or final of the track replaces it."""

    stream_id: UUID
    track: str
    start_ms: int
    text: str


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


def encode(shape: Any) -> bytes:
    """JSON of a shape, or of a plain structure that holds shapes."""
    return msgspec.json.encode(shape)


def stream_shape(stream: Stream) -> StreamShape:
    counters: Mapping[str, Any] = stream.counters
    return StreamShape(
        id=stream.id,
        session_id=stream.session_id or None,
        agent_id=stream.agent_id or None,
        transport=stream.transport,
        state=stream.state,
        started_at=stream.started_at,
        ended_at=stream.ended_at,
        close_code=stream.close_code,
        offset_ms=stream.offset_ms,
        tracks={track: TrackCountersShape(**counts) for track, counts in counters.get("tracks", {}).items()},
        ignored=counters.get("ignored", {}),
    )


def health_shape(streams: Iterable[Stream]) -> HealthShape:
    """The call's health: the worst lag, the shortest silence a track, all that was skipped."""
    reports = [stream.health for stream in streams if stream.health]
    silence: dict[str, int] = {}
    for report in reports:
        for track, ms in report["silenceMs"].items():
            silence[track] = min(ms, silence.get(track, ms))
    return HealthShape(
        recognizer_lag_ms=max((r["recognizerLagMs"] for r in reports), default=0),
        silence_ms=silence,
        skipped_ms=sum(r["skippedMs"] for r in reports),
    )


def call_shape(call: Call) -> CallShape:
    """Reads `call.profile` and `call.streams`: fetch them with `Call.objects.for_display()`."""
    streams = list(call.streams.all())
    live = [stream for stream in streams if stream.state == "live"]
    return CallShape(
        id=call.id,
        vendor=call.vendor,
        call_id=call.vendor_call_id,
        state=call.state,
        direction=call.direction or None,
        from_=call.from_number or None,
        to=call.to_number or None,
        agent_id=call.agent_id or None,
        product_type=call.product_type or None,
        product_id=call.product_id or None,
        profile=call.profile_id,
        profile_name=call.profile.name if call.profile else None,
        started_at=call.started_at,
        ended_at=call.ended_at,
        duration_ms=call.duration_ms,
        streams=[stream_shape(stream) for stream in streams],
        capabilities={
            name: CapabilityShape(supported=capability.supported, reason=capability.reason or None)
            for name, capability in VENDORS[call.vendor].capabilities.items()
        },
        health=health_shape(live or streams),
    )


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
        words=[WordShape(text=w[0], start_ms=w[1], end_ms=w[2], confidence=w[3]) for w in segment.words],
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


def transcript_shape(call: Call, segments: Iterable[Segment]) -> TranscriptShape:
    return TranscriptShape(
        call_id=call.id,
        segments=[segment_shape(segment) for segment in segments],
        gaps=[gap_shape(gap) for gap in call.skipped_passages.open()],
    )


def snapshot(seq: int, call: Call, segments: Iterable[Segment], gaps: Iterable[SkippedPassage]) -> dict[str, Any]:
    """The first message of a call's socket. `gaps` holds what is not, or not yet, transcribed."""
    return {
        "type": "snapshot",
        "seq": seq,
        "call": call_shape(call),
        "segments": [segment_shape(segment) for segment in segments],
        "gaps": [gap_shape(gap) for gap in gaps],
        "commands": [],
    }
