"""Calls are removed whole, files and rows, by an admin or in their time; the audit says so and nothing of what was said."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from bots.models import Bot, BotSession
from calls.audio import spool
from calls.models import (
    AuditEntry,
    Call,
    Command,
    Recording,
    Segment,
    SkippedPassage,
    StreamingProfile,
    User,
    Webhook,
    WebhookDelivery,
)
from calls.services import audit, removal, sweep
from calls.services.profiles import delete_profile
from calls.services.storage import peaks_path, recording_path, spool_path
from tests.conftest import MakeCall

pytestmark = pytest.mark.django_db


@pytest.fixture
def full_call(make_call: MakeCall) -> Call:
    """With a finished recording and a row of everything."""
    call = make_call(
        said=[("customer", 0, 900, "my name is anna"), ("agent", 900, 1800, "hello anna")], from_number="2223334444"
    )
    stream = call.streams.get()
    path = spool_path(stream.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(spool.pack("customer", "mulaw", 0, b"\x90" * 16_000))
    Recording.objects.create(call=call)
    sweep.finish_due()
    Command.objects.create(call=call, stream=stream, type="hangup", by="supervisor")
    SkippedPassage.objects.create(
        call=call, stream=stream, track="agent", start_ms=0, end_ms=1, reason="overload", state="failed"
    )
    webhook = Webhook.objects.create(url="https://example.com/", secret="s", events=[])
    WebhookDelivery.objects.create(webhook=webhook, event="call.ended", call=call, body="anna")
    BotSession.objects.create(
        call=call, bot=Bot.objects.create(name="B", kind="echo"), bot_version=1, state={"said": "anna"}
    )
    AuditEntry.objects.create(actor_name="supervisor", action="call.read", call=call)
    return call


def files(data_dir: Path) -> list[Path]:
    return [
        path for path in data_dir.rglob("*") if path.is_file() and path.suffix in (".wav", ".json", ".spool", ".part")
    ]


def test_nothing_is_left_but_the_proof(full_call: Call, admin: User, data_dir: Path) -> None:
    assert len(files(data_dir)) == 3  # spool, recording, peaks
    call_id, size = str(full_call.id), sum(path.stat().st_size for path in files(data_dir))
    removal.remove_call(full_call.id, by=audit.requester(admin))
    assert files(data_dir) == []
    for model in (Call, Segment, Command, Recording, SkippedPassage, WebhookDelivery, BotSession):
        assert not model.objects.exists(), model
    entry = AuditEntry.objects.get(action="call.removed")
    assert (entry.actor, entry.call, entry.subject) == (admin, None, full_call.vendor_call_id)
    proof = entry.detail
    assert proof["call"] == call_id and proof["vendorCallId"] == full_call.vendor_call_id
    assert proof["rows"] == {
        "bot_session": 1,
        "commands": 1,
        "recording": 1,
        "segments": 2,
        "skipped_passages": 1,
        "streams": 1,
        "webhook_deliveries": 1,
    }
    assert (proof["files"], proof["bytes"], proof["reason"]) == (3, size, "asked")
    assert not {"anna", "2223334444"} & set(json.dumps(proof).lower().replace('"', " ").split())
    assert AuditEntry.objects.get(action="call.read").call is None  # what others did stays on record


def test_a_live_call_stays(make_call: MakeCall, admin: User) -> None:
    call = make_call(state="live")
    with pytest.raises(removal.StillLive):
        removal.remove_call(call.id, by=audit.requester(admin))
    assert Call.objects.exists() and not AuditEntry.objects.exists()


def test_a_call_whose_recording_is_being_made_stays(full_call: Call, admin: User) -> None:
    soon = timezone.now() + timedelta(minutes=9)
    Recording.objects.update(state="pending", attempts=1, due_at=soon)
    with pytest.raises(removal.StillFinishing):
        removal.remove_call(full_call.id, by=audit.requester(admin))
    Recording.objects.update(due_at=timezone.now())  # who made it is dead
    removal.remove_call(full_call.id, by=audit.requester(admin))


def test_a_file_that_no_row_names_yet_goes_too(full_call: Call, admin: User, data_dir: Path) -> None:
    """Whoever wrote it died before the row said so."""
    path = recording_path(Recording.objects.get())
    assert path.exists() and peaks_path(path).exists()
    Recording.objects.update(state="pending", file="", attempts=0)
    path.with_suffix(".part").write_bytes(b"half")
    removal.remove_call(full_call.id, by=audit.requester(admin))
    assert files(data_dir) == []


def test_a_crash_between_files_and_rows_is_made_good(
    full_call: Call, admin: User, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(removal.audit, "record", die)
        with pytest.raises(KeyboardInterrupt):
            removal.remove_call(full_call.id, by=audit.requester(admin))
    assert files(data_dir) == [] and Call.objects.exists()
    removal.remove_call(full_call.id, by=audit.requester(admin))
    assert not Call.objects.exists()
    assert AuditEntry.objects.filter(action="call.removed").count() == 1


# Retention


def age(call: Call, days: float) -> Call:
    then = timezone.now() - timedelta(days=days)
    Call.objects.filter(id=call.id).update(started_at=then - timedelta(minutes=2), ended_at=then)
    return call


def test_calls_are_removed_in_their_time(make_call: MakeCall, profile: StreamingProfile) -> None:
    profile.retention_days = 30
    profile.save()
    kept_profile = StreamingProfile.objects.create(name="Keeps", product_id="9")
    old, young = age(make_call(), 30.01), age(make_call(), 29.99)
    other = age(make_call(profile=kept_profile), 4000)
    live = make_call(state="live", started_at=timezone.now() - timedelta(days=40))
    assert sweep.finish_due() == 1
    assert set(Call.objects.values_list("id", flat=True)) == {young.id, other.id, live.id}
    entry = AuditEntry.objects.get(action="call.removed")
    assert (entry.actor, entry.actor_name) == (None, audit.THE_HUB.name)
    assert (entry.detail["call"], entry.detail["reason"], entry.detail["retentionDays"]) == (
        str(old.id),
        "retention",
        30,
    )
    assert sweep.finish_due() == 0


def test_a_deleted_profile_leaves_its_retention_to_its_calls(
    make_call: MakeCall, profile: StreamingProfile, admin: User
) -> None:
    profile.retention_days = 7
    profile.save()
    old, young = age(make_call(), 8), age(make_call(), 6)
    delete_profile(profile, by=audit.requester(admin))
    assert sweep.finish_due() == 1
    assert list(Call.objects.values_list("id", flat=True)) == [young.id]
    age(young, 8)
    assert sweep.finish_due() == 1
    assert not Call.objects.filter(id__in=[old.id, young.id]).exists()


def test_many_go_in_small_batches(make_call: MakeCall, profile: StreamingProfile) -> None:
    profile.retention_days = 1
    profile.save()
    for _ in range(5):
        age(make_call(), 2)
    assert [removal.remove_due_calls(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert AuditEntry.objects.filter(action="call.removed").count() == 5


def test_one_that_can_not_go_does_not_hold_up_the_others(make_call: MakeCall, profile: StreamingProfile) -> None:
    profile.retention_days = 1
    profile.save()
    stuck, other = age(make_call(), 3), age(make_call(), 2)
    Recording.objects.create(call=stuck, attempts=1, due_at=timezone.now() + timedelta(minutes=9))
    assert removal.remove_due_calls() == 1
    assert list(Call.objects.values_list("id", flat=True)) == [stuck.id] != [other.id]
