"""The live wall, the history of calls, and one call. Their content lives: the pages' scripts fill it from sockets."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from calls import shapes
from calls.models import Call, Segment, StreamingProfile
from calls.models.calls import State
from calls.models.profiles import Vendor
from calls.pages.access import signed_in
from calls.pages.simulation import command_for
from calls.services.profile_rules import endpoint_url

PAGE = 50
STATES = {State.LIVE: "Live", State.ENDED: "Ended", State.INTERRUPTED: "Interrupted"}
COMMAND_LABELS = {
    "break": "Interrupt playback",
    "digits": "Send digits",
    "transfer": "Transfer",
    "hangup": "Hang up",
    "say": "Speak a text",
    "play": "Play a sound",
}


@signed_in
def wall(request: HttpRequest) -> HttpResponse:
    profile = StreamingProfile.objects.filter(enabled=True).first()
    context = {"endpoint": endpoint_url(Vendor.RINGCX), "profile": profile, "simulation": command_for(profile)}
    return render(request, "wall.html", context)


@signed_in
def history(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").strip() for name in ("state", "profile", "q")}
    calls = _filtered(**wanted)
    page, older, newer = _page(calls, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
    filters = request.GET.copy()
    for name in ("before", "after"):
        filters.pop(name, None)
    context = {
        "calls": [(row, _clock(row.duration_ms)) for row in page],
        "older": older,
        "newer": newer,
        "filters": filters.urlencode(),
        "wanted": wanted,
        "filtered": any(wanted.values()),
        "states": STATES,
        "profiles": StreamingProfile.objects.only("id", "name"),
    }
    return render(request, "calls.html", context)


def _filtered(*, state: str, profile: str, q: str) -> Any:
    calls = Call.objects.select_related("profile").order_by("-started_at", "-id")
    if state in STATES:
        calls = calls.filter(state=state)
    if profile:
        try:
            calls = calls.filter(profile=UUID(profile))
        except ValueError:
            return calls.none()
    if q:
        digits = "".join(filter(str.isdigit, q))
        looks_dialled = len(digits) >= 3 and not any(map(str.isalpha, q))
        number = digits if looks_dialled else q
        said = Segment.objects.filter(call=OuterRef("pk"), text__icontains=q)
        calls = calls.filter(
            Q(from_number__contains=number)
            | Q(to_number__contains=number)
            | Q(vendor_call_id__contains=q)
            | Q(agent_id=q)
            | Exists(said)
        )
    return calls


def _page(calls: Any, *, before: str, after: str) -> tuple[list[Call], str, str]:
    """One page by keyset, newest first, and the marks of its neighbours ("" where there is none)."""
    if mark := _read_mark(after):
        at, call_id = mark
        newer_than = Q(started_at__gt=at) | Q(started_at=at, id__gt=call_id)
        rows = list(calls.filter(newer_than).order_by("started_at", "id")[: PAGE + 1])
        page, more = rows[:PAGE][::-1], len(rows) > PAGE
        return page, _mark(page[-1]) if page else "", _mark(page[0]) if more else ""
    mark = _read_mark(before)
    if mark:
        at, call_id = mark
        calls = calls.filter(Q(started_at__lt=at) | Q(started_at=at, id__lt=call_id))
    rows = list(calls[: PAGE + 1])
    page, more = rows[:PAGE], len(rows) > PAGE
    return page, _mark(page[-1]) if more else "", _mark(page[0]) if mark and page else ""


def _clock(ms: int | None) -> str:
    """As the scripts write it: 4:05 or 1:04:05."""
    if ms is None:
        return "–"
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _mark(call: Call) -> str:
    return f"{call.started_at.isoformat()}_{call.id}"


def _read_mark(text: str) -> tuple[datetime, UUID] | None:
    at, _, call_id = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(call_id)) if moment.tzinfo else None
    except ValueError:
        return None


@signed_in
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    found = Call.objects.for_display().filter(id=call_id).first()
    if found is None:
        raise Http404("There is no such call. It may have been deleted.")
    shape = shapes.call_shape(found)
    actions = [
        (COMMAND_LABELS.get(name, name.capitalize()), capability.reason)
        for name, capability in shape.capabilities.items()
    ]
    context = {
        "call": found,
        "state_label": STATES[State(found.state)],
        "actions": actions,
        "formats": ["txt", "vtt", "srt", "json"],
    }
    return render(request, "call.html", context)
