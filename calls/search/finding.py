"""Getting the newest rows that hold what is looked for, without the one plan that takes seconds.

With an index for the order and another for the words, a database must guess which to follow. Newest first and testing
each row is instant for common words and hopeless for a phrase that never occurs; finding all and sorting them is the
other way round. So nothing is guessed: the newest rows are tested, which finds what is common. What they don't hold
often enough is rare, and then the index of words finds all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OrderBy, OuterRef, Q, QuerySet, When, Window
from django.db.models.functions import Least, RowNumber

from calls.models import Call, Segment
from calls.models.calls import CallQuerySet
from calls.search.conditions import Unindexed, said
from calls.search.query import Query, QueryError, parse

# How many of the newest are tested one by one: 10 ms. What the index then has to find in half a million segments is a few
# thousand, but for phrases of common words and for words that went out of use.
NEWEST_SEGMENTS, NEWEST_CALLS = 2_500, 150


Rows = TypeVar("Rows", bound=QuerySet[Any])


class SegmentSearch:
    """Segments that hold what is looked for."""

    def __init__(self, query: Query) -> None:
        self.said = said(query)

    def newest(self, rows: QuerySet[Segment], order: Sequence[str], limit: int) -> list[Segment]:
        """The first rows in an order that begins with their call's time."""
        first, is_all = first_part(rows, order, NEWEST_SEGMENTS)
        found = list(first.filter(Unindexed(self.said)).order_by(*order)[:limit])
        if is_all or len(found) == limit:
            return found
        # Of two tables, so that neither can be walked along in this order.
        time = Case(When(start_ms__gte=0, then=F(order[0].removeprefix("-"))))
        by_time = OrderBy(time, descending=order[0].startswith("-"))
        return list(rows.filter(self.said).order_by(by_time, *order[1:])[:limit])


class CallSearch:
    """Calls in which it was said, or that `about` fits."""

    def __init__(self, query: Query | None, about: Q) -> None:
        self.said = said(query) if query else None
        self.about = about

    def newest(self, rows: CallQuerySet, order: Sequence[str], limit: int) -> list[Call]:
        """The first rows in an order that begins with their time."""
        if self.said is None:
            return list(rows.filter(self.about).order_by(*order)[:limit])
        here = Exists(Segment.objects.filter(Unindexed(self.said), call=OuterRef("pk")))
        first, is_all = first_part(rows, order, NEWEST_CALLS)
        found = list(first.filter(self.about | Q(here)).order_by(*order)[:limit])
        if is_all or len(found) == limit:
            return found
        by_words = Segment.objects.filter(self.said).order_by().values("call_id")
        by_facts = Call.objects.filter(self.about).order_by().values("pk")
        time = F(order[0].removeprefix("-"))
        by_time = OrderBy(Least(time, time), descending=order[0].startswith("-"))  # which no index has
        return list(rows.filter(pk__in=by_facts.union(by_words)).order_by(by_time, *order[1:])[:limit])

    def moments(self, calls: Iterable[Call], *, each: int) -> dict[UUID, list[Any]]:
        """By call: the first segments that hold it. Each has `total`, how many there are in its call."""
        if self.said is None:
            return {}
        rows = (
            Segment.objects.filter(Unindexed(self.said), call__in=[call.pk for call in calls])
            .annotate(
                place=Window(RowNumber(), partition_by="call", order_by=["start_ms", "id"]),
                total=Window(Count("*"), partition_by="call"),
            )
            .filter(place__lte=each)
            .order_by("start_ms", "id")
            .defer("words")
        )
        found: dict[UUID, list[Any]] = {}
        for row in rows:
            found.setdefault(row.call_id, []).append(row)
        return found


def first_part(rows: Rows, order: Sequence[str], size: int) -> tuple[Rows, bool]:
    """As many of the first rows, and those of the last one's time; and whether these are all. It is told by the time, not
    as a subquery, which a database that expects little would carry out again for each row that it finds."""
    time = order[0].removeprefix("-")
    last = rows.order_by(*order).values_list(time, flat=True)[size - 1 : size].first()
    if last is None:
        return rows, True
    return rows.filter(**{f"{time}__{'gte' if order[0].startswith('-') else 'lte'}": last}), False


def call_search(text: str) -> CallSearch:
    """By whatever people type: what it can't mean, it doesn't find."""
    try:
        query = parse(text)
    except QueryError:
        query = None
    return CallSearch(query, about(text))


def about(text: str) -> Q:
    """Calls whose numbers or ids hold it. Numbers may be written as they are dialled: `(202) 555-0123`."""
    digits = "".join(filter(str.isdecimal, text))
    number = digits if len(digits) >= 3 and not any(map(str.isalpha, text)) else text
    found = (
        Q(vendor_call_id__icontains=text)
        | Q(from_number__contains=number)
        | Q(to_number__contains=number)
        | Q(agent_id__iexact=text)
    )
    try:
        return found | Q(id=UUID(text))
    except ValueError:
        return found
