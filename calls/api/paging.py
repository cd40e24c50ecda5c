"""Lists in pages: `{"next", "previous", "results"}`. The cursor names a row, so that rows which come or go meanwhile
neither repeat nor hide others."""

from __future__ import annotations

import base64
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


def paginate(request: Request, rows: QuerySet[Any], first: str, second: str) -> Page:
    """A page of rows in the order of two fields (both with a leading `-`, or neither), of which the second is unique.
    Costs one query."""
    limit = _limit(request)
    descending = first.startswith("-")
    fields = [name.removeprefix("-") for name in (first, second)]
    cursor = _cursor(request, rows.model, fields)
    backward = cursor is not None and cursor.backward
    if cursor is not None:
        beyond = "lt" if descending != backward else "gt"
        (a, x), (b, y) = zip(fields, cursor.values, strict=True)
        rows = rows.filter(Q(**{f"{a}__{beyond}": x}) | Q(**{a: x, f"{b}__{beyond}": y}), **{f"{a}__{beyond}e": x})
    rows = rows.order_by(first, second)
    found = list((rows.reverse() if backward else rows)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if backward:
        found.reverse()
    has_next, has_previous = (True, more) if backward else (more, cursor is not None)

    def link(row: Model, *, backward: bool) -> str:
        place = Cursor(backward, [str(msgspec.to_builtins(getattr(row, name))) for name in fields])
        text = base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")
        return replace_query_param(request.build_absolute_uri(), "cursor", text)

    return Page(
        found,
        link(found[-1], backward=False) if found and has_next else None,
        link(found[0], backward=True) if found and has_previous else None,
    )


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
        columns = {field.name: field for field in model._meta.concrete_fields}
        cursor.values = [columns[name].to_python(value) for name, value in zip(fields, cursor.values, strict=True)]
        return cursor
    except (ValueError, OverflowError, msgspec.DecodeError, DjangoValidationError):
        raise refusal(
            "cursor", "invalid", "Use next or previous of a page as they are, or leave the cursor out to start anew."
        ) from None


class PageSerializer(serializers.Serializer[Any]):
    """Base of the pages whose rows are serializer data."""

    next = serializers.URLField(allow_null=True, read_only=True)
    previous = serializers.URLField(allow_null=True, read_only=True)
