"""Serving a body of known size in parts (RFC 9110, section 14), without holding it in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate
from typing import Protocol

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import parse_http_date_safe

from calls.api.problems import problem_response


class Body(Protocol):
    """Bytes that can be read from any place."""

    size: int
    etag: str  # strong, with its quotes
    modified: int  # seconds since the epoch

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces."""


def serve(
    request: HttpRequest, body: Body, *, content_type: str, filename: str
) -> HttpResponse | StreamingHttpResponse:
    """200 with the whole body, 206 with a part, 304 where the client has it, 416 where the part lies outside."""
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": body.etag,
        "Last-Modified": formatdate(body.modified, usegmt=True),
        "Content-Disposition": f'inline; filename="{filename}"',
        "Cache-Control": "private, no-cache",
    }
    conditional = get_conditional_response(request, body.etag, body.modified)
    if conditional is not None:
        if conditional.status_code == 412:
            return problem_response(412)
        for name, value in headers.items():
            conditional.headers.setdefault(name, value)
        return conditional
    part = _part(request, body)
    if part == UNSATISFIABLE:
        return problem_response(416, headers={"Content-Range": f"bytes */{body.size}"})
    status, start, stop = (206, *part) if part else (200, 0, body.size)
    headers["Content-Length"] = str(stop - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{body.size}"
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=content_type, headers=headers)
    return stream(request, body.read(start, stop), status=status, content_type=content_type, headers=headers)


def stream(
    request: HttpRequest, pieces: Iterator[bytes], *, content_type: str, headers: dict[str, str], status: int = 200
) -> StreamingHttpResponse:
    """Sends pieces as they are made, in worker threads where the server is asynchronous."""
    chunks = _in_threads(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(chunks, status=status, content_type=content_type, headers=headers)


UNSATISFIABLE = (0, 0)


def _part(request: HttpRequest, body: Body) -> tuple[int, int] | None:
    """What is asked for, as (start, stop). None: everything, also where the header is malformed, asks for several parts
    (a server may answer those whole), or names another version than the one there is."""
    match = re.fullmatch(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})", request.headers.get("Range", "").strip(), re.ASCII)
    if request.method != "GET" or match is None or match[1] == match[2] == "":
        return None
    if (version := request.headers.get("If-Range")) and version != body.etag:
        if parse_http_date_safe(version) != body.modified:
            return None
    if match[1] == "":
        start, stop = max(0, body.size - int(match[2])), body.size
    else:
        start, stop = int(match[1]), min(body.size, int(match[2] or body.size) + 1)
        if match[2] and int(match[2]) < start:
            return None
    return (start, stop) if start < stop else UNSATISFIABLE


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Reads each piece in a worker thread: neither disk nor mixing nor a query holds up the event loop."""
    read = database_sync_to_async(next, thread_sensitive=False)
    while (piece := await read(pieces, None)) is not None:
        yield piece
