"""`recognizers/`: which there are, and what one hears."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.fields import refusal
from calls.api.problems import ApiProblem
from calls.api.views import AdminView
from calls.services import trying
from calls.shape import Shape
from calls.stt import list_engines
from calls.stt.base import RecognizerUnavailable
from calls.transcript_shapes import WordShape

LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")


class RecognizerShape(Shape):
    """A speech recogniser as it is in this hub. `problem` says what is missing and what to do; null where it can run."""

    name: str
    label: str
    available: bool
    problem: str | None
    default: bool
    profiles: int
    languages: list[str]
    interims: bool
    phrases: bool
    network: bool
    note: str


class RecognizerPage(Shape):
    """Recognisers; there is always one page."""

    next: str | None
    previous: str | None
    results: list[RecognizerShape]


class HeardSegmentShape(Shape):
    """What was heard between two pauses."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float | None
    words: list[WordShape]


class HeardShape(Shape):
    """What a recogniser made of a recording. `tookMs`: from the first sample to the last word; `startMs`: to start it."""

    recognizer: str
    language: str
    text: str
    segments: list[HeardSegmentShape]
    duration_ms: int
    took_ms: int
    start_ms: int
    complete: bool


class WavParser(BaseParser):
    """Takes the file as it is."""

    media_type = "audio/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(trying.MAX_BYTES + 1)
        if len(body) > trying.MAX_BYTES:
            raise ApiProblem(413, "too_large", f"Send at most {trying.MAX_BYTES // 1_000_000} MB.")
        return body


class RecognizersView(AdminView):
    @extend_schema(operation_id="list_recognizers", responses=RecognizerPage)
    def get(self, request: Request) -> Response:
        """The recognisers that may be chosen here, and whether they can run."""
        rows = [
            RecognizerShape(
                name=known.name,
                label=known.capabilities.label,
                available=not known.problem,
                problem=known.problem or None,
                default=known.is_default,
                profiles=known.profiles,
                languages=list(known.capabilities.languages),
                interims=known.capabilities.interims,
                phrases=known.capabilities.phrases,
                network=known.capabilities.network,
                note=known.capabilities.note,
            )
            for known in trying.known_recognizers()
        ]
        return Response(RecognizerPage(next=None, previous=None, results=rows))


class TryView(AdminView):
    parser_classes = [WavParser]

    @extend_schema(
        operation_id="try_recognizer",
        parameters=[
            OpenApiParameter("language", str, description="A tag such as en-US (which is meant where it is absent).")
        ],
        request={"audio/wav": OpenApiTypes.BINARY},
        responses=HeardShape,
    )
    def post(self, request: Request, name: str) -> Response:
        """Hears a WAV file (mono, 16-bit PCM or mu-law, up to 30 seconds) and tells what was said. Nothing of it is kept.

        One at a time: else 429. A recogniser that can't run: 409 `unavailable`, which says what to do."""
        if name not in list_engines(production=settings.PRODUCTION):
            raise Http404
        language = request.query_params.get("language", "en-US")
        if not LANGUAGE.fullmatch(language):
            raise refusal("language", "invalid", "Give a tag such as en-US.")
        body = request.data if isinstance(request.data, bytes) else b""
        try:
            heard = trying.hear(name, body, language=language, by=requester_of(request))
        except trying.NotAudio as error:
            raise ApiProblem(422, "not_audio", str(error)) from None
        except trying.Busy as error:
            raise ApiProblem(429, "busy", str(error), retry_after=5) from None
        except RecognizerUnavailable as error:
            raise ApiProblem(409, "unavailable", str(error)) from None
        return Response(_shape(name, language, heard))


def _shape(name: str, language: str, heard: trying.Heard) -> HeardShape:
    segments = [
        HeardSegmentShape(
            start_ms=final.start_ms,
            end_ms=final.end_ms,
            text=final.text,
            confidence=final.confidence,
            words=[
                WordShape(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence)
                for word in final.words
            ],
        )
        for final in heard.finals
    ]
    return HeardShape(
        recognizer=name,
        language=language,
        text=" ".join(final.text for final in heard.finals),
        segments=segments,
        duration_ms=heard.duration_ms,
        took_ms=heard.took_ms,
        start_ms=heard.start_ms,
        complete=heard.is_whole,
    )
