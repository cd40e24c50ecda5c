"""The audit as it is looked through: the same conditions for the page, the API and the exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from calls import shapes
from calls.models import AuditEntry, User
from calls.services import audit, removal
from calls.services.audit import Requester
from calls.shape import encode

BATCH = 1000  # entries of an export that are read at once
COLUMNS = ("at", "actor", "action", "subject", "call", "detail")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what spreadsheets run, in both widths


def of_action(actions: str) -> Q:
    """`command.transfer`, or `command` for all that begin so; several are separated by commas."""
    names = [name for part in actions.split(",") if (name := part.strip())]
    return reduce(or_, (Q(action=name) | Q(action__startswith=f"{name}.") for name in names), Q())


def by_actor(name: str) -> Q:
    """A person, with what the person's API keys and iFrames did; or whoever is shown under exactly this name."""
    person = User.objects.filter(username=name).values_list("pk", flat=True).first()
    return Q(actor_name=name) if person is None else Q(actor_name=name) | Q(actor=person)


def of_call(call_id: UUID) -> Q:
    """Also of one that is no longer there."""
    return Q(call=call_id) | Q(action=removal.ACTION, detail__call=str(call_id))


def in_batches(entries: QuerySet[AuditEntry]) -> Iterator[list[AuditEntry]]:
    """All of them, the newest first, without holding them at once."""
    entries = entries.order_by("-at", "-id")
    rows = list(entries[:BATCH])
    while rows:
        yield rows
        last = rows[-1]
        rows = list(entries.filter(Q(at__lt=last.at) | Q(at=last.at, id__lt=last.id), at__lte=last.at)[:BATCH])


def note_export(*, by: Requester, format: str, filters: Mapping[str, str]) -> None:
    with transaction.atomic():
        audit.record(action="audit.export", by=by, subject=format, detail={"filters": dict(filters)})


def as_json_lines(entries: QuerySet[AuditEntry]) -> Iterator[bytes]:
    for rows in in_batches(entries):
        yield b"".join(encode(shapes.audit_entry_shape(row)) + b"\n" for row in rows)


def as_csv(entries: QuerySet[AuditEntry]) -> Iterator[bytes]:
    """UTF-8 with its mark, which spreadsheets want, and no cell that they would run."""
    yield b"\xef\xbb\xbf" + _csv_lines([COLUMNS])
    for rows in in_batches(entries):
        yield _csv_lines(_cells(row) for row in rows)


def _cells(entry: AuditEntry) -> Iterator[str]:
    told: dict[str, Any] = msgspec.to_builtins(shapes.audit_entry_shape(entry))
    for name in COLUMNS:
        value = told[name]
        yield harmless(msgspec.json.encode(value).decode() if name == "detail" else "" if value is None else value)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def _csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


FORMATS = {"csv": (as_csv, "text/csv; charset=utf-8"), "jsonl": (as_json_lines, "application/x-ndjson")}
