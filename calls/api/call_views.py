"""`calls/`, their transcripts and recordings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from calls import shapes
from calls.api import ranges, transcripts
from calls.api.authentication import requester_of
from calls.api.call_filters import FILTER_PARAMETERS, call_fetcher, filter_calls
from calls.api.fields import refusal
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.problems import NO_STORE, ApiProblem
from calls.api.recordings import FileBody, StreamBody
from calls.api.views import HubView
from calls.models import Call, Recording
from calls.models.calls import State
from calls.services import reading, removal
from calls.services.accounts import right_of
from calls.services.peaks import ensure_peaks
from calls.services.storage import recording_path
from calls.shape import Shape
from calls.transcript_shapes import PeaksShape, TranscriptShape, transcript_shape

RETRY_LIVE, RETRY_FINISHING = 10, 2  # seconds
NO_FILE = "Nothing was heard, or its file is no longer there."
PEAKS_STATES = {
    "not_ready": "pending",
    "no_recording": "none",
    "failed": "failed",
}  # by what the recording is refused for


class CallPage(Shape):
    """Calls, the newest first."""

    next: str | None
    previous: str | None
    results: list[shapes.CallShape]


class OneFormat(BaseContentNegotiation):
    """For views whose answer doesn't depend on `Accept`."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class CallsView(HubView):
    @extend_schema(operation_id="list_calls", parameters=[*FILTER_PARAMETERS, *PAGE_PARAMETERS], responses=CallPage)
    def get(self, request: Request) -> Response:
        """Calls, the newest first."""
        reading.note_search(request.query_params.get("q", "").strip(), by=requester_of(request))
        calls = filter_calls(Call.objects.for_display(), request)
        page = paginate(request, calls, "-started_at", "-id", fetch=call_fetcher(request))
        return Response(page.body([*map(shapes.call_shape, page.rows)]))


class CallView(HubView):
    @extend_schema(operation_id="read_call", responses=shapes.CallShape)
    def get(self, request: Request, call_id: UUID) -> Response:
        """One call, live or past."""
        call = get_object_or_404(Call.objects.visible_to(request.user).for_display(), id=call_id)
        reading.note_call(call, by=requester_of(request))
        return Response(shapes.call_shape(call))

    @extend_schema(operation_id="delete_call", responses={204: None})
    def delete(self, request: Request, call_id: UUID) -> Response:
        """Removes an ended call for good, with transcript, recording and all that belongs to it. That it was removed stays
        in the audit. 409 `live` while it goes on, 409 `not_ready` while its recording is being made."""
        try:
            removal.remove_call(call_id, by=requester_of(request))
        except Call.DoesNotExist:
            raise Http404 from None
        except removal.StillLive as error:
            raise ApiProblem(409, "live", str(error)) from None
        except removal.StillFinishing as error:
            raise not_ready(str(error), RETRY_FINISHING) from None
        return Response(status=204)


class TranscriptView(HubView):
    content_negotiation_class = OneFormat

    @extend_schema(
        operation_id="read_transcript",
        parameters=[OpenApiParameter("format", str, enum=["json", *transcripts.FORMATS], default="json")],
        responses={
            (200, "application/json"): TranscriptShape,
            **{(200, media_type): OpenApiTypes.STR for _, media_type in transcripts.FORMATS.values()},
        },
    )
    def get(self, request: Request, call_id: UUID) -> HttpResponseBase:
        """What was said so far, in order: as JSON, plain text, WebVTT or SubRip."""
        name = request.query_params.get("format", "json")
        if name != "json" and name not in transcripts.FORMATS:
            raise refusal("format", "invalid_choice", f"Choose one of json, {', '.join(transcripts.FORMATS)}.")
        call = get_object_or_404(Call.objects.visible_to(request.user), id=call_id)
        segments = call.segments.order_by("start_ms", "id")
        if name == "json":
            reading.note_call(call, by=requester_of(request))
            return Response(transcript_shape(call, segments))
        reading.note_export(call, by=requester_of(request), format=name)
        write, media_type = transcripts.FORMATS[name]
        return HttpResponse(
            "".join(write(segments)),
            content_type=f"{media_type}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{call.file_name(name)}"'},
        )


