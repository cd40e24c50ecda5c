"""Days in an address, as the reader means them: `from` and `to` are days of the time zone `zone`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.dateparse import parse_date

DAYS = ("from", "to", "zone")
EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)  # beyond them, some zones have no time


def days_condition(field: str, wanted: Mapping[str, str]) -> Q:
    """Of a moment's `field`. A day that can't be understood narrows nothing; `misread` tells of it."""
    condition = Q()
    first, last = moments(wanted)
    if first:
        condition &= Q(**{f"{field}__gte": first})
    if last:
        condition &= Q(**{f"{field}__lte": last})
    return condition


def moments(wanted: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """With which the days begin and end."""
    zone = _zone(wanted["zone"])
    first, last = _day(wanted["from"]), _day(wanted["to"])
    return (
        datetime.combine(first, time.min, zone) if first else None,
        datetime.combine(last, time.max, zone) if last else None,
    )


def misread(wanted: Mapping[str, str]) -> dict[str, bool]:
    """Which of the two were given, but are no days."""
    return {name: bool(wanted[name]) and _day(wanted[name]) is None for name in ("from", "to")}


def kept(wanted: Mapping[str, str]) -> dict[str, str]:
    """What the address of another page of the same list carries on."""
    given = {name: value for name, value in wanted.items() if value}
    if not (wanted["from"] or wanted["to"]):
        given.pop("zone", None)
    return given


def _day(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return min(max(found, EARLIEST), LATEST) if found else None


def _zone(name: str) -> tzinfo:
    """UTC where the browser didn't say, or says what nobody knows."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):  # KeyError: not in the database of zones; OSError: a folder of it
        return UTC
