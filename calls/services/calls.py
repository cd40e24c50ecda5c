"""The life of a call in rows: streams open and end, leases are renewed, calls end.

Rows are locked with `no_key`, so that whoever stores a segment or a command of the call meanwhile neither waits nor
meets the locks in another order.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Field
from django.utils import timezone

from calls import live, shapes
from calls.events import AudioFormat, CallInfo
from calls.models import Call, Recording, Stream, StreamingProfile
from calls.models.calls import TEST, State
from calls.services import alerts, checks, commands, summaries, transcripts, webhook_events
from calls.services.background import ring_on_commit
from calls.services.masking import kinds_of
from calls.services.storage import last_heard
from calls.vendors import VENDORS

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
RENEW_SECONDS = 5.0
REJOIN = timedelta(minutes=10)  # the same key within this time of its end is the same call
GRID_MS = 20


class Opened(NamedTuple):
    call: Call
    stream: Stream
    superseded: list[tuple[UUID, UUID]]  # (process, stream): older connections of the same call or session


def call_key(profile: StreamingProfile, info: CallInfo) -> str:
    """What makes two streams the same call. Where a profile is one product among several of an account, calls go from
    one product to another: there the account and the call id count."""
    among_products = VENDORS[profile.vendor].endpoint.profile_by == "product"
    scope = info.sub_account_id if among_products else str(profile.id)
    return f"{profile.vendor}:{scope}:{info.call_id}"


def open_stream(
    *,
    profile: StreamingProfile,
    info: CallInfo,
    audio: AudioFormat,
    transport: str,
    process: UUID,
    one_stream: bool,
) -> Opened:
    """Opens a stream, and opens or joins its call. `one_stream`: the vendor has one connection a call at a time, else
    one a session. Publishes `call.started` or `call.updated`."""
    key = call_key(profile, info)
    for _ in range(3):
        try:
            with transaction.atomic():
                call, created = _open_or_join(key, profile, info)
                superseded = [] if created else _older_streams(call, info, one_stream=one_stream)
                stream = Stream.objects.create(
                    call=call,
                    session_id=info.session_id,
                    agent_id=info.agent_id,
                    transport=transport,
                    metadata=_metadata(info),
                    encoding=audio.encoding,
                    sample_rate=audio.rate,
                    process=process,
                    lease_until=timezone.now() + LEASE,
                )
                _publish(call.id, "call.started" if created else "call.updated")
                if created:
                    webhook_events.emit("call.started", call.id)
            return Opened(call, stream, superseded)
        except IntegrityError:  # another process opened the same call at this moment: join it
            continue
    raise RuntimeError(f"the call {key} could not be opened")


def _open_or_join(key: str, profile: StreamingProfile, info: CallInfo) -> tuple[Call, bool]:
    now = timezone.now()
    call = Call.objects.select_for_update(no_key=True).filter(key=key).order_by("-started_at").first()
    if call is not None and (call.state == State.LIVE or (call.ended_at and now - call.ended_at < REJOIN)):
        call.state, call.ended_at, call.close_due_at = State.LIVE, None, None
        call.agent_id = info.agent_id or call.agent_id
        call.mask = kinds_of({*call.mask, *profile.mask})
        call.save(update_fields=["state", "ended_at", "close_due_at", "agent_id", "mask"])
        return call, False
    call = Call.objects.create(
        vendor=profile.vendor,
        key=key,
        vendor_call_id=info.call_id,
        profile=profile,
        direction=TEST if checks.is_test_call(profile, info.call_id) else info.direction,
        from_number=info.from_number,
        to_number=info.to_number,
        agent_id=info.agent_id,
        product_type=info.product_type,
        product_id=info.product_id,
        mask=profile.mask,
    )
    return call, True


def _older_streams(call: Call, info: CallInfo, *, one_stream: bool) -> list[tuple[UUID, UUID]]:
    if not (one_stream or info.session_id):
        return []
    streams = call.streams.filter(state=State.LIVE)
    if not one_stream:
        streams = streams.filter(session_id=info.session_id)
    return list(streams.values_list("process", "id"))


def _metadata(info: CallInfo) -> dict[str, Any]:
    facts = {name: getattr(info, name) for name in info.__struct_fields__ if name != "secret"}
    return {name: value for name, value in facts.items() if value}


def set_audio_start(*, call_id: UUID, stream_id: UUID, at: datetime) -> int:
    """Notes the arrival of a stream's first audio and returns where that lies on the call's timeline, in milliseconds
    on a grid of 20. The first audio of the first stream is the call's time 0."""
    with transaction.atomic():
        Call.objects.filter(id=call_id, audio_started_at=None).update(audio_started_at=at)
        zero = Call.objects.values_list("audio_started_at", flat=True).get(id=call_id)
        steps = round((at - (zero or at)).total_seconds() * 1000 / GRID_MS)
        offset_ms = max(0, steps) * GRID_MS
        Stream.objects.filter(id=stream_id).update(offset_ms=offset_ms)
    return offset_ms