class RecordingView(HubView):
    content_negotiation_class = OneFormat

    @extend_schema(
        operation_id="read_recording",
        parameters=[
            OpenApiParameter("stream", UUID, description="One stream of the call, by its id; absent: all of it."),
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="Such as `bytes=0-99999`."),
        ],
        responses={
            (200, "audio/wav"): OpenApiResponse(
                OpenApiTypes.BINARY, "16-bit stereo: left agent or bot, right customer."
            ),
            (206, "audio/wav"): OpenApiResponse(OpenApiTypes.BINARY, "The part that `Range` asks for."),
        },
    )
    def get(self, request: Request, call_id: UUID) -> HttpResponseBase:
        """The recording as WAV. 409 `not_ready` until it is finished, 404 `no_recording` where there is none."""
        call = get_object_or_404(
            Call.objects.visible_to(request.user).select_related("profile", "recording"), id=call_id
        )
        stream = request.query_params.get("stream")
        try:
            body = recording_of_call(call, request) if stream is None else recording_of_stream(call, stream)
        except FileNotFoundError:
            raise ApiProblem(404, "no_recording", NO_FILE) from None
        if request.method == "GET":
            reading.note_recording(call, by=requester_of(request))
        return ranges.serve(request._request, body, content_type="audio/wav", filename=call.file_name("wav"))

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Without `no-store`: a player may keep what it plays."""
        return {name: value for name, value in super().default_response_headers.items() if name not in NO_STORE}


class PeaksView(RecordingView):
    @extend_schema(
        operation_id="read_recording_peaks", parameters=[], responses={(200, "application/json"): PeaksShape}
    )
    def get(self, request: Request, call_id: UUID) -> HttpResponseBase:
        """How loud each side of the recording is, in steps of about 50 ms: 0 (digital silence) to 255 (full scale).
        Computed once. It tells nothing of what was said, and is not a reading of it. Whoever waits for a recording
        asks here: what the recording is refused for is a `state` with its `detail`."""
        call = get_object_or_404(
            Call.objects.visible_to(request.user).select_related("profile", "recording"), id=call_id
        )
        try:
            recording_of_call(call, request)
            body = FileBody(ensure_peaks(call.recording))
        except FileNotFoundError:
            return Response(PeaksShape(state="none", detail=NO_FILE))
        except ApiProblem as refused:
            told = PeaksShape(state=PEAKS_STATES[refused.code], detail=str(refused.detail))
            return Response(told, headers=refused.headers)
        return ranges.serve(request._request, body, content_type="application/json", filename=call.file_name("json"))


def not_ready(detail: str, seconds: int) -> ApiProblem:
    return ApiProblem(409, "not_ready", detail, retry_after=seconds)


def recording_of_call(call: Call, request: Request) -> ranges.Body:
    recording: Recording | None = getattr(call, "recording", None)
    if call.state == State.LIVE:
        if call.profile and not call.profile.record:
            raise ApiProblem(404, "no_recording", "Calls of this profile are not recorded.")
        raise not_ready("The call is live: its recording is made when it has ended.", RETRY_LIVE)
    if recording is None:
        raise ApiProblem(404, "no_recording", "This call was not recorded.")
    match recording.state:
        case Recording.State.PENDING:
            raise not_ready("The recording is being finished.", RETRY_FINISHING)
        case Recording.State.FAILED:
            reason = f" {recording.error}" if right_of(request.user) == "admin" else ""
            raise ApiProblem(409, "failed", f"The recording could not be finished, and is not tried again.{reason}")
        case Recording.State.EMPTY:
            raise ApiProblem(404, "no_recording", "Nothing was heard in this call.")
    return FileBody(recording_path(recording))


def is_silenced(call: Call) -> bool:
    recording: Recording | None = getattr(call, "recording", None)
    finished = (Recording.State.READY, Recording.State.EMPTY)
    return call.state != State.LIVE and (recording is None or recording.state in finished)


def recording_of_stream(call: Call, text: str) -> ranges.Body:
    try:
        stream = call.streams.filter(id=UUID(text)).first()
    except ValueError:
        raise refusal("stream", "invalid", "Give the id of a stream, a UUID.") from None
    if stream is None:
        raise Http404
    if stream.state == State.LIVE:
        raise not_ready("The stream is live.", RETRY_LIVE)
    if call.mask and not is_silenced(call):
        raise not_ready("Sensitive data is being taken out of it: it is ready with the call's recording.", RETRY_LIVE)
    return StreamBody(stream)
