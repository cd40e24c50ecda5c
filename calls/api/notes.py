"""`calls/{id}/notes/` and `calls/{id}/tags/`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from calls import note_shapes
from calls.api.authentication import Credential, requester_of
from calls.api.fields import StrictSerializer, Text
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.problems import ApiProblem
from calls.api.views import HubView
from calls.models import Call, Note, User
from calls.models.notes import MAX_NOTE, MAX_TAG
from calls.services import notes, reading
from calls.shape import Shape

LAST_MS = 2_147_483_647  # that a database holds


class NewNote(StrictSerializer):
    """A note to be written."""

    text = Text(required=True, max_length=MAX_NOTE, rule=notes.clean_note)
    atMs = serializers.IntegerField(
        source="at_ms",
        required=False,
        allow_null=True,
        min_value=0,
        max_value=LAST_MS,
        help_text="The moment that it is about, in milliseconds on the call's timeline. Null: all of the call.",
    )


class NewTag(StrictSerializer):
    """A tag to be added."""

    name = Text(required=True, max_length=4 * MAX_TAG, rule=notes.clean_tag, help_text="Stored in lower case.")


class NotePage(Shape):
    """Notes of a call, the oldest first."""

    next: str | None
    previous: str | None
    results: list[note_shapes.NoteShape]


class TagPage(Shape):
    """Tags of a call, in the alphabet's order."""

    next: str | None
    previous: str | None
    results: list[note_shapes.TagShape]


class WritingView(HubView):
    """Readable by whoever sees the call; written by those who may control it, and by its agent."""

    write_scope = "read"  # `writable` asks for more, once it is known that the call is in scope

    def readable(self, request: Request, call_id: UUID) -> Call:
        return get_object_or_404(Call.objects.visible_to(request.user), id=call_id)

    def writable(self, request: Request, call_id: UUID) -> Call:
        call = self.readable(request, call_id)
        credential = cast(Credential, request.auth)
        if not notes.may_write(cast(User, request.user), credential.scope, credential.key):
            raise PermissionDenied
        return call


class NotesView(WritingView):
    @extend_schema(operation_id="list_notes", parameters=PAGE_PARAMETERS, responses=NotePage)
    def get(self, request: Request, call_id: UUID) -> Response:
        """What people wrote about the call, the oldest first."""
        call = self.readable(request, call_id)
        reading.note_call(call, by=requester_of(request))
        page = paginate(request, call.notes.all(), "created_at", "id")
        return Response(page.body([*map(note_shapes.note_shape, page.rows)]))

    @extend_schema(operation_id="create_note", request=NewNote, responses={201: note_shapes.NoteShape})
    def post(self, request: Request, call_id: UUID) -> Response:
        """Writes a note. 409 `too_many_notes`."""
        call = self.writable(request, call_id)
        fields = validated(NewNote(data=request.data))
        with told_refusals("too_many_notes"):
            note = notes.add_note(
                call_id=call.id, text=fields["text"], at_ms=fields.get("at_ms"), by=requester_of(request)
            )
        return Response(note_shapes.note_shape(note), 201)


class NoteView(WritingView):
    @extend_schema(operation_id="patch_note", request=NewNote, responses=note_shapes.NoteShape)
    def patch(self, request: Request, call_id: UUID, note_id: UUID) -> Response:
        """Changes what is given, by its author or an admin."""
        with transaction.atomic():
            note = self.changeable(request, call_id, note_id)
            for name, value in validated(NewNote(data=request.data, partial=True)).items():
                setattr(note, name, value)
            notes.change_note(note, by=requester_of(request))
        return Response(note_shapes.note_shape(note))

    @extend_schema(operation_id="delete_note", responses={204: None})
    def delete(self, request: Request, call_id: UUID, note_id: UUID) -> Response:
        """Deletes a note, by its author or an admin."""
        with transaction.atomic():
            notes.delete_note(self.changeable(request, call_id, note_id), by=requester_of(request))
        return Response(status=204)

    def changeable(self, request: Request, call_id: UUID, note_id: UUID) -> Note:
        call = self.writable(request, call_id)
        found = Note.objects.select_for_update(of=("self",)).select_related("call")
        note = get_object_or_404(found, id=note_id, call=call)
        if not notes.may_change(note, cast(User, request.user), cast(Credential, request.auth).scope):
            raise PermissionDenied
        return note


class TagsView(WritingView):
    @extend_schema(operation_id="list_tags", parameters=PAGE_PARAMETERS, responses=TagPage)
    def get(self, request: Request, call_id: UUID) -> Response:
        """The call's tags."""
        call = self.readable(request, call_id)
        reading.note_call(call, by=requester_of(request))
        page = paginate(request, call.tags.all(), "name", "id")
        return Response(page.body([*map(note_shapes.tag_shape, page.rows)]))

    @extend_schema(
        operation_id="add_tag", request=NewTag, responses={201: note_shapes.TagShape, 200: note_shapes.TagShape}
    )
    def post(self, request: Request, call_id: UUID) -> Response:
        """Adds a tag; 200 where the call has it already. 409 `too_many_tags`."""
        call = self.writable(request, call_id)
        fields = validated(NewTag(data=request.data))
        with told_refusals("too_many_tags"):
            tag, is_new = notes.add_tag(call_id=call.id, name=fields["name"], by=requester_of(request))
        return Response(note_shapes.tag_shape(tag), 201 if is_new else 200)


class TagView(WritingView):
    @extend_schema(operation_id="remove_tag", responses={204: None})
    def delete(self, request: Request, call_id: UUID, tag: str) -> Response:
        """Removes a tag."""
        call = self.writable(request, call_id)
        if not notes.remove_tag(call_id=call.id, name=tag, by=requester_of(request)):
            raise Http404
        return Response(status=204)


def validated(serializer: StrictSerializer) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return cast("dict[str, Any]", serializer.validated_data)


@contextmanager
def told_refusals(code: str) -> Iterator[None]:
    """What the service refuses, as the API's problems."""
    try:
        yield
    except notes.TooMany as error:
        raise ApiProblem(409, code, str(error)) from None
    except Call.DoesNotExist:  # deleted at this moment
        raise Http404 from None
