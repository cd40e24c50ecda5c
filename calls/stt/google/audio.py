"""The audio that Google has not finally answered yet, and where each stream's offsets lie on the track."""

from __future__ import annotations

from collections import deque

import msgspec


class Piece(msgspec.Struct):
    number: int  # consecutive over the whole track
    position: int  # of its first sample
    audio: bytes


class KeptAudio:
    """Pieces in order, without overlap. What a final covers is dropped; a new stream is sent what is left."""

    def __init__(self, sample_bytes: int, piece_bytes: int) -> None:
        self._sample_bytes = sample_bytes
        self._piece_bytes = piece_bytes - piece_bytes % sample_bytes
        self._next = 0
        self.pieces: deque[Piece] = deque()
        self.end = 0  # the position after the newest sample

    @property
    def newest(self) -> int:
        """The number that the next piece will get."""
        return self._next

    def __len__(self) -> int:
        """Samples."""
        return sum(len(piece.audio) for piece in self.pieces) // self._sample_bytes

    def add(self, position: int, audio: bytes) -> None:
        for offset in range(0, len(audio), self._piece_bytes):
            part = audio[offset : offset + self._piece_bytes]
            self.pieces.append(Piece(self._next, position + offset // self._sample_bytes, part))
            self._next += 1
        self.end = position + len(audio) // self._sample_bytes

    def drop_until(self, position: int) -> None:
        while self.pieces:
            piece = self.pieces[0]
            covered = position - piece.position
            if covered <= 0:
                return
            if covered * self._sample_bytes < len(piece.audio):
                piece.audio = piece.audio[covered * self._sample_bytes :]
                piece.position = position
                return
            self.pieces.popleft()

    def from_number(self, number: int) -> Piece | None:
        """The first kept piece that is not older than `number`."""
        if not self.pieces:
            return None
        index = max(0, number - self.pieces[0].number)
        return self.pieces[index] if index < len(self.pieces) else None


class StreamClock:
    """Sample offsets of one stream to positions on the track: they run alike but for the jumps of the audio."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._anchors: list[tuple[int, int]] = []  # (offset, position), ascending
        self._length = 0

    def sent(self, position: int, samples: int) -> None:
        if not self._anchors or self._position(self._length) != position:
            self._anchors.append((self._length, position))
        self._length += samples

    def position(self, seconds: float) -> int:
        return self._position(min(self._length, round(seconds * self._rate)))

    def _position(self, offset: int) -> int:
        before = [anchor for anchor in self._anchors if anchor[0] <= offset]
        at, position = before[-1] if before else (0, 0)
        return position + offset - at
