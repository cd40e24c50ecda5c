"""What a stream says, on its way to the database and to browsers: sensitive data is taken out of it here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

import msgspec

from calls.models import Segment
from calls.privacy.finding import Kind
from calls.privacy.hiding import Place, hide
from calls.privacy.masking import WINDOW_SECONDS, Masker
from calls.services.masking import hidden, spoken_text
from calls.session.writer import Rewritten, Row, TranscriptWriter
from calls.transcript_shapes import InterimShape


class Writer(Protocol):
    """Takes what was said: `TranscriptWriter`, or a `MaskedWriter` before it."""

    def add(self, row: Row) -> None:
        """Stores and then publishes it."""

    def show(self, call_id: UUID, interim: InterimShape) -> None:
        """Publishes what a speaker seems to be saying."""


class MaskedWriter:
    """One a stream, on the event loop. What turns out to be sensitive only later is written again."""

    def __init__(self, writer: TranscriptWriter, kinds: Collection[Kind], language: str) -> None:
        self.writer = writer
        self.masker = Masker(kinds, language)
        self.clock = writer.clock
        self.is_finished = False
        self.originals: dict[UUID, tuple[float, Segment]] = {}  # of those that may have to be written again

    def add(self, row: Row) -> None:
        if not isinstance(row, Segment):
            self.writer.add(row)
            return
        now = self.clock()
        self.forget_old(now)
        self.originals[row.id] = now, row
        changes = dict(self.masker.final(row.track, row.id, spoken_text(row), now))
        self.writer.add(hidden(row, changes.pop(row.id)))
        self.write_again({**changes, **self.masker.finish()} if self.is_finished else changes)

    def show(self, call_id: UUID, interim: InterimShape) -> None:
        places = self.masker.interim(interim.track, interim.text, self.clock())
        self.writer.show(call_id, msgspec.structs.replace(interim, text=hide(interim.text, places)))

    def tick(self) -> None:
        """Often: shows what turned out to be harmless."""
        if self.masker.open:
            self.write_again(self.masker.tick(self.clock()))

    def finish(self) -> None:
        """Nothing more is said. What the recogniser still finds is not waited with."""
        self.is_finished = True
        self.write_again(self.masker.finish())

    def write_again(self, changes: Mapping[UUID, list[Place]]) -> None:
        for id, places in changes.items():
            if id in self.originals:
                self.writer.add(Rewritten(hidden(self.originals[id][1], places)))

    def forget_old(self, now: float) -> None:
        for id in [id for id, (at, _) in self.originals.items() if now - at > 2 * WINDOW_SECONDS]:
            del self.originals[id]
