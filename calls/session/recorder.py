"""Records what is heard as spool records. Writing is one thread's work for all streams of the process."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

from calls.audio import spool
from calls.events import AudioFormat, TrackName
from calls.services.storage import spool_path
from calls.session.track import Run

log = logging.getLogger(__name__)

MAX_WAITING = 8 << 20  # bytes that a stream keeps for a disk that refuses; beyond it they are lost


class Spooler:
    """Writes the spools of this process. A killed process loses what came since the last flush, at most."""

    FLUSH_SECONDS = 0.4

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, "hub-spool")
        self.recorders: set[Recorder] = set()
        self.flushing: asyncio.Future[None] | None = None

    def flush(self) -> None:
        """Starts writing what waits, unless the last flush is still at it."""
        if self.flushing is not None and not self.flushing.done():
            return
        work = [(recorder.file, recorder.take()) for recorder in self.recorders if recorder.waiting]
        if work:
            self.flushing = asyncio.get_running_loop().run_in_executor(self.thread, self.write, work)

    def write(self, work: Sequence[tuple[SpoolFile, bytes]]) -> None:
        for file, data in work:
            file.append(data)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.thread.shutdown)


class SpoolFile:
    """One spool, opened at its first bytes. Used by the spooler's thread only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor: int | None = None
        self.size = 0  # bytes, all of them whole records
        self.waiting = b""  # what the disk refused

    def append(self, data: bytes) -> None:
        data = self.waiting + data
        self.waiting = b""
        try:
            if self.descriptor is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
            self.size += len(data)
        except OSError as error:
            log.error("the spool %s can't be written: %s", self.path, error)
            if self.descriptor is not None:
                os.ftruncate(self.descriptor, self.size)  # records are whole or absent
            self.waiting = data if len(data) <= MAX_WAITING else b""

    def close(self) -> None:
        if self.waiting:
            self.append(b"")
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


class Recorder:
    """A participant: turns runs of audio into spool records."""

    def __init__(self, *, stream_id: UUID, audio: AudioFormat, spooler: Spooler) -> None:
        self.audio = audio
        self.spooler = spooler
        self.file = SpoolFile(spool_path(stream_id))
        self.waiting: list[bytes] = []
        spooler.recorders.add(self)

    def hear(self, track: TrackName, runs: Sequence[Run]) -> None:
        for position, audio in runs:
            self.waiting.append(spool.pack(track, self.audio.encoding, position, audio))

    def take(self) -> bytes:
        data = b"".join(self.waiting)
        self.waiting.clear()
        return data

    def health(self, now_ms: int) -> dict[str, Any]:
        return {}

    async def finish(self) -> None:
        self.spooler.recorders.discard(self)
        data = self.take()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.spooler.thread, self.file.append, data)
        await loop.run_in_executor(self.spooler.thread, self.file.close)

    def close(self) -> None:
        self.spooler.recorders.discard(self)
