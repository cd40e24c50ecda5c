"""Checks run beside the request that asks for one, so that closing the page ends nothing."""

from __future__ import annotations

import asyncio
import logging
import threading

from calls.checking import plan
from calls.checking.course import Check, step_names
from calls.models import ProfileCheck, StreamingProfile
from calls.services import checks
from calls.services.audit import Requester

log = logging.getLogger(__name__)

AT_ONCE = 3  # checks of this process; more wait their turn
_places = threading.BoundedSemaphore(AT_ONCE)


def start(profile: StreamingProfile, *, by: Requester) -> ProfileCheck:
    """Begins a check. Raises `checks.CheckRunning`."""
    tracks = plan.tracks_of(profile)
    check = checks.start_check(
        profile,
        by=by,
        url=plan.shown_address(profile),
        steps=step_names(profile),
        said=[(turn.track, turn.text) for turn in plan.turns() if turn.track in tracks],
    )
    threading.Thread(target=_run, args=[check], name="hub-check", daemon=True).start()  # holds up no end of the hub
    return check


def _run(check: ProfileCheck) -> None:
    with _places:
        try:
            asyncio.run(Check(check).run())
        except Exception:
            log.exception("the check of profile %s failed", check.profile_id)
