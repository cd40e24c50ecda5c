"""`audit/`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls import shapes
from calls.api import ranges
from calls.api.authentication import requester_of
from calls.api.call_views import OneFormat
from calls.api.fields import refusal
from calls.api.filters import Filters, apply_filters, span_of, text_parameter
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.views import AdminView
from calls.models import AuditEntry
from calls.services import audit_log
from calls.shape import Shape

FILTER_PARAMETERS = [
    OpenApiParameter("call", UUID, description="A call's id."),
    OpenApiParameter(
        "action",
        str,
        description="Such as `command.transfer`, or `command` for all that begin so; several with commas.",
    ),
    OpenApiParameter("actor", str, description="A user's name, or an actor's name as it is shown."),
    OpenApiParameter("from", str, description="A date or time (RFC 3339): what was done then or later."),
    OpenApiParameter("to", str, description="A date or time (RFC 3339): what was done until then."),
]
FORMAT_PARAMETER = OpenApiParameter("format", str, enum=["json", *audit_log.FORMATS], default="json")


class AuditPage(Shape):
    """Who did what, the newest first."""

    next: str | None
    previous: str | None
    results: list[shapes.AuditEntryShape]


class AuditView(AdminView):
    content_negotiation_class = OneFormat

    @extend_schema(
        operation_id="list_audit",
        parameters=[*FILTER_PARAMETERS, FORMAT_PARAMETER, *PAGE_PARAMETERS],
        responses={
            (200, "application/json"): AuditPage,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/x-ndjson"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Who did what, the newest first. As `csv` or `jsonl` all of it in one streamed answer, which is on record."""
        format = request.query_params.get("format", "json")
        if format != "json" and format not in audit_log.FORMATS:
            raise refusal("format", "invalid_choice", f"Choose one of json, {', '.join(audit_log.FORMATS)}.")
        entries = apply_filters(AuditEntry.objects.all(), FILTERS, request)
        if format != "json":
            return self.export(request, entries, format)
        page = paginate(request, entries, "-at", "-id")
        return Response(page.body([*map(shapes.audit_entry_shape, page.rows)]))

    def export(self, request: Request, entries: QuerySet[AuditEntry], format: str) -> HttpResponseBase:
        filters = {name: value for name in FILTERS if (value := text_parameter(request, name))}
        audit_log.note_export(by=requester_of(request), format=format, filters=filters)
        write, media_type = audit_log.FORMATS[format]
        disposition = f'attachment; filename="audit-{timezone.now():%Y-%m-%d}.{format}"'
        return ranges.stream(
            request._request, write(entries), content_type=media_type, headers={"Content-Disposition": disposition}
        )


def by_call(value: str) -> Q:
    try:
        return audit_log.of_call(UUID(value))
    except ValueError:
        raise refusal("call", "invalid", "Give the id of a call, a UUID.") from None


def span(field: str, value: str) -> tuple[datetime, datetime]:
    found = span_of(value)
    if found is None:
        raise refusal(field, "invalid", "Give a date such as 2026-01-31, or a time such as 2026-01-31T09:30:00Z.")
    return found


FILTERS: Filters = {
    "call": by_call,
    "action": audit_log.of_action,
    "actor": audit_log.by_actor,
    "from": lambda value: Q(at__gte=span("from", value)[0]),
    "to": lambda value: Q(at__lte=span("to", value)[1]),
}
