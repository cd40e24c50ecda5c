"""Rows of checks, and test calls that nobody takes for customers'."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from calls.events import CallInfo
from calls.models import Call, ProfileCheck, Recording, RefusedStream, StreamingProfile
from calls.models.checks import TEST_CALL
from calls.services import audit, checks
from calls.services.storage import spool_path
from calls.services.sweep import close_due
from calls.session.admission import Refused, at_message
from tests.conftest import MakeCall

BY = audit.Requester("admin")


def begin(profile: StreamingProfile) -> ProfileCheck:
    return checks.start_check(
        profile, by=BY, url="wss://hub.example.com/", steps=["resolve"], said=[("agent", "Hello.")]
    )


def test_one_check_a_profile_at_a_time(profile: StreamingProfile) -> None:
    first = begin(profile)
    with pytest.raises(checks.CheckRunning) as error:
        begin(profile)
    assert error.value.check == first
    checks.note_progress(first.id, state="passed")
    assert begin(profile).id != first.id


def test_a_check_that_lost_its_process_does_not_block_the_next(profile: StreamingProfile) -> None:
    lost = begin(profile)
    ProfileCheck.objects.filter(id=lost.id).update(started_at=timezone.now() - timedelta(minutes=2))
    assert close_due() == 1
    lost.refresh_from_db()
    assert (lost.state, lost.finished_at is not None) == ("failed", True)
    checks.note_progress(lost.id, state="passed")  # too late
    lost.refresh_from_db()
    assert lost.state == "failed"


def test_old_checks_are_forgotten(profile: StreamingProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "KEPT_CHECKS", 2)
    for _ in range(4):
        checks.note_progress(begin(profile).id, state="passed")
    assert profile.checks.count() == 2


def test_only_the_running_checks_id_makes_a_test_call(profile: StreamingProfile) -> None:
    check = begin(profile)
    assert checks.is_test_call(profile, check.vendor_call_id)
    assert not checks.is_test_call(profile, TEST_CALL + "0" * 16)
    other = StreamingProfile.objects.create(name="Other", product_id="5")
    assert not checks.is_test_call(other, check.vendor_call_id)
    checks.note_progress(check.id, state="passed")
    assert not checks.is_test_call(profile, check.vendor_call_id)


def test_a_test_call_says_nothing_of_the_vendors_secret(profile: StreamingProfile) -> None:
    profile.secret, profile.secret_check = "s3cret", "enforce"
    profile.save()
    info = CallInfo(call_id=f"{TEST_CALL}1", product_type="QUEUE", product_id="1234")
    assert isinstance(at_message(vendor="ringcx", info=info, secrets=()), Refused)
    at_message(vendor="ringcx", info=info, secrets=("s3cret",))
    profile.refresh_from_db()
    assert profile.secret_seen_at is None and profile.secret_missed_at is None
    assert not RefusedStream.objects.exists()


def test_test_calls_go_after_a_day_with_their_files(make_call: MakeCall, data_dir: Path) -> None:
    def with_files(**fields: Any) -> tuple[Call, list[Path]]:
        call = make_call(said=[("agent", 0, 900, "hello")], **fields)
        Recording.objects.create(call=call, state="ready", file=f"recordings/{call.id}.wav")
        paths = [data_dir / f"recordings/{call.id}.wav", spool_path(call.streams.get().id)]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return call, paths

    old = timezone.now() - timedelta(hours=25)
    gone, gone_files = with_files(direction="test", started_at=old)
    kept = [with_files(direction="test"), with_files(direction="inbound", started_at=old)]
    assert checks.delete_old_test_calls() == 1
    assert not Call.objects.filter(id=gone.id).exists() and not any(path.exists() for path in gone_files)
    assert all(Call.objects.filter(id=call.id).exists() and all(p.exists() for p in paths) for call, paths in kept)
