"""Query parameters that narrow a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.request import Request

from calls.api.fields import refusal

MAX_TEXT = 200

Rows = TypeVar("Rows", bound=QuerySet[Any])
Filters = Mapping[str, Callable[[str], Any]]  # by parameter: its value as a condition


def apply_filters(rows: Rows, filters: Filters, request: Request) -> Rows:
    for name, condition in filters.items():
        if value := text_parameter(request, name):
            rows = rows.filter(condition(value))
    return rows


def text_parameter(request: Request, name: str) -> str:
    value = request.query_params.get(name, "").strip()
    if len(value) > MAX_TEXT or "\0" in value:
        raise refusal(name, "invalid", f"Give at most {MAX_TEXT} printable characters.")
    return value


def span_of(value: str) -> tuple[datetime, datetime] | None:
    """The first and last moment of a date or a time (in UTC where it names no zone), or None where it is neither."""
    try:
        if day := parse_date(value):
            first = datetime.combine(day, time(), UTC)
            return first, first + timedelta(days=1, microseconds=-1)
        if moment := parse_datetime(re.sub(r" (\d\d:\d\d)$", r"+\1", value)):  # a + that was not escaped in the address
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
            return moment, moment
    except (ValueError, OverflowError):
        pass
    return None
