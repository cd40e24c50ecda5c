"""`calls/{id}/alerts/`."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls import shapes
from calls.api.authentication import requester_of
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.views import HubView
from calls.models import Call
from calls.services import alerts as service
from calls.services import reading
from calls.shape import Shape


class AlertPage(Shape):
    """Alerts of one call, the newest first."""

    next: str | None
    previous: str | None
    results: list[shapes.AlertShape]


class AlertsView(HubView):
    @extend_schema(operation_id="list_alerts", parameters=PAGE_PARAMETERS, responses=AlertPage)
    def get(self, request: Request, call_id: UUID) -> Response:
        """What rules found in the call, the newest first."""
        call = get_object_or_404(Call.objects.visible_to(request.user), id=call_id)
        reading.note_call(call, by=requester_of(request))
        page = paginate(request, call.alerts.all(), "-raised_at", "-id")
        return Response(page.body([*map(shapes.alert_shape, page.rows)]))


class AlertAcknowledgeView(HubView):
    write_scope = "control"

    @extend_schema(operation_id="acknowledge_alert", request=None, responses={200: shapes.AlertShape})
    def post(self, request: Request, call_id: UUID, alert_id: UUID) -> Response:
        """Says that somebody looks after it. The first one is kept; again changes nothing."""
        call = get_object_or_404(Call.objects.visible_to(request.user), id=call_id)
        alert = get_object_or_404(call.alerts, id=alert_id)
        return Response(shapes.alert_shape(service.acknowledge(alert, by=requester_of(request))))
