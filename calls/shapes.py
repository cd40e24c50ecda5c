"""The JSON shapes of calls, their streams, and what is done to them: one shape a thing, for REST, sockets and webhooks
alike. `snapshot` joins all that a call's page begins with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from calls.capabilities import effective_capabilities
from calls.commands import Capability
from calls.models import Alert, AuditEntry, Call, Command, HelpRequest, Note, Segment, SkippedPassage, Stream
from calls.note_shapes import note_shape, summary_shape, tag_shape
from calls.shape import Shape
from calls.transcript_shapes import gap_shape, segment_shapes


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
    end: dict[str, Any] | None
    offset_ms: int | None
    tracks: dict[str, TrackCountersShape]
    ignored: dict[str, int]


class ParameterShape(Shape):
    name: str
    kind: str
    label: str
    required: bool
    choices: list[str]
    sip: bool
    party: bool
    max_length: int


class CapabilityShape(Shape):
    supported: bool
    reason: str | None
    confirms: bool
    label: str
    parameters: list[ParameterShape]


class StreamWarningShape(Shape):
    """Something about a stream that deserves an admin's attention; `detail` says what to do."""

    code: str
    detail: str


class CallBotShape(Shape):
    """Who answers the call. `state`: waiting, active, paused, ended; `error` says why it failed."""

    name: str
    state: str
    error: str | None


class HealthShape(Shape):
    """`jitter_ms`: by track, how unevenly audio arrives (smoothed as RTP does)."""

    recognizer_lag_ms: int
    silence_ms: dict[str, int]
    jitter_ms: dict[str, int]
    skipped_ms: int
    bot: CallBotShape | None
    warnings: list[StreamWarningShape]


class HelpShape(Shape):
    """An agent's wish for help that waits for a supervisor."""

    by: str
    note: str | None
    requested_at: datetime


class AlertShape(Shape):
    """What a rule found in a call. `text`: the words of a phrase. `value`: what was measured, in the unit of the rule's
    threshold. Open until it has ended or somebody has acknowledged it."""

    id: UUID
    rule: UUID | None
    name: str
    kind: str
    track: str | None
    at_ms: int
    text: str | None
    value: float | None
    segment_id: UUID | None
    raised_at: datetime
    ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


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
    mask: list[str]
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    streams: list[StreamShape]
    capabilities: dict[str, CapabilityShape]
    health: HealthShape
    help: HelpShape | None
    alerts: list[AlertShape]
    alert_count: int
    tags: list[str]


class CommandShape(Shape):
    id: UUID
    type: str
    params: dict[str, Any]
    state: str
    by: str
    requested_at: datetime
    sent_at: datetime | None
    confirmed_at: datetime | None
    failed_at: datetime | None
    error: str | None
    detail: str | None


class PhoneNumberShape(Shape):
    """A phone number as people read it. `region`: the country that its code names, such as US, where it names one."""

    text: str
    region: str | None


class CheckedCommandShape(Shape):
    """A command that would be taken: `params` as they would be stored, `numbers` the phone numbers among them."""

    type: str
    params: dict[str, Any]
    numbers: dict[str, PhoneNumberShape]


class AuditEntryShape(Shape):
    id: UUID
    at: datetime
    actor: str
    action: str
    call: UUID | None
    subject: str | None
    detail: dict[str, Any]


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
        end=stream.metadata.get("end"),
        offset_ms=stream.offset_ms,
        tracks={track: TrackCountersShape(**counts) for track, counts in counters.get("tracks", {}).items()},
        ignored=counters.get("ignored", {}),
    )


def health_shape(reports: Iterable[Mapping[str, Any]]) -> HealthShape:
    """Of one stream or several, as their sessions tell it: the worst lag, the shortest silence and the
    worst jitter a track, all that was skipped, the bot of the newest, every warning once."""
    reports = list(reports)
    silence: dict[str, int] = {}
    jitter: dict[str, int] = {}
    warnings: dict[str, str] = {}
    bot: Mapping[str, Any] | None = None
    for report in reports:
        for track, ms in report["silenceMs"].items():
            silence[track] = min(ms, silence.get(track, ms))
        for track, ms in report.get("jitterMs", {}).items():
            jitter[track] = max(ms, jitter.get(track, ms))
        warnings |= report.get("warnings", {})
        bot = report.get("bot") or bot
    return HealthShape(
        recognizer_lag_ms=max((r["recognizerLagMs"] for r in reports), default=0),
        silence_ms=silence,
        jitter_ms=jitter,
        skipped_ms=sum(r["skippedMs"] for r in reports),
        bot=CallBotShape(name=bot["name"], state=bot["state"], error=bot["error"]) if bot else None,
        warnings=[StreamWarningShape(code=code, detail=detail) for code, detail in warnings.items()],
    )


