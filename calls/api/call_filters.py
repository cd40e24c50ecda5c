"""The query parameters of the list of calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from calls.api.fields import refusal
from calls.models import Segment
from calls.models.calls import CallQuerySet, State
from calls.models.profiles import Vendor

MAX_TEXT = 200

FILTER_PARAMETERS = [
    OpenApiParameter("state", str, enum=State.values),
    OpenApiParameter("vendor", str, enum=Vendor.values),
    OpenApiParameter("profile", UUID, description="A profile's id."),
    OpenApiParameter(
        "from", str, description="A phone number; or a date or time (RFC 3339): calls that started then or later."
    ),
    OpenApiParameter(
        "to", str, description="A phone number; or a date or time (RFC 3339): calls that started until then."
    ),
    OpenApiParameter("callId", str, description="The vendor's call id, exactly."),
    OpenApiParameter("q", str, description="Part of an id, a number or an agent id, or words that were said."),
]


def filter_calls(calls: CallQuerySet, request: Request) -> CallQuerySet:
    for name, condition in FILTERS.items():
        if value := request.query_params.get(name, "").strip():
            if len(value) > MAX_TEXT or "\0" in value:
                raise refusal(name, "invalid", f"Give at most {MAX_TEXT} printable characters.")
            calls = calls.filter(condition(value))
    return calls


def by_state(value: str) -> Q:
    if value not in State.values:
        raise refusal("state", "invalid_choice", f"Choose one of {', '.join(State.values)}.")
    return Q(state=value)


def by_vendor(value: str) -> Q:
    if value not in Vendor.values:
        raise refusal("vendor", "invalid_choice", f"Choose one of {', '.join(Vendor.values)}.")
    return Q(vendor=value)


def by_profile(value: str) -> Q:
    try:
        return Q(profile=UUID(value))
    except ValueError:
        raise refusal("profile", "invalid", "Give the id of a profile, a UUID.") from None


def by_from(value: str) -> Q:
    span = _span("from", value)
    return Q(started_at__gte=span[0]) if span else Q(from_number__in=_spellings(value))


def by_to(value: str) -> Q:
    span = _span("to", value)
    return Q(started_at__lte=span[1]) if span else Q(to_number__in=_spellings(value))


def _span(field: str, value: str) -> tuple[datetime, datetime] | None:
    """The first and last moment of a date or a time (in UTC where it names no zone), or None where it is a number."""
    if not re.match(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return None
    try:
        if day := parse_date(value):
            first = datetime.combine(day, time(), UTC)
            return first, first + timedelta(days=1, microseconds=-1)
        if moment := parse_datetime(re.sub(r" (\d\d:\d\d)$", r"+\1", value)):  # a + that was not escaped in the address
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
            return moment, moment
    except (ValueError, OverflowError):
        pass
    raise refusal(
        field, "invalid", "Give a phone number, a date such as 2026-01-31, or a time such as 2026-01-31T09:30:00Z."
    )


def _spellings(number: str) -> list[str]:
    """With and without `+`: vendors write both, and an unescaped + of an address arrives as a space."""
    bare = number.removeprefix("+")
    return [bare, f"+{bare}"]


def by_text(value: str) -> Q:
    found = (
        Q(vendor_call_id__icontains=value)
        | Q(from_number__contains=value)
        | Q(to_number__contains=value)
        | Q(agent_id__iexact=value)
        | Exists(Segment.objects.filter(call=OuterRef("id"), text__icontains=value))
    )
    try:
        return Q(found | Q(id=UUID(value)))
    except ValueError:
        return Q(found)


FILTERS: dict[str, Callable[[str], Any]] = {
    "state": by_state,
    "vendor": by_vendor,
    "profile": by_profile,
    "from": by_from,
    "to": by_to,
    "callId": lambda value: Q(vendor_call_id=value),
    "q": by_text,
}
