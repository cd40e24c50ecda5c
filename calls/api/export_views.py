"""`calls/{id}/export/`: a call as one ZIP."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from calls import shapes
from calls.api import ranges, transcripts
from calls.api.authentication import requester_of
from calls.api.call_views import RETRY_LIVE, OneFormat, not_ready, recording_of_call
from calls.api.problems import ApiProblem
from calls.api.views import HubView
from calls.api.zipping import Member, archive
from calls.models import Call
from calls.models.calls import State
from calls.services import reading
from calls.shape import encode
from calls.transcript_shapes import transcript_shape

CONTENT = "`call.json`, `transcript` as `txt`, `vtt`, `srt` and `json`, and `recording.wav` where there is one."


class ExportView(HubView):
    content_negotiation_class = OneFormat

    @extend_schema(
        operation_id="export_call",
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, CONTENT)},
    )
    def get(self, request: Request, call_id: UUID) -> HttpResponseBase:
        """All of a call as a ZIP archive, sent as it is made. 409 `not_ready` while the call is live or its recording
        is unfinished. Each export is in the audit."""
        call = get_object_or_404(
            Call.objects.visible_to(request.user).for_display().select_related("recording"), id=call_id
        )
        if call.state == State.LIVE:
            raise not_ready("The call is live: export it when it has ended.", RETRY_LIVE)
        recording = recording_where_there_is(call, request)
        if request.method == "GET":
            reading.note_whole_export(call, by=requester_of(request), with_recording=recording is not None)
        name = call.file_name("zip")
        return ranges.stream(
            request._request,
            archive(members(call, recording), call.started_at),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )


def recording_where_there_is(call: Call, request: Request) -> ranges.Body | None:
    """Raises `ApiProblem` where it is still to come."""
    try:
        return recording_of_call(call, request)
    except FileNotFoundError:
        return None
    except ApiProblem as problem:
        if problem.code == "not_ready":
            raise
        return None


def members(call: Call, recording: ranges.Body | None) -> list[Member]:
    """All that needs the database is read here; the rest while it is sent."""
    folder = call.file_name("zip").removesuffix(".zip")
    segments = call.segments.order_by("start_ms", "id")
    rows = list(segments)
    found = [
        Member(f"{folder}/call.json", [encode(shapes.call_shape(call))]),
        Member(f"{folder}/transcript.json", [encode(transcript_shape(call, segments))]),
        *(
            Member(f"{folder}/transcript.{name}", map(str.encode, write(rows)))
            for name, (write, _) in transcripts.FORMATS.items()
        ),
    ]
    if recording is not None:
        found.append(Member(f"{folder}/recording.wav", recording.read(0, recording.size), False, recording.size))
    return found
