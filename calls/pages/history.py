"""The history of calls, and the search in what was said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from calls.models import Alert, AlertRule, Call, Segment, StreamingProfile
from calls.models.calls import CallQuerySet, State
from calls.pages.access import requester_of, signed_in
from calls.pages.calls import STATES
from calls.pages.days import DAYS, days_condition, kept, misread
from calls.pages.keyset import page_of
from calls.search.finding import CallSearch, about
from calls.search.matching import Piece, matcher
from calls.search.query import MAX_LENGTH, Query, QueryError, parse
from calls.services import reading
from calls.services.notes import known_tags, tagged
from calls.vendors import VENDORS

PAGE = 50
MOMENTS = 3  # that are shown of each call
ROOM = 70  # characters of a long text beside what was found
FILTERS = ("q", "state", "vendor", "profile", "agent", "alert", "tag", *DAYS)
SPEAKERS = {"agent": gettext_noop("Agent"), "customer": gettext_noop("Customer"), "bot": gettext_noop("Bot")}


@signed_in
def history(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").replace("\0", "").strip()[:MAX_LENGTH] for name in FILTERS}
    query, advice = _query(wanted["q"])
    reading.note_search(wanted["q"], by=requester_of(request))
    search = CallSearch(query, about(wanted["q"])) if wanted["q"] else None
    calls = _filtered(
        Call.objects.visible_to(request.user)
        .without_tests()
        .with_alert_count()
        .select_related("profile")
        .prefetch_related("tags"),
        wanted,
    )

    def fetch(condition: Q, order: Sequence[str], limit: int) -> list[Call]:
        rows = calls.filter(condition)
        return search.newest(rows, order, limit) if search else list(rows.order_by(*order)[:limit])

    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    page, older, newer = page_of(fetch, "started_at", PAGE, before=before, after=after)
    found = search.moments(page, each=MOMENTS) if search else {}
    given = kept(wanted)
    context = {
        "calls": [(call, _duration(call), *_shown(found.get(call.pk, []), query)) for call in page],
        "older": older,
        "newer": newer,
        "filters": urlencode(given),
        "wanted": wanted,
        "misread": misread(wanted),
        "filtered": bool(given),
        "advice": advice,
        "others": _other_searches(wanted, query) if not page else [],
        "states": STATES,
        "vendors": VENDORS.values(),
        "profiles": StreamingProfile.objects.visible_to(request.user).only("id", "name"),
        "tags": known_tags(Call.objects.visible_to(request.user)),
        "rules": AlertRule.objects.only("id", "name"),
    }
    return render(request, "calls.html", context)


def _query(text: str) -> tuple[Query | None, str]:
    """And what is wrong with it, where it can't be found in what was said."""
    try:
        return parse(text), ""
    except QueryError as error:
        return None, gettext(str(error)) if text else ""


def _filtered(calls: CallQuerySet, wanted: dict[str, str]) -> CallQuerySet:
    """What can't be understood narrows nothing, but for an id, which nothing has."""
    if wanted["state"] in STATES:
        calls = calls.filter(state=wanted["state"])
    if wanted["vendor"] in VENDORS:
        calls = calls.filter(vendor=wanted["vendor"])
    if wanted["agent"]:
        calls = calls.filter(agent_id__iexact=wanted["agent"])
    if wanted["tag"]:
        calls = calls.filter(tagged(wanted["tag"]))
    calls = calls.filter(days_condition("started_at", wanted))
    if wanted["alert"]:
        condition = Alert.objects.in_call(wanted["alert"])
        calls = calls.filter(condition) if condition is not None else calls.none()
    if wanted["profile"]:
        try:
            calls = calls.filter(profile=UUID(wanted["profile"]))
        except ValueError:
            return calls.none()
    return calls


def _duration(call: Call) -> str:
    """Of a live call, until now."""
    if call.duration_ms is None and call.state == State.LIVE:
        return clock(round((timezone.now() - call.started_at) / timedelta(milliseconds=1)))
    return clock(call.duration_ms)


def _shown(segments: list[Any], query: Query | None) -> tuple[list[dict[str, Any]], int]:
    """The moments of a call in which it was said, and how many more there are."""
    shown = [
        {
            "ms": segment.start_ms,
            "clock": clock(segment.start_ms),
            "track": segment.track,
            "speaker": speaker(segment),
            "pieces": shortened(matcher(str(query), segment.language).pieces(segment.text)),
        }
        for segment in segments
    ]
    return shown, segments[0].total - len(segments) if segments else 0


def speaker(segment: Segment) -> str:
    """As the transcript names them: a supervisor speaks on the bot's track."""
    if segment.track == "bot" and segment.participant:
        return gettext("Supervisor") if segment.participant == "supervisor" else segment.participant
    return gettext(SPEAKERS[segment.track])


def shortened(pieces: list[Piece]) -> list[Piece]:
    """Of what was not looked for, only what lies next to what was."""
    found = []
    for place, (text, match) in enumerate(pieces):
        if not match and len(text) > 2 * ROOM:
            before = text[:ROOM] if place or len(pieces) == 1 else ""
            after = text[-ROOM:] if place < len(pieces) - 1 else ""
            text = f"{before}…{after}"
        found.append(Piece(text, match))
    return found


def clock(ms: int | None) -> str:
    """As the scripts write it: 4:05 or 1:04:05."""
    if ms is None:
        return "–"
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _other_searches(wanted: dict[str, str], query: Query | None) -> list[tuple[str, str]]:
    """What to try where nothing was found: what it is called, and its address."""
    others = []
    if query:
        terms = [term for group in query.groups for term in group if not term.excluded]
        words = [word for term in terms for word in term.words]
        if any(len(term.words) > 1 for term in terms):
            others.append((gettext("the same words, not as a phrase"), {**wanted, "q": " ".join(words)}))
        if len(terms) > len(query.groups):
            others.append((gettext("any of the words"), {**wanted, "q": " or ".join(dict.fromkeys(words))}))
    if wanted["q"] and any(value for name, value in wanted.items() if name != "q"):
        others.append((gettext("the same in all calls"), {"q": wanted["q"]}))
    return [(name, urlencode({key: value for key, value in search.items() if value})) for name, search in others]
