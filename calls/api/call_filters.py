"""The query parameters of the list of calls."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from calls.api.fields import refusal
from calls.api.filters import Filters, apply_filters, span_of, text_parameter
from calls.api.paging import Fetch, first_rows
from calls.models import Alert
from calls.models.calls import CallQuerySet, State
from calls.models.checks import TEST_CALL
from calls.search.finding import call_search
from calls.services.notes import tagged
from calls.vendors import VENDORS

FILTER_PARAMETERS = [
    OpenApiParameter("state", str, enum=State.values),
    OpenApiParameter("vendor", str, enum=list(VENDORS)),
    OpenApiParameter("profile", UUID, description="A profile's id."),
    OpenApiParameter(
        "from", str, description="A phone number; or a date or time (RFC 3339): calls that started then or later."
    ),
    OpenApiParameter(
        "to", str, description="A phone number; or a date or time (RFC 3339): calls that started until then."
    ),
    OpenApiParameter("tag", str, description="A tag of the call."),
    OpenApiParameter("callId", str, description="The vendor's call id, exactly."),
    OpenApiParameter("alert", str, description="The id of an alert rule that found something, or `any`."),
    OpenApiParameter(
        "q",
        str,
        description="Part of an id or number, an agent's id, or words that were said, as `search/` finds them.",
    ),
]


def filter_calls(calls: CallQuerySet, request: Request) -> CallQuerySet:
    """Those of the calls that the caller may see and asks for, but for `q`. A check's test call is there by name only."""
    if not request.query_params.get("callId", "").startswith(TEST_CALL):
        calls = calls.without_tests()
    return apply_filters(calls.visible_to(request.user), FILTERS, request)


def call_fetcher(request: Request) -> Fetch:
    """How the first calls that fit `q` are found."""
    text = text_parameter(request, "q")
    return call_search(text).newest if text else first_rows


def by_state(value: str) -> Q:
    if value not in State.values:
        raise refusal("state", "invalid_choice", f"Choose one of {', '.join(State.values)}.")
    return Q(state=value)


def by_vendor(value: str) -> Q:
    if value not in list(VENDORS):
        raise refusal("vendor", "invalid_choice", f"Choose one of {', '.join(list(VENDORS))}.")
    return Q(vendor=value)


def by_profile(value: str) -> Q:
    try:
        return Q(profile=UUID(value))
    except ValueError:
        raise refusal("profile", "invalid", "Give the id of a profile, a UUID.") from None


def by_alert(value: str) -> Q:
    condition = Alert.objects.in_call(value)
    if condition is None:
        raise refusal("alert", "invalid", "Give the id of an alert rule, a UUID, or any.")
    return Q(condition)


def by_from(value: str) -> Q:
    span = _span("from", value)
    return Q(started_at__gte=span[0]) if span else Q(from_number__in=_spellings(value))


def by_to(value: str) -> Q:
    span = _span("to", value)
    return Q(started_at__lte=span[1]) if span else Q(to_number__in=_spellings(value))


def _span(field: str, value: str) -> tuple[datetime, datetime] | None:
    """Of a date or a time; None where it is a number."""
    if not re.match(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return None
    span = span_of(value)
    if span is None:
        raise refusal(
            field, "invalid", "Give a phone number, a date such as 2026-01-31, or a time such as 2026-01-31T09:30:00Z."
        )
    return span


def _spellings(number: str) -> list[str]:
    """With and without `+`: vendors write both, and an unescaped + of an address arrives as a space."""
    bare = number.removeprefix("+")
    return [bare, f"+{bare}"]


FILTERS: Filters = {
    "state": by_state,
    "vendor": by_vendor,
    "profile": by_profile,
    "from": by_from,
    "to": by_to,
    "alert": by_alert,
    "tag": tagged,
    "callId": lambda value: Q(vendor_call_id=value),
}
