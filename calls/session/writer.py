"""Commits finals in batches, then publishes them: one writer a process."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, IntegrityError

from calls import live
from calls.models import Segment, SkippedPassage
from calls.services.alert_watch import watch_segments
from calls.services.transcripts import store_transcript
from calls.session.database import in_thread
from calls.transcript_shapes import InterimShape, segment_shape

log = logging.getLogger(__name__)

MAX_BATCH = 200
MAX_RETRY_SECONDS = 5.0


class Rewritten(NamedTuple):
    """A stored segment whose text is another now."""

    segment: Segment

    @property
    def call_id(self) -> UUID:
        return self.segment.call_id


Row = Segment | SkippedPassage | Rewritten


class TranscriptWriter:
    """What arrives while a batch is being committed makes the next one: an idle database stores at once, a busy one
    stores many. A database that is away is tried again until it is back; nothing is published before it is stored."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, "hub-transcripts")
        self.clock = asyncio.get_running_loop().time
        self.waiting: list[Row] = []
        self.task: asyncio.Task[None] | None = None

    def add(self, row: Row) -> None:
        self.waiting.append(row)
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.write_all())

    def show(self, call_id: UUID, interim: InterimShape) -> None:
        """Publishes what is never stored."""
        live.publish(call_id, "segment.interim", segment=interim)

    async def write_all(self) -> None:
        pause = 0.2
        while self.waiting:
            batch = self.waiting[:MAX_BATCH]
            try:
                stored = await in_thread(self.thread, self.store, batch)
            except DatabaseError as error:
                log.error("%d pieces of transcript wait for the database: %s", len(self.waiting), error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_RETRY_SECONDS)
                continue
            pause = 0.2
            del self.waiting[: len(batch)]
            for row in stored:
                if not isinstance(row, SkippedPassage):
                    segment = row.segment if isinstance(row, Rewritten) else row
                    live.publish(row.call_id, "segment.final", segment=segment_shape(segment))
            await in_thread(self.thread, watch_segments, [row for row in stored if isinstance(row, Segment)])

    def store(self, batch: list[Row]) -> list[Row]:
        """Returns what was stored: all, but for rows of a call that somebody deleted meanwhile."""
        try:
            store_transcript(
                [row for row in batch if not isinstance(row, Rewritten)],
                rewritten=[row.segment for row in batch if isinstance(row, Rewritten)],
            )
            return batch
        except IntegrityError:
            if len(batch) == 1:
                log.warning("a piece of transcript came for the call %s, which no longer exists", batch[0].call_id)
                return []
            return [stored for row in batch for stored in self.store([row])]

    async def close(self) -> None:
        """Waits until all is stored, or five seconds."""
        if self.task is not None:
            await asyncio.wait({self.task}, timeout=5)
        self.thread.shutdown(wait=False)
