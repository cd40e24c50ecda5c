"""The JSON shapes of what is written about a call: notes, tags and the summary. Part of `shapes`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from calls.models import Note, Summary, Tag
from calls.shape import Shape
from calls.summary.lines import KINDS


class NoteShape(Shape):
    """What somebody wrote about a call. `atMs`: the moment that it is about, on the call's timeline; null: all of it.
    `updatedAt`: when it was last changed, null if never."""

    id: UUID
    author: str
    author_id: int | None
    text: str
    at_ms: int | None
    created_at: datetime
    updated_at: datetime | None


class TagShape(Shape):
    """A word by which calls are found again, in lower case."""

    name: str
    by: str
    created_at: datetime


class SummaryItemShape(Shape):
    """One sentence, and the segment that says it. `question`: what that was the answer to, where it helps."""

    text: str
    segment_id: UUID
    start_ms: int
    track: str
    question: str | None


class SummaryShape(Shape):
    """What a call was about. `state`: pending, ready, empty (nothing that was said stands out) or failed. `by`:
    extractive (the words themselves) or model, which is then named in `model`. `error`: why the configured model did not
    write it."""

    call_id: UUID
    state: str
    by: str | None
    model: str | None
    made_at: datetime | None
    error: str | None
    reason: list[SummaryItemShape]
    agreed: list[SummaryItemShape]
    next_steps: list[SummaryItemShape]
    open_questions: list[SummaryItemShape]


def note_shape(note: Note) -> NoteShape:
    return NoteShape(
        id=note.id,
        author=note.author_name,
        author_id=note.author_id,
        text=note.text,
        at_ms=note.at_ms,
        created_at=note.created_at,
        updated_at=note.updated_at,
    )


def tag_shape(tag: Tag) -> TagShape:
    return TagShape(name=tag.name, by=tag.by, created_at=tag.created_at)


def summary_shape(summary: Summary) -> SummaryShape:
    return SummaryShape(
        call_id=summary.call_id,
        state=summary.state,
        by=summary.by or None,
        model=summary.model or None,
        made_at=summary.made_at,
        error=summary.error or None if summary.state == Summary.State.READY else None,
        **{kind: [_item(item) for item in summary.content.get(kind, ())] for kind in KINDS},
    )


def _item(item: Mapping[str, Any]) -> SummaryItemShape:
    return SummaryItemShape(
        text=item["text"],
        segment_id=UUID(item["segment"]),
        start_ms=item["start_ms"],
        track=item["track"],
        question=item["question"] or None,
    )