def update_stream_facts(*, stream_id: UUID, info: CallInfo) -> None:
    """The vendor told more (a second `Start`): the newest facts win."""
    with transaction.atomic():
        stream = Stream.objects.select_for_update(no_key=True).select_related("call").get(id=stream_id)
        stream.metadata = {**stream.metadata, **_metadata(info)}
        stream.agent_id = info.agent_id or stream.agent_id
        stream.save(update_fields=["metadata", "agent_id"])
        call = stream.call
        call.agent_id = info.agent_id or call.agent_id
        call.from_number = info.from_number or call.from_number
        call.to_number = info.to_number or call.to_number
        call.save(update_fields=["agent_id", "from_number", "to_number"])
        _publish(call.id, "call.updated")


class Report(NamedTuple):
    """What a live stream tells with each renewal of its lease."""

    counters: Mapping[str, Any]
    health: Mapping[str, Any]


def renew_leases(*, process: UUID, reports: Mapping[UUID, Report]) -> list[UUID]:
    """Says that this process is alive, and how its streams are. Returns the streams that somebody took for dead
    meanwhile: `revive_stream` is for them.

    One prepared statement for all: `bulk_update` takes ten times the CPU for it, and it comes every five seconds.
    """
    meta = Stream._meta
    names = ("lease_until", "counters", "health", "id", "process")
    fields = [cast("Field[Any, Any]", meta.get_field(name)) for name in names]
    prepare = [partial(field.get_db_prep_save, connection=connection) for field in fields]
    until = timezone.now() + LEASE
    rows = [(until, dict(report.counters), dict(report.health), id, process) for id, report in reports.items()]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {meta.db_table} SET lease_until=%s, counters=%s, health=%s"
            " WHERE id=%s AND process=%s AND state='live'",
            [[prepared(value) for prepared, value in zip(prepare, row, strict=True)] for row in rows],
        )
    interrupted = Stream.objects.filter(process=process, state=State.INTERRUPTED)
    return list(interrupted.filter(id__in=list(reports)).values_list("id", flat=True))


def revive_stream(*, stream_id: UUID, process: UUID) -> None:
    """A stream whose process was only held up is live again, and its call too, unless that went on elsewhere."""
    with transaction.atomic():
        stream = Stream.objects.select_for_update(no_key=True).get(id=stream_id)
        if stream.state != State.INTERRUPTED or stream.process != process:
            return
        call = Call.objects.select_for_update(no_key=True).get(id=stream.call_id)
        if call.state != State.LIVE and Call.objects.live().filter(key=call.key).exists():
            return
        stream.state, stream.ended_at, stream.lease_until = State.LIVE, None, timezone.now() + LEASE
        stream.save(update_fields=["state", "ended_at", "lease_until"])
        call.state, call.ended_at, call.close_due_at = State.LIVE, None, None
        call.save(update_fields=["state", "ended_at", "close_due_at"])
        _publish(call.id, "call.updated")


def end_stream(
    *, stream_id: UUID, close_code: int | None, ended_by_vendor: bool, detail: Mapping[str, object], report: Report
) -> None:
    """Ends a stream; `detail` is what the vendor told of the end. The call ends with its last stream: at once where the
    vendor said so, else after the grace."""
    with transaction.atomic():
        stream = Stream.objects.select_for_update(no_key=True).get(id=stream_id)
        if stream.state != State.LIVE:
            return
        stream.state, stream.ended_at, stream.close_code = State.ENDED, timezone.now(), close_code
        stream.ended_by_vendor = ended_by_vendor
        if detail:
            stream.metadata = {**stream.metadata, "end": dict(detail)}
        stream.counters, stream.health = dict(report.counters), dict(report.health)
        stream.save()
        _after_stream(stream.call_id)


