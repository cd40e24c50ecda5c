"""The recording of a call: spools of its streams, laid on one timeline, as blocks of stereo PCM.

Left is the agent (or the bot), right the customer. Where streams overlap, left adds up the agents, and right takes the
customer as the stream with the lowest `order` heard it: every stream hears the same conference.
"""

from __future__ import annotations

import audioop
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from calls.audio import g711, spool

BLOCK_SECONDS = 10


class StreamAudio(NamedTuple):
    spool: memoryview
    rate: int  # Hz
    offset_ms: int  # of its first audio, on the call's timeline
    order: int  # its place among the streams: right is taken from the lowest


class _Piece(NamedTuple):
    start: int  # sample on the call's timeline, at the output rate
    stop: int
    stream: StreamAudio
    record: spool.Record


class Mixer:
    """Give it the streams, ask for `frames` and iterate `blocks`. Costs memory for one block, whatever the call's length."""

    def __init__(self, streams: Sequence[StreamAudio]) -> None:
        self.rate = max((stream.rate for stream in streams), default=8000)
        self.pieces = [piece for stream in streams for piece in self.pieces_of(stream)]
        self.pieces.sort(key=lambda piece: piece.start)
        self.frames = max((piece.stop for piece in self.pieces), default=0)

    def pieces_of(self, stream: StreamAudio) -> Iterator[_Piece]:
        scale = self.rate / stream.rate
        offset = stream.offset_ms * self.rate // 1000
        for record in spool.records(stream.spool):
            samples = record.length // (2 if record.encoding == "l16" else 1)
            start = offset + round(record.position * scale)
            yield _Piece(start, start + round(samples * scale), stream, record)

    def blocks(self) -> Iterator[bytes]:
        """Interleaved little-endian 16-bit stereo, `frames` in all."""
        size = BLOCK_SECONDS * self.rate
        waiting = self.pieces
        for start in range(0, self.frames, size):
            stop = min(start + size, self.frames)
            here = [piece for piece in waiting if piece.start < stop]
            yield self.block(start, stop, here)
            waiting = [piece for piece in waiting if piece.stop > stop]

    def block(self, start: int, stop: int, pieces: Sequence[_Piece]) -> bytes:
        left = np.zeros(stop - start, dtype=np.int32)
        right = np.zeros(stop - start, dtype=np.int32)
        heard = np.full(stop - start, np.iinfo(np.int32).max, dtype=np.int32)  # whose customer is in `right`
        for piece in pieces:
            samples = self.samples(piece)
            low, high = max(piece.start, start), min(piece.stop, stop)
            samples = samples[low - piece.start : high - piece.start]
            place = slice(low - start, low - start + len(samples))
            if piece.record.track == "customer":
                mine = heard[place] >= piece.stream.order
                right[place] = np.where(mine, samples, right[place])
                heard[place] = np.where(mine, piece.stream.order, heard[place])
            else:
                left[place] += samples
        stereo = np.empty((stop - start, 2), dtype="<i2")
        stereo[:, 0] = np.clip(left, -32768, 32767)
        stereo[:, 1] = right
        return stereo.tobytes()

    def samples(self, piece: _Piece) -> npt.NDArray[np.int16]:
        record, stream = piece.record, piece.stream
        samples = g711.decode(stream.spool[record.start : record.start + record.length], record.encoding)
        if stream.rate != self.rate:
            pcm, _ = audioop.ratecv(samples.tobytes(), 2, 1, stream.rate, self.rate, None)
            samples = np.frombuffer(pcm, dtype="<i2")
        return samples
