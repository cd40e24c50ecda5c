"""`profiles/{id}/check/` and `profiles/{id}/checks/`: told at the end, or step by step as NDJSON."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.problems import NO_STORE, ApiProblem
from calls.api.rendering import JsonRenderer
from calls.api.views import AdminView
from calls.checking import threads
from calls.checking.shapes import CheckPage, CheckShape, check_shape
from calls.models import ProfileCheck, StreamingProfile
from calls.services.checks import LONGEST, CheckRunning

LOOK_SECONDS = 0.15
NDJSON = "application/x-ndjson"
ANSWERS = {
    (200, "application/json"): CheckShape,
    (200, NDJSON): OpenApiResponse(OpenApiTypes.STR, "The check after each change, a line each; the last is the end."),
}


class NdjsonRenderer(JsonRenderer):
    """Only says that the type is offered: the view writes the lines itself."""

    media_type = NDJSON
    format = "ndjson"


class CheckView(AdminView):
    renderer_classes = [JsonRenderer, NdjsonRenderer]

    @extend_schema(operation_id="check_profile", request=None, responses=ANSWERS)
    def post(self, request: Request, profile_id: UUID) -> HttpResponseBase:
        """Checks a profile by a test call through its public address, as the vendor would make it, with real speech.

        Takes up to half a minute, and goes on when the connection ends. With `Accept: application/x-ndjson` each step is
        told as it happens. One at a time: else 409 `check_running`. The test call has the direction `test`, is left out of
        lists of calls, and is deleted after a day; bots and webhooks hear nothing of it.
        """
        profile = get_object_or_404(StreamingProfile, id=profile_id)
        try:
            check = threads.start(profile, by=requester_of(request))
        except CheckRunning as error:
            raise ApiProblem(409, "check_running", str(error), retry_after=5) from None
        return answer(request, check)


class ChecksView(AdminView):
    @extend_schema(operation_id="list_profile_checks", parameters=PAGE_PARAMETERS, responses=CheckPage)
    def get(self, request: Request, profile_id: UUID) -> Response:
        """The latest checks of a profile, the newest first."""
        profile = get_object_or_404(StreamingProfile, id=profile_id)
        page = paginate(request, profile.checks.select_related("profile"), "-started_at", "-id")
        return Response(page.body([check_shape(check) for check in page.rows]))


class OneCheckView(AdminView):
    renderer_classes = [JsonRenderer, NdjsonRenderer]

    @extend_schema(operation_id="read_profile_check", responses=ANSWERS)
    def get(self, request: Request, profile_id: UUID, check_id: UUID) -> HttpResponseBase:
        """One check, as it is; with `Accept: application/x-ndjson` followed until its end."""
        check = get_object_or_404(ProfileCheck.objects.select_related("profile"), id=check_id, profile=profile_id)
        if request.accepted_renderer.media_type == NDJSON:
            return answer(request, check)
        return Response(check_shape(check))


def answer(request: Request, check: ProfileCheck) -> HttpResponseBase:
    if request.accepted_renderer.media_type == NDJSON:
        return StreamingHttpResponse(
            lines(check.id, get_language()), content_type=NDJSON, headers={**NO_STORE, "X-Accel-Buffering": "no"}
        )
    deadline = time.monotonic() + LONGEST.total_seconds()
    while check.state == ProfileCheck.State.RUNNING and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        check = read(check.id)
    return Response(check_shape(check))


def read(check_id: UUID) -> ProfileCheck:
    return ProfileCheck.objects.select_related("profile").get(id=check_id)


def read_line(check_id: UUID, language: str) -> tuple[bytes, bool]:
    check = read(check_id)
    with translation.override(language):
        line = msgspec.json.encode(check_shape(check)) + b"\n"
    return line, check.state == ProfileCheck.State.RUNNING


async def lines(check_id: UUID, language: str) -> AsyncIterator[bytes]:
    """The check whenever it has changed."""
    last, goes_on = b"", True
    deadline = time.monotonic() + LONGEST.total_seconds()
    while goes_on and time.monotonic() < deadline:
        line, goes_on = await sync_to_async(read_line)(check_id, language)
        if line != last:
            yield line
            last = line
        if goes_on:
            await asyncio.sleep(LOOK_SECONDS)
