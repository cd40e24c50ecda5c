"""`search/`: where words were said."""

from __future__ import annotations

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api import call_filters
from calls.api.authentication import requester_of
from calls.api.fields import refusal
from calls.api.filters import Filters, apply_filters
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.views import HubView
from calls.models import Call, Segment
from calls.models.calls import Track
from calls.search.finding import SegmentSearch
from calls.search.matching import matcher
from calls.search.query import QueryError, parse
from calls.services import reading
from calls.shape import Shape
from calls.transcript_shapes import FoundShape, found_shape

OF_CALLS = ("profile", "vendor", "from", "to", "callId")
NEWEST_FIRST = ("-call__started_at", "-call_id", "-start_ms", "-id")
FILTER_PARAMETERS = [
    OpenApiParameter(
        "q",
        str,
        required=True,
        description='Words that one segment holds, in any form: `refund order`. `"cancel my order"`: one after the other.'
        " `-refund`: without it. `refund or credit`: one of both.",
    ),
    OpenApiParameter("track", str, enum=Track.values, description="Who said it."),
    *(parameter for parameter in call_filters.FILTER_PARAMETERS if parameter.name in OF_CALLS),
]


class FoundPage(Shape):
    """Where it was said: the newest call first, in a call what was said last."""

    next: str | None
    previous: str | None
    results: list[FoundShape]


class SearchView(HubView):
    @extend_schema(operation_id="search", parameters=[*FILTER_PARAMETERS, *PAGE_PARAMETERS], responses=FoundPage)
    def get(self, request: Request) -> Response:
        """Where words were said: the newest call first, in a call what was said last."""
        try:
            query = parse(request.query_params.get("q", ""))
        except QueryError as error:
            raise refusal("q", error.code, str(error)) from None
        reading.note_search(request.query_params["q"].strip(), by=requester_of(request))
        calls = apply_filters(Call.objects.visible_to(request.user).without_tests(), CALL_FILTERS, request)
        rows = apply_filters(Segment.objects.filter(call__in=calls).select_related("call"), FILTERS, request)
        page = paginate(request, rows, *NEWEST_FIRST, fetch=SegmentSearch(query).newest)
        return Response(
            page.body([found_shape(row, matcher(str(query), row.language).pieces(row.text)) for row in page.rows])
        )


def by_track(value: str) -> Q:
    if value not in Track.values:
        raise refusal("track", "invalid_choice", f"Choose one of {', '.join(Track.values)}.")
    return Q(track=value)


CALL_FILTERS: Filters = {name: call_filters.FILTERS[name] for name in OF_CALLS}
FILTERS: Filters = {"track": by_track}
