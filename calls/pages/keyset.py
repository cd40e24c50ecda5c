"""Pages of a list that grows at its top: newest first, marked by moment and id instead of counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q

Row = TypeVar("Row", bound=Model)
Fetch = Callable[[Q, Sequence[str], int], list[Row]]  # the first rows that meet a condition, in an order, so many


def page_of(fetch: Fetch[Row], field: str, size: int, *, before: str, after: str) -> tuple[list[Row], str, str]:
    """One page of rows by their moment `field`, and the marks of the older and the newer page ("" where there is none).
    A mark that can't be understood is none."""
    if mark := _read(after):
        at, row_id = mark
        newer = Q(**{f"{field}__gt": at}) | Q(**{field: at, "id__gt": row_id})
        rows = fetch(Q(**{f"{field}__gte": at}) & newer, (field, "id"), size + 1)
        page = rows[:size][::-1]
        return page, _mark(page[-1], field) if page else "", _mark(page[0], field) if len(rows) > size else ""
    condition = Q()
    mark = _read(before)
    if mark:
        at, row_id = mark
        older = Q(**{f"{field}__lt": at}) | Q(**{field: at, "id__lt": row_id})
        condition = Q(**{f"{field}__lte": at}) & older
    rows = fetch(condition, (f"-{field}", "-id"), size + 1)
    page = rows[:size]
    return page, _mark(page[-1], field) if len(rows) > size else "", _mark(page[0], field) if mark and page else ""


def _mark(row: Any, field: str) -> str:
    return f"{getattr(row, field).isoformat()}_{row.id}"


def _read(text: str) -> tuple[datetime, UUID] | None:
    at, _, row_id = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(row_id)) if moment.tzinfo else None
    except ValueError:
        return None
