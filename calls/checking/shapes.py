"""The JSON of a check, for the API and the page, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.checking.comparing import marked_words
from calls.models import ProfileCheck
from calls.shape import Shape

LABELS = {
    "resolve": _("Name"),
    "tls": _("Connection"),
    "probe": _("Question"),
    "upgrade": _("WebSocket"),
    "auth": _("Admission"),
    "audio": _("Audio"),
    "transcript": _("Transcript"),
    "recording": _("Recording"),
}


class CheckStepShape(Shape):
    """`state`: waiting, running, ok, warning, failed or skipped. `advice` says what to do."""

    name: str
    label: str
    state: str
    ms: int | None
    detail: str | None
    advice: str | None


class SaidWordShape(Shape):
    """A word of the test call, and whether the recogniser wrote it there."""

    text: str
    heard: bool


class SaidShape(Shape):
    """What one side said in the test call, word by word."""

    track: str
    text: str
    heard: str
    words: list[SaidWordShape]


class CheckShape(Shape):
    """`state`: running, passed, warned or failed. `call`: the test call, which is deleted after a day."""

    id: UUID
    profile: UUID
    state: str
    by: str
    url: str
    steps: list[CheckStepShape]
    said: list[SaidShape]
    call: UUID | None
    profile_changed: bool
    started_at: datetime
    finished_at: datetime | None


class CheckPage(Shape):
    """Checks of a profile, the newest first."""

    next: str | None
    previous: str | None
    results: list[CheckShape]


def check_shape(check: ProfileCheck) -> CheckShape:
    """Reads `check.profile`."""
    return CheckShape(
        id=check.id,
        profile=check.profile_id,
        state=check.state,
        by=check.by,
        url=check.url,
        steps=[_step_shape(row) for row in check.steps],
        said=[_said_shape(check, track, text) for track, text in check.said],
        call=check.call_id,
        profile_changed=check.profile_version != check.profile.version,
        started_at=check.started_at,
        finished_at=check.finished_at,
    )


def _step_shape(row: dict[str, Any]) -> CheckStepShape:
    values = row.get("values", {})
    label = LABELS.get(row["name"])
    return CheckStepShape(
        name=row["name"],
        label=str(label) if label else row["name"],
        state=row["state"],
        ms=row.get("ms"),
        detail=_told(row.get("detail", ""), values),
        advice=_told(row.get("advice", ""), values),
    )


def _told(text: str, values: dict[str, Any]) -> str | None:
    return gettext(text) % values if text else None


def _said_shape(check: ProfileCheck, track: str, text: str) -> SaidShape:
    heard = " ".join(row[1] for row in check.heard if row[0] == track)
    words = [SaidWordShape(text=word, heard=was_heard) for word, was_heard in marked_words(text, heard)]
    return SaidShape(track=track, text=text, heard=heard, words=words)
