"""Lists in pages: `{"next", "previous", "results"}`. The cursor names a row, so that rows which come or go meanwhile
neither repeat nor hide others."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

import msgspec
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from calls.api.fields import refusal

MAX_LIMIT, DEFAULT_LIMIT = 200, 50

PAGE_PARAMETERS = [
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
    OpenApiParameter("cursor", str, description="From `next` or `previous` of another page."),
]


class Page(NamedTuple):
    rows: list[Any]
    next: str | None  # addresses
    previous: str | None

    def body(self, results: Any) -> dict[str, Any]:
        """The page as it is sent, its rows in their public shape."""
        return {"next": self.next, "previous": self.previous, "results": results}


class Cursor(msgspec.Struct, array_like=True):
    backward: bool
    values: list[str]


Fetch = Callable[[Any, Sequence[str], int], list[Any]]  # of rows: the first ones of that order, so many


def first_rows(rows: QuerySet[Any], order: Sequence[str], limit: int) -> list[Any]:
    return list(rows.order_by(*order)[:limit])


def paginate(
    request: Request,
    rows: QuerySet[Any],
    *order: str,
    fetch: Fetch = first_rows,
) -> Page:
    """A page of rows in the order of some fields (all with a leading `-`, or none), of which the last is unique. Fields
    may be those of a relation (`call__started_at`). Costs one query, unless `fetch` knows a better way to the first rows
    of an order."""
    limit = _limit(request)
    descending = order[0].startswith("-")
    fields = [name.removeprefix("-") for name in order]
    cursor = _cursor(request, rows.model, fields)
    backward = cursor is not None and cursor.backward
    if cursor is not None:
        beyond = "lt" if descending != backward else "gt"
        rows = rows.filter(_beyond(beyond, fields, cursor.values), **{f"{fields[0]}__{beyond}e": cursor.values[0]})
    if backward:
        order = tuple(fields if descending else (f"-{name}" for name in fields))
    found = fetch(rows, order, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if backward:
        found.reverse()
    has_next, has_previous = (True, more) if backward else (more, cursor is not None)

    def link(row: Model, *, backward: bool) -> str:
        values = (reduce(getattr, name.split("__"), row) for name in fields)
        place = Cursor(backward, [str(msgspec.to_builtins(value)) for value in values])
        text = base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")
        return replace_query_param(request.build_absolute_uri(), "cursor", text)

    return Page(
        found,
        link(found[-1], backward=False) if found and has_next else None,
        link(found[0], backward=True) if found and has_previous else None,
    )


def _beyond(beyond: str, fields: Sequence[str], values: Sequence[Any]) -> Q:
    """Later in the order: by the first field, or by the next where that one is the same."""
    return reduce(
        or_,
        (
            Q(**dict(zip(fields[:at], values, strict=False)), **{f"{name}__{beyond}": value})
            for at, (name, value) in enumerate(zip(fields, values, strict=True))
        ),
    )


def _field(model: type[Model], path: str) -> Any:
    *relations, name = path.split("__")
    for relation in relations:
        model = model._meta.get_field(relation).related_model  # type: ignore[assignment]
    return next(field for field in model._meta.concrete_fields if name in (field.name, field.attname))


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "")
    if not text:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 0 < int(text) <= MAX_LIMIT):
        raise refusal("limit", "invalid", f"Give a number from 1 to {MAX_LIMIT}.")
    return int(text)


def _cursor(request: Request, model: type[Model], fields: list[str]) -> Cursor | None:
    text = request.query_params.get("cursor", "")
    if not text:
        return None
    try:
        cursor = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
        if "\0" in "".join(cursor.values):
            raise ValueError
        columns = [_field(model, name) for name in fields]
        cursor.values = [column.to_python(value) for column, value in zip(columns, cursor.values, strict=True)]
        return cursor
    except (ValueError, OverflowError, msgspec.DecodeError, DjangoValidationError):
        raise refusal(
            "cursor", "invalid", "Use next or previous of a page as they are, or leave the cursor out to start anew."
        ) from None


class PageSerializer(serializers.Serializer[Any]):
    """Base of the pages whose rows are serializer data."""

    next = serializers.URLField(allow_null=True, read_only=True)
    previous = serializers.URLField(allow_null=True, read_only=True)
