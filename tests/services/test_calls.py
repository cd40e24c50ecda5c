"""Streams that vanish, come back or were only held up, and what becomes of their calls."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.events import AudioFormat, CallInfo
from calls.models import Call, Recording, Stream, StreamingProfile
from calls.services import calls, sweep

PROCESS = uuid.uuid4()
REPORT = calls.Report(
    counters={"tracks": {}, "ignored": {}}, health={"recognizerLagMs": 0, "silenceMs": {}, "skippedMs": 0}
)


def open_stream(profile: StreamingProfile, session_id: str = "2", call_id: str = "c") -> Stream:
    info = CallInfo(call_id=call_id, session_id=session_id, product_type="QUEUE", product_id="1234")
    audio = AudioFormat("mulaw", 8000)
    return calls.open_stream(
        profile=profile, info=info, audio=audio, transport="websocket", process=PROCESS, one_stream=False
    ).stream


def end(stream: Stream, *, by_vendor: bool) -> None:
    calls.end_stream(stream_id=stream.id, close_code=1006, ended_by_vendor=by_vendor, detail={}, report=REPORT)


def lapse(stream: Stream) -> None:
    Stream.objects.filter(id=stream.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_stream_that_was_only_held_up_goes_on(profile: StreamingProfile) -> None:
    stream = open_stream(profile)
    lapse(stream)
    sweep.close_due()
    assert Call.objects.get().state == "interrupted"
    assert calls.renew_leases(process=PROCESS, reports={stream.id: REPORT}) == [stream.id]
    calls.revive_stream(stream_id=stream.id, process=PROCESS)
    assert Call.objects.get().state == Stream.objects.get().state == "live"
    assert calls.renew_leases(process=PROCESS, reports={stream.id: REPORT}) == []
    Recording.objects.update(state="ready")
    end(stream, by_vendor=True)
    assert Call.objects.get().state == "ended"
    assert Recording.objects.get().state == "pending"


def test_it_stays_closed_if_the_call_went_on_elsewhere(profile: StreamingProfile) -> None:
    stream = open_stream(profile)
    lapse(stream)
    sweep.close_due()
    Call.objects.update(started_at=timezone.now() - timedelta(hours=1), ended_at=timezone.now() - timedelta(hours=1))
    open_stream(profile)
    calls.revive_stream(stream_id=stream.id, process=PROCESS)
    assert Call.objects.live().count() == 1
    assert Stream.objects.get(id=stream.id).state == "interrupted"


def test_a_lease_is_renewed_with_what_the_stream_tells(profile: StreamingProfile) -> None:
    stream, other = open_stream(profile), open_stream(profile, "3")
    lapse(stream)
    report = calls.Report(counters={"tracks": {"agent": {"frames": 7}}, "ignored": {}}, health=REPORT.health)
    calls.renew_leases(process=PROCESS, reports={stream.id: report, other.id: REPORT})
    stream.refresh_from_db()
    assert stream.lease_until > timezone.now() + timedelta(seconds=10)
    assert stream.counters == report.counters


@pytest.mark.parametrize("by_vendor, state", [(True, "ended"), (False, "live")])
def test_only_a_stream_that_vanished_leaves_a_grace(profile: StreamingProfile, by_vendor: bool, state: str) -> None:
    end(open_stream(profile), by_vendor=by_vendor)
    assert Call.objects.get().state == state


def test_a_reconnect_that_ended_well_needs_no_grace(profile: StreamingProfile) -> None:
    first = open_stream(profile)
    end(first, by_vendor=False)
    end(open_stream(profile), by_vendor=True)
    assert Call.objects.get().state == "ended"


def test_a_resumed_connection_that_ended_well_needs_no_grace(db: None) -> None:
    """Vendors that the hub acts on have one connection a call, and name no session."""
    profile = StreamingProfile.objects.create(vendor="audiocodes", name="a", slug="a")
    end(open_stream(profile, session_id=""), by_vendor=False)
    assert Call.objects.get().state == "live"
    end(open_stream(profile, session_id=""), by_vendor=True)
    assert Call.objects.get().state == "ended"


def test_the_grace_ends(profile: StreamingProfile) -> None:
    end(open_stream(profile), by_vendor=False)
    Call.objects.update(close_due_at=timezone.now())
    sweep.close_due()
    assert Call.objects.get().state == "ended"
