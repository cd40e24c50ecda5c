"""The rows of profile checks, and the test calls that they make. What a check does is in `calls/checking`."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from calls.models import Call, ProfileCheck, StreamingProfile
from calls.models.calls import TEST, State
from calls.models.checks import TEST_CALL
from calls.services import audit
from calls.services.removal import remove_files

log = logging.getLogger(__name__)

LONGEST = timedelta(seconds=60)  # a check that runs longer lost its process
KEPT = timedelta(days=1)  # test calls
KEPT_CHECKS = 20  # rows of each profile


class CheckRunning(Exception):
    """The profile is being checked at this moment."""

    def __init__(self, check: ProfileCheck | None) -> None:
        super().__init__("This profile is being checked already: wait for the result.")
        self.check = check


def start_check(
    profile: StreamingProfile, *, by: audit.Requester, url: str, steps: Sequence[str], said: Sequence[tuple[str, str]]
) -> ProfileCheck:
    """The row of a new check, its steps waiting. Raises `CheckRunning`."""
    give_up_lost_checks()
    try:
        with transaction.atomic():
            check = ProfileCheck.objects.create(
                profile=profile,
                by=by.name[:150],
                url=url[:1000],
                steps=[{"name": name, "state": "waiting"} for name in steps],
                said=[list(pair) for pair in said],
                vendor_call_id=TEST_CALL + secrets.token_hex(8),
                profile_version=profile.version,
            )
            audit.record(action="profile.check", by=by, subject=profile.name, detail={"profile": str(profile.id)})
    except IntegrityError:
        running = ProfileCheck.objects.filter(profile=profile, state=ProfileCheck.State.RUNNING).first()
        raise CheckRunning(running) from None
    old = profile.checks.values_list("id", flat=True)[KEPT_CHECKS:]
    ProfileCheck.objects.filter(id__in=list(old)).delete()
    return check


def note_progress(check_id: UUID, **fields: Any) -> None:
    """Writes what changed of a check that still runs."""
    ProfileCheck.objects.filter(id=check_id, state=ProfileCheck.State.RUNNING).update(**fields)


def is_test_call(profile: StreamingProfile, vendor_call_id: str) -> bool:
    """Whether a stream is the hub's own, of a check that runs. A vendor can't claim it: the id is a secret."""
    return (
        vendor_call_id.startswith(TEST_CALL)
        and ProfileCheck.objects.filter(
            profile=profile, vendor_call_id=vendor_call_id, state=ProfileCheck.State.RUNNING
        ).exists()
    )


def give_up_lost_checks() -> int:
    """Ends checks whose process is gone. Returns how many."""
    lost = ProfileCheck.objects.filter(state=ProfileCheck.State.RUNNING, started_at__lt=timezone.now() - LONGEST)
    return lost.update(state=ProfileCheck.State.FAILED, finished_at=timezone.now())


def delete_old_test_calls() -> int:
    """Deletes test calls that are a day old, with their files. Returns how many."""
    old = Call.objects.filter(direction=TEST, started_at__lt=timezone.now() - KEPT).exclude(state=State.LIVE)
    count = 0
    for call in old[:100]:
        remove_files(call)
        call.delete()
        count += 1
    return count