def note_close_code(*, stream_id: UUID, close_code: int) -> None:
    """How the connection was closed, where that came after the stream's end."""
    Stream.objects.filter(id=stream_id, close_code=None).update(close_code=close_code)


def _after_stream(call_id: UUID) -> None:
    """Ends the call, or sets when the sweep shall, if no stream of it is live."""
    call = Call.objects.select_for_update(no_key=True).get(id=call_id)
    if call.state != State.LIVE:
        return
    streams = list(call.streams.all())
    if any(stream.state == State.LIVE for stream in streams):
        _publish(call.id, "call.updated")
        return
    options = call.profile.options if call.profile else {}
    grace = timedelta(seconds=options.get("resumeSeconds", settings.HUB_CALL_GRACE_SECONDS))
    # A later stream stands for the earlier ones: of its session, or where a vendor has one connection a call, of the call.
    one_stream = VENDORS[call.vendor].playout is not None
    newest = {one_stream or s.session_id or s.id: s for s in streams}.values()
    vanished = [s.ended_at for s in newest if s.state == State.ENDED and not s.ended_by_vendor and s.ended_at]
    due = max(vanished) + grace if vanished else timezone.now()
    if due <= timezone.now():
        end_call(call)
    else:
        call.close_due_at = due
        call.save(update_fields=["close_due_at"])
        _publish(call.id, "call.updated")


def end_call(call: Call) -> None:
    """Ends a call whose streams have all ended, and makes its recording due. Inside a transaction, with the row locked."""
    streams = list(call.streams.all())
    interrupted = any(stream.state == State.INTERRUPTED for stream in streams)
    call.state = State.INTERRUPTED if interrupted else State.ENDED
    call.ended_at = max((s.ended_at for s in streams if s.ended_at), default=timezone.now())
    call.close_due_at = None
    call.save(update_fields=["state", "ended_at", "close_due_at"])
    if call.profile is None or call.profile.record:
        # Last words may hold what must not be heard. A check of the profile doesn't wait: what is said in it is known.
        waits = call.mask and not call.is_test
        due_at = timezone.now() + (webhook_events.LAST_WORDS if waits else timedelta())
        Recording.objects.update_or_create(
            call=call, defaults={"state": Recording.State.PENDING, "due_at": due_at, "attempts": 0, "error": ""}
        )
        ring_on_commit()
    alerts.end_alerts_in(call)
    summaries.summarize_later(call)
    _publish(call.id, "call.ended")
    webhook_events.emit("call.ended", call.id)
    transcripts.emit_if_ready(call)


def interrupt_dead_streams() -> int:
    """Closes streams whose process no longer renews its lease, and the calls that end with them. Returns how many."""
    dead = Stream.objects.filter(state=State.LIVE, lease_until__lt=timezone.now()).values_list("id", flat=True)
    count = 0
    for stream_id in list(dead[:500]):
        with transaction.atomic():
            stream = Stream.objects.select_for_update(no_key=True).get(id=stream_id)
            if stream.state != State.LIVE or stream.lease_until >= timezone.now():
                continue
            stream.state = State.INTERRUPTED
            stream.ended_at = max(stream.started_at, stream.lease_until - LEASE, last_heard(stream.id))
            stream.save(update_fields=["state", "ended_at"])
            commands.fail_unsent(stream_id=stream.id)
            _after_stream(stream.call_id)
            count += 1
    return count


def close_due_calls() -> int:
    """Ends calls whose grace is over. Returns how many."""
    due = Call.objects.live().filter(close_due_at__lte=timezone.now()).values_list("id", flat=True)
    count = 0
    for call_id in list(due[:500]):
        with transaction.atomic():
            call = Call.objects.select_for_update(no_key=True).get(id=call_id)
            if call.state == State.LIVE and call.close_due_at and call.close_due_at <= timezone.now():
                end_call(call)
                count += 1
    return count


def publish_change(call_id: UUID) -> None:
    """Something that the call's shape shows changed elsewhere: whether a bot is in it, say."""
    _publish(call_id, "call.updated")


def _publish(call_id: UUID, kind: str) -> None:
    def send() -> None:
        call = Call.objects.for_display().filter(id=call_id).first()
        if call is not None:  # it may have been deleted
            live.publish(call_id, kind, call=shapes.call_shape(call))

    transaction.on_commit(send)
