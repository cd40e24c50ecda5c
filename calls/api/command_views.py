"""`calls/{id}/commands/`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from calls import shapes
from calls.api.authentication import requester_of
from calls.api.fields import refusal
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.problems import ApiProblem
from calls.api.views import HubView
from calls.commands import BOT_COMMANDS, COMMANDS
from calls.models import Call
from calls.services import commands, reading
from calls.shape import Shape

CODES = {
    commands.NotLive: "not_live",
    commands.Unsupported: "unsupported",
    commands.IdempotencyMismatch: "idempotency_mismatch",
}
NEW_COMMAND: dict[str, Any] = {
    "type": "object",
    "description": "A command and its parameters, side by side. What a call takes is in its `capabilities`.",
    "required": ["type"],
    "properties": {
        "type": {"type": "string", "description": f"{', '.join([*COMMANDS, *BOT_COMMANDS])}, or the vendor's own."},
    },
    "additionalProperties": True,
}
EXAMPLES = [
    OpenApiExample("Transfer", {"type": "transfer", "target": "+12025550123"}, request_only=True),
    OpenApiExample("Digits", {"type": "digits", "digits": "12*#"}, request_only=True),
    OpenApiExample("Say", {"type": "say", "text": "One moment, please."}, request_only=True),
    OpenApiExample("Break", {"type": "break"}, request_only=True),
]


class CommandPage(Shape):
    """Commands to one call, the newest first."""

    next: str | None
    previous: str | None
    results: list[shapes.CommandShape]


class CommandsView(HubView):
    write_scope = "control"

    @extend_schema(operation_id="list_commands", parameters=PAGE_PARAMETERS, responses=CommandPage)
    def get(self, request: Request, call_id: UUID) -> Response:
        """What was asked of the call, the newest first."""
        call = get_object_or_404(Call.objects.visible_to(request.user), id=call_id)
        reading.note_call(call, by=requester_of(request))
        page = paginate(request, call.commands.all(), "-requested_at", "-id")
        return Response(page.body([*map(shapes.command_shape, page.rows)]))

    @extend_schema(
        operation_id="create_command",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="With the same key, the same command is carried out once, however often it is sent.",
            )
        ],
        request={"application/json": NEW_COMMAND},
        examples=EXAMPLES,
        responses={202: shapes.CommandShape},
    )
    def post(self, request: Request, call_id: UUID) -> Response:
        """Asks for something to be done to a live call. 202: stored, and on its way; what became of it is in its state.
        409 `unsupported`, `not_live`, `idempotency_mismatch`."""
        with scope_first(request, call_id):
            type, params = read_command(request.data)
            key = read_key(request)
        with told_refusals():
            command = commands.request_command(
                call_id=call_id,
                type=type,
                params=params,
                requester=requester_of(request),
                idempotency_key=key,
            )
        return Response(shapes.command_shape(command), 202)


class CommandCheckView(HubView):
    write_scope = "control"

    @extend_schema(
        operation_id="check_command",
        request={"application/json": NEW_COMMAND},
        examples=EXAMPLES,
        responses={200: shapes.CheckedCommandShape},
    )
    def post(self, request: Request, call_id: UUID) -> Response:
        """What would be stored of a command, to look at before it is sent: phone numbers in full, with their country.
        Nothing is stored or sent; refusals are those of a command."""
        with scope_first(request, call_id):
            type, params = read_command(request.data)
        with told_refusals():
            return Response(
                commands.check_command(call_id=call_id, type=type, params=params, requester=requester_of(request))
            )


@contextmanager
def scope_first(request: Request, call_id: UUID) -> Iterator[None]:
    """What is wrong with a body is told to those only who see the call."""
    try:
        yield
    except (serializers.ValidationError, ParseError):
        if not Call.objects.visible_to(request.user).filter(id=call_id).exists():
            raise Http404 from None
        raise


@contextmanager
def told_refusals() -> Iterator[None]:
    """What the service refuses, as the API's problems."""
    try:
        yield
    except Call.DoesNotExist:
        raise Http404 from None
    except DjangoValidationError as error:
        raise serializers.ValidationError(get_error_detail(error)) from None
    except commands.CommandRefused as error:
        raise ApiProblem(409, CODES[error.__class__], str(error)) from None


def read_command(body: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(body, Mapping):
        raise refusal("non_field_errors", "invalid", "Send one JSON object.")
    type = body.get("type")
    if not isinstance(type, str) or not type:
        raise refusal("type", "invalid" if type else "required", f"Give one of {', '.join(COMMANDS)}, as a string.")
    return type, {name: value for name, value in body.items() if name != "type"}


def read_key(request: Request) -> str:
    key: str = request.headers.get("Idempotency-Key", "").strip()
    if not re.fullmatch(r"[\x20-\x7e]{0,200}", key):
        raise refusal("Idempotency-Key", "invalid", "Give at most 200 printable ASCII characters.")
    return key
