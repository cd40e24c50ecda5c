"""`calls/{id}/summary/`."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls import note_shapes
from calls.api.authentication import requester_of
from calls.api.problems import ApiProblem
from calls.api.views import HubView
from calls.models import Call, Summary
from calls.models.calls import State
from calls.services import reading, summaries

RETRY_LIVE, RETRY_WRITING = 10, 3  # seconds


class SummaryView(HubView):
    write_scope = "control"

    @extend_schema(operation_id="read_summary", responses=note_shapes.SummaryShape)
    def get(self, request: Request, call_id: UUID) -> Response:
        """What the call was about. 409 `not_ready` until it is written, 409 `failed`, 404 `no_summary` where the call is
        older than summaries are: POST makes one."""
        call = get_object_or_404(Call.objects.visible_to(request.user).select_related("summary"), id=call_id)
        reading.note_call(call, by=requester_of(request))
        if call.state == State.LIVE:
            raise still_live()
        summary: Summary | None = getattr(call, "summary", None)
        if summary is None:
            raise ApiProblem(404, "no_summary", _("This call has no summary. Ask for one by POST."))
        if summary.state == Summary.State.PENDING:
            detail = _("The summary is being written, once all that was said is transcribed.")
            raise ApiProblem(409, "not_ready", detail, retry_after=RETRY_WRITING)
        if summary.state == Summary.State.FAILED:
            raise ApiProblem(409, "failed", _("The summary could not be written. POST tries once more."))
        return Response(note_shapes.summary_shape(summary))

    @extend_schema(operation_id="make_summary", request=None, responses={202: note_shapes.SummaryShape})
    def post(self, request: Request, call_id: UUID) -> Response:
        """Has it written anew: in a moment, GET tells it. 409 `not_ready` while the call is live."""
        call = get_object_or_404(Call.objects.visible_to(request.user), id=call_id)
        try:
            return Response(summaries.summarize_anew(call, by=requester_of(request)), 202)
        except summaries.NotEnded:
            raise still_live() from None
        except Call.DoesNotExist:  # deleted at this moment
            raise Http404 from None


def still_live() -> ApiProblem:
    detail = _("The call is live: its summary is written when it has ended.")
    return ApiProblem(409, "not_ready", detail, retry_after=RETRY_LIVE)
