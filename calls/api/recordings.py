"""Recordings as bodies that can be read from any place: the finished file of a call, or one stream mixed as it is read."""

from __future__ import annotations

import mmap
import os
from bisect import bisect_left
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

from calls.audio import wav
from calls.audio.mix import BLOCK_SECONDS, Mixer, StreamAudio
from calls.models import Stream
from calls.services.storage import spool_path

CHUNK = 256 * 1024  # bytes


class FileBody:
    """A file. Raises FileNotFoundError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        stat = os.stat(path)
        self.size, self.modified = stat.st_size, int(stat.st_mtime)
        self.etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        with open(self.path, "rb") as file:
            file.seek(start)
            while start < stop and (piece := file.read(min(CHUNK, stop - start))):
                start += len(piece)
                yield piece


class StreamBody:
    """One ended stream's own stereo WAV, made from its spool block by block. Raises FileNotFoundError where nothing was
    heard."""

    def __init__(self, stream: Stream) -> None:
        with open(spool_path(stream.id), "rb") as file:
            stat = os.fstat(file.fileno())
            if not stat.st_size:
                raise FileNotFoundError(file.name)
            spool = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        self.mixer = Mixer([StreamAudio(spool, stream.sample_rate, 0, 0)])
        self.longest = max((piece.stop - piece.start for piece in self.mixer.pieces), default=0)
        self.head = wav.header(data_bytes=self.mixer.frames * 4, rate=self.mixer.rate, channels=2)
        self.size, self.modified = len(self.head) + self.mixer.frames * 4, int(stat.st_mtime)
        self.etag = f'"{stream.id.hex}-{stat.st_size:x}"'

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        head = len(self.head)
        if start < head:
            yield self.head[start:stop]
        start, stop = max(0, start - head), stop - head
        block_frames = BLOCK_SECONDS * self.mixer.rate
        while start < stop:
            first = start // 4 // block_frames * block_frames
            last = min(first + block_frames, self.mixer.frames)
            block = self.mixer.block(first, last, self.pieces(first, last))
            piece = block[start - first * 4 : stop - first * 4]
            start += len(piece)
            yield piece

    def pieces(self, first: int, last: int) -> list[Any]:
        """The mixer's pieces that sound between two frames. They are sorted by their start."""
        pieces, starts = self.mixer.pieces, attrgetter("start")
        low = bisect_left(pieces, first - self.longest, key=starts)
        return [piece for piece in pieces[low : bisect_left(pieces, last, key=starts)] if piece.stop > first]
