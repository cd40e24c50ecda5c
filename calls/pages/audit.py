"""The audit for admins: who did what, narrowed by what stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from calls.models import AuditEntry, Call, User
from calls.pages.access import for_admins
from calls.pages.audit_words import GROUPS, tell
from calls.pages.days import DAYS, days_condition, kept, misread, moments
from calls.pages.keyset import page_of
from calls.services import audit_log

PAGE = 50
FILTERS = ("actor", "action", "call", *DAYS)
MAX_TEXT = 200
MAX_NAMES = 500  # that the field for the person suggests


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").replace("\0", "").strip()[:MAX_TEXT] for name in FILTERS}
    entries = _filtered(AuditEntry.objects.select_related("call"), wanted)

    def fetch(condition: Q, order: Sequence[str], limit: int) -> list[AuditEntry]:
        return list(entries.filter(condition).order_by(*order)[:limit])

    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    page, older, newer = page_of(fetch, "at", PAGE, before=before, after=after)
    given = kept(wanted)
    context = {
        "told": tell(page),
        "older": older,
        "newer": newer,
        "filters": urlencode(given),
        "wanted": wanted,
        "misread": misread(wanted),
        "filtered": bool(given),
        "own_action": "" if wanted["action"] in GROUPS else wanted["action"],
        "groups": [(name, label) for name, (label, _) in GROUPS.items()],
        "exported": urlencode(_exported(wanted)),
        "names": User.objects.order_by("username").values_list("username", flat=True)[:MAX_NAMES],
    }
    return render(request, "audit.html", context)


def _filtered(entries: QuerySet[AuditEntry], wanted: dict[str, str]) -> QuerySet[AuditEntry]:
    """A call that nobody knows has no entries."""
    if wanted["actor"]:
        entries = entries.filter(audit_log.by_actor(wanted["actor"]))
    if action := wanted["action"]:
        entries = entries.filter(audit_log.of_action(actions_of(action)))
    if wanted["call"]:
        entries = entries.filter(_of_call(wanted["call"]))
    return entries.filter(days_condition("at", wanted))


def _exported(wanted: dict[str, str]) -> dict[str, str]:
    """The same entries, as the API is asked for them."""
    first, last = moments(wanted)
    asked = {
        **wanted,
        "action": actions_of(wanted["action"]),
        "from": first.isoformat() if first else "",
        "to": last.isoformat() if last else "",
        "zone": "",
    }
    return {name: value for name, value in asked.items() if value}


def actions_of(wanted: str) -> str:
    """Of a group, or what is an action by itself."""
    return ",".join(GROUPS[wanted][1]) if wanted in GROUPS else wanted


def _of_call(text: str) -> Q:
    """By the hub's id or the vendor's."""
    try:
        return audit_log.of_call(UUID(text))
    except ValueError:
        calls = Call.objects.filter(vendor_call_id=text).values_list("id", flat=True)
        return Q(call__in=list(calls[:MAX_TEXT])) | Q(action="call.removed", subject=text)
