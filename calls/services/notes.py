"""What people write about a call: notes and tags. Whoever sees the call reads them."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from calls import live, shapes
from calls.models import ApiKey, Call, Note, Tag, User
from calls.models.accounts import Role
from calls.models.notes import MAX_NOTE, MAX_TAG
from calls.note_shapes import note_shape, tag_shape
from calls.services import audit
from calls.services.accounts import includes
from calls.services.audit import Requester
from calls.services.masking import mask_text

MAX_NOTES, MAX_TAGS = 200, 30  # of a call


class TooMany(Exception):
    """The call has as many as it may; the message says what to do."""


def may_write(user: User, scope: str, key: ApiKey | None = None) -> bool:
    """Whether somebody who sees a call may write notes and tags: who may control it, and its agent. `scope`: the most
    that the request may do; a key for reading stays one."""
    return includes(scope, "control") or (
        user.role == Role.AGENT and (key is None or includes(key.scope, ApiKey.Scope.CONTROL))
    )


def may_change(note: Note, user: User, scope: str) -> bool:
    """Whether somebody who may write may change this note: its author, or an admin."""
    return note.author_id == user.pk or includes(scope, "admin")


def clean_note(text: str) -> str:
    """Raises `ValidationError`."""
    text = text.replace("\r\n", "\n").strip()
    if not text or "\0" in text:
        raise ValidationError(_("Write something."), "required")
    if len(text) > MAX_NOTE:
        raise ValidationError(_("Write at most %(limit)d characters.") % {"limit": MAX_NOTE}, "max_length")
    return text


def tag_name(text: str) -> str:
    """How a tag is written, however somebody types it."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def clean_tag(name: str) -> str:
    """As it is stored. Raises `ValidationError`."""
    name = tag_name(name)
    if not any(sign.isalnum() for sign in name):
        raise ValidationError(_("Give a word, such as complaint."), "required")
    if len(name) > MAX_TAG:
        raise ValidationError(_("Give at most %(limit)d characters.") % {"limit": MAX_TAG}, "max_length")
    if any(sign in "/,\\" or unicodedata.category(sign).startswith("C") for sign in name):
        raise ValidationError(_("Leave out commas, slashes and control characters."), "invalid")
    return name


def add_note(*, call_id: UUID, text: str, at_ms: int | None, by: Requester) -> Note:
    """Raises `ValidationError` and `TooMany`."""
    with transaction.atomic():
        call = Call.objects.select_for_update(no_key=True).get(id=call_id)
        if call.notes.count() >= MAX_NOTES:
            raise TooMany(_("This call has %(limit)d notes, and takes no more: change one.") % {"limit": MAX_NOTES})
        note = Note.objects.create(
            call=call, author=by.user, author_name=by.name[:150], text=mask_text(call, clean_note(text)), at_ms=at_ms
        )
        audit.record(action="note.create", by=by, call=call, subject=call.vendor_call_id, detail={"note": str(note.id)})
        _publish_note(note)
    return note


def change_note(note: Note, *, by: Requester) -> Note:
    """Writes `text` and `at_ms` as they are. Raises `ValidationError`."""
    note.text = mask_text(note.call, clean_note(note.text))
    note.updated_at = timezone.now()
    with transaction.atomic():
        note.save(update_fields=["text", "at_ms", "updated_at"])
        _record_of_others("note.change", note, by)
        _publish_note(note)
    return note


def delete_note(note: Note, *, by: Requester) -> None:
    with transaction.atomic():
        _record_of_others("note.delete", note, by)
        call_id, note_id = note.call_id, note.id
        note.delete()
        transaction.on_commit(lambda: live.publish(call_id, "note.updated", noteId=note_id, note=None))


def _record_of_others(action: str, note: Note, by: Requester) -> None:
    detail = {"note": str(note.id), "author": note.author_name}
    audit.record(action=action, by=by, call=note.call, subject=note.call.vendor_call_id, detail=detail)


def _publish_note(note: Note) -> None:
    transaction.on_commit(lambda: live.publish(note.call_id, "note.updated", noteId=note.id, note=note_shape(note)))


def add_tag(*, call_id: UUID, name: str, by: Requester) -> tuple[Tag, bool]:
    """The tag, and whether it is new to the call. Raises `ValidationError` and `TooMany`."""
    name = clean_tag(name)
    with transaction.atomic():
        call = Call.objects.select_for_update(no_key=True).get(id=call_id)
        tag = call.tags.filter(name=name).first()
        if tag is not None:
            return tag, False
        if call.tags.count() >= MAX_TAGS:
            raise TooMany(_("This call has %(limit)d tags, and takes no more: remove one.") % {"limit": MAX_TAGS})
        tag = Tag.objects.create(call=call, name=name, by=by.name[:150])
        audit.record(action="tag.add", by=by, call=call, subject=name)
        _publish_tags(call.id)
    return tag, True


def remove_tag(*, call_id: UUID, name: str, by: Requester) -> bool:
    """Whether the call had it."""
    with transaction.atomic():
        call = Call.objects.select_for_update(no_key=True).get(id=call_id)
        if not call.tags.filter(name=tag_name(name)).delete()[0]:
            return False
        audit.record(action="tag.remove", by=by, call=call, subject=tag_name(name))
        _publish_tags(call.id)
    return True


def _publish_tags(call_id: UUID) -> None:
    """They are in the call's shape as well."""

    def send() -> None:
        call = Call.objects.for_display().filter(id=call_id).first()
        if call is not None:  # it may have been deleted
            live.publish(call_id, "tags.updated", tags=[tag_shape(tag) for tag in call.tags.all()])
            live.publish(call_id, "call.updated", call=shapes.call_shape(call))

    transaction.on_commit(send)


def tagged(name: str) -> Q:
    """The condition on calls that they have this tag."""
    return Q(id__in=Tag.objects.filter(name=tag_name(name)).values("call"))


def known_tags(calls: QuerySet[Call], limit: int = 100) -> list[str]:
    """Of the newest tags of these calls, each once, in the alphabet's order: to choose from."""
    newest = Tag.objects.filter(call__in=calls.order_by().values("id")).order_by("-id").values_list("name", flat=True)
    return sorted(set(newest[:limit]))
