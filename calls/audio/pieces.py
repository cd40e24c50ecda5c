"""One track's audio for those who listen along: pieces of 100 ms of mu-law at 8000 Hz."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from calls.audio.convert import Converter
from calls.events import AudioFormat

HEARD = AudioFormat("mulaw", 8000)
PIECE = 800  # bytes, and samples
SILENCE = b"\xff"
TRACKS = {"agent": 0, "customer": 1, "bot": 2}

_head = struct.Struct("<BI")


def pack(track: str, start_ms: int, audio: bytes) -> bytes:
    return _head.pack(TRACKS[track], start_ms) + audio


class Cutter:
    """Takes runs of audio as a stream has them and yields whole pieces with their place in milliseconds. A short gap is
    silence within a piece; behind a longer one the pieces start anew where the audio does."""

    def __init__(self, source: AudioFormat) -> None:
        self.source = source
        self.sample_bytes = 2 if source.encoding == "l16" else 1
        self.converter = Converter(source, HEARD)
        self.waiting = bytearray()
        self.start = 0  # of what waits, in samples at 8000 Hz
        self.expected: int | None = None  # the source's position where the next run would go on

    def feed(self, position: int, audio: bytes) -> Iterator[tuple[int, bytes]]:
        if position != self.expected:
            yield from self.jump(position * HEARD.rate // self.source.rate)
        self.expected = position + len(audio) // self.sample_bytes
        self.waiting += self.converter.feed(audio)
        yield from self.whole()

    def jump(self, start: int) -> Iterator[tuple[int, bytes]]:
        if self.expected is not None:
            self.waiting += self.converter.flush()
            yield from self.whole()
            missing = start - self.start - len(self.waiting)
            if 0 <= missing and len(self.waiting) + missing < PIECE:
                self.waiting += SILENCE * missing
                return
            yield from self.flush()
        self.start = start

    def whole(self) -> Iterator[tuple[int, bytes]]:
        while len(self.waiting) >= PIECE:
            yield self.start * 1000 // HEARD.rate, bytes(self.waiting[:PIECE])
            del self.waiting[:PIECE]
            self.start += PIECE

    def flush(self) -> Iterator[tuple[int, bytes]]:
        """What waits, filled up with silence."""
        if self.waiting:
            self.waiting += SILENCE * (PIECE - len(self.waiting))
            yield from self.whole()
