"""Every error of the API, as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework import exceptions

log = logging.getLogger(__name__)


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one field of the request, and what to do about it."""

    field: str | None  # as in the request, in camelCase; nested: options.secretIn; null: the body as a whole
    code: str
    detail: str


class Problem(msgspec.Struct, frozen=True):
    """Why the request was not carried out. Programs decide by `code`, people read `detail`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem]


class ApiProblem(exceptions.APIException):
    """A refusal with its own status and code; `retry_after` in seconds becomes the header of that name."""

    def __init__(self, status: int, code: str, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail, code)
        self.status_code, self.code = status, code
        self.headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}


CODES = {
    400: ("malformed", "The request could not be read."),
    401: ("not_authenticated", "Log in, or send an API key as 'Authorization: Bearer <key>'."),
    403: ("forbidden", "Your role or your key's scope does not allow this."),
    404: ("not_found", "There is nothing here, or nothing that you may see."),
    405: ("method_not_allowed", "This method is not offered here; the Allow header names those that are."),
    406: ("not_acceptable", "None of the media types in your Accept header is offered here."),
    412: ("precondition_failed", "It is not the version that your If-… header names: read it again."),
    415: ("unsupported_media_type", "Send the body as JSON, with 'Content-Type: application/json'."),
    416: ("range_not_satisfiable", "The range lies outside: Content-Range tells the size."),
    422: ("invalid", "Some fields are not valid: see errors."),
    429: ("throttled", "Too many requests: wait as long as Retry-After says."),
    500: ("server_error", "The hub failed. It has been logged; try again, and tell the operator if it stays."),
}


def problem_response(
    status: int,
    code: str = "",
    detail: str = "",
    errors: list[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    default_code, default_detail = CODES.get(status, ("error", HTTPStatus(status).description))
    body = Problem(
        "about:blank", HTTPStatus(status).phrase, status, code or default_code, detail or default_detail, errors or []
    )
    return HttpResponse(
        msgspec.json.encode(body),
        status=status,
        content_type="application/problem+json",
        headers={**NO_STORE, **(headers or {})},
    )


NO_STORE = {"Cache-Control": "no-store"}


def problem_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """REST framework's exception handler. Takes every exception: a client never gets HTML, the log gets the traceback."""
    if isinstance(error, exceptions.ValidationError):
        return problem_response(422, errors=list(_field_problems(error.detail, "")))
    if isinstance(error, ApiProblem):
        return problem_response(error.status_code, error.code, str(error.detail), headers=error.headers)
    if isinstance(error, Http404 | exceptions.NotFound):
        return problem_response(404)
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return problem_response(403)
    if isinstance(error, exceptions.APIException):
        headers = {}
        if header := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = header
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait))
        own = isinstance(error, exceptions.AuthenticationFailed | exceptions.ParseError)
        code, detail = (str(error.get_codes()), str(error.detail)) if own else ("", "")
        return problem_response(error.status_code, code, detail, headers=headers)
    log.error("%s %s failed", context["request"].method, context["request"].path, exc_info=error)
    return problem_response(500)


def _field_problems(detail: Any, path: str) -> Any:
    """Flattens REST framework's nested error details: `{"options": {"x": […]}}` becomes the field `options.x`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            here = path if name in ("non_field_errors", "") else f"{path}.{name}" if path else str(name)
            yield from _field_problems(inner, here)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_problems(inner, path)
    else:
        yield FieldProblem(path or None, detail.code, str(detail))
