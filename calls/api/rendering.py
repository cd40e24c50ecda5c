"""JSON in and out, by msgspec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from calls.api.problems import ApiProblem

MAX_BODY = 1 << 20  # bytes


class JsonRenderer(BaseRenderer):
    """Writes shapes, serializer data and plain structures alike."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else msgspec.json.encode(data, enc_hook=str)


class JsonParser(BaseParser):
    """Reads strict JSON in UTF-8, up to `MAX_BODY` bytes."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise ApiProblem(413, "too_large", f"Send at most {MAX_BODY} bytes.")
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ParseError(
                "The body is not valid JSON: check it with a JSON tool, and send it in UTF-8.", "malformed"
            ) from None