def call_shape(call: Call) -> CallShape:
    """Reads `call.profile` and `call.streams`: fetch them with `Call.objects.for_display()`."""
    streams = list(call.streams.all())
    live = [stream for stream in streams if stream.state == "live"]
    wish = getattr(call, "help_request", None)
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
        mask=call.mask,
        started_at=call.started_at,
        ended_at=call.ended_at,
        duration_ms=call.duration_ms,
        streams=[stream_shape(stream) for stream in streams],
        capabilities={type: capability_shape(capability) for type, capability in effective_capabilities(call).items()},
        health=health_shape(stream.health for stream in live or streams if stream.health),
        help=help_shape(wish) if wish is not None and wish.state == "open" and call.state == "live" else None,
        alerts=[alert_shape(alert) for alert in call.shown_alerts],
        alert_count=call.alert_count,
        tags=[tag.name for tag in call.tags.all()],
    )


def alert_shape(alert: Alert) -> AlertShape:
    return AlertShape(
        id=alert.id,
        rule=alert.rule_id,
        name=alert.name,
        kind=alert.kind,
        track=alert.track or None,
        at_ms=alert.at_ms,
        text=alert.text or None,
        value=alert.value,
        segment_id=alert.segment_id,
        raised_at=alert.raised_at,
        ended_at=alert.ended_at,
        acknowledged_at=alert.acknowledged_at,
        acknowledged_by=alert.acknowledged_by or None,
    )


def help_shape(wish: HelpRequest) -> HelpShape:
    return HelpShape(by=wish.by, note=wish.note or None, requested_at=wish.requested_at)


def capability_shape(capability: Capability) -> CapabilityShape:
    return CapabilityShape(
        supported=capability.supported,
        reason=capability.reason or None,
        confirms=capability.confirms,
        label=capability.label,
        parameters=[
            ParameterShape(
                name=parameter.name,
                kind=parameter.kind,
                label=parameter.label,
                required=parameter.required,
                choices=list(parameter.choices),
                sip=parameter.sip,
                party=parameter.party,
                max_length=parameter.max_length,
            )
            for parameter in capability.parameters
        ],
    )


def command_shape(command: Command) -> CommandShape:
    return CommandShape(
        id=command.id,
        type=command.type,
        params=command.params,
        state=command.state,
        by=command.by,
        requested_at=command.requested_at,
        sent_at=command.sent_at,
        confirmed_at=command.confirmed_at,
        failed_at=command.failed_at,
        error=command.error or None,
        detail=command.detail or None,
    )


def audit_entry_shape(entry: AuditEntry) -> AuditEntryShape:
    return AuditEntryShape(
        id=entry.id,
        at=entry.at,
        actor=entry.actor_name,
        action=entry.action,
        call=entry.call_id,
        subject=entry.subject or None,
        detail=entry.detail,
    )


def snapshot(
    seq: int,
    call: Call,
    segments: QuerySet[Segment],
    gaps: Iterable[SkippedPassage],
    commands: Iterable[Command],
    alerts: Iterable[Alert],
    notes: Iterable[Note],
) -> dict[str, Any]:
    """The first message of a call's socket. `gaps` holds what is not, or not yet, transcribed."""
    return {
        "type": "snapshot",
        "seq": seq,
        "call": call_shape(call),
        "segments": segment_shapes(segments),
        "gaps": [gap_shape(gap) for gap in gaps],
        "commands": [command_shape(command) for command in commands],
        "alerts": [alert_shape(alert) for alert in alerts],
        "notes": [note_shape(note) for note in notes],
        "tags": [tag_shape(tag) for tag in call.tags.all()],
        "summary": summary_shape(summary) if (summary := getattr(call, "summary", None)) else None,
    }
