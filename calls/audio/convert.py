"""Audio from one stream's format into another's, piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator

from calls.audio.g711 import decode, encode
from calls.audio.resample import Resampler
from calls.events import AudioFormat


class Converter:
    """Keeps the resampler's state between pieces. Pieces are whole samples."""

    def __init__(self, source: AudioFormat, target: AudioFormat) -> None:
        self.source, self.target = source, target
        self.resampler = Resampler(source.rate, target.rate)

    def feed(self, audio: bytes) -> bytes:
        if self.source == self.target:
            return audio
        return encode(self.resampler.feed(decode(audio, self.source.encoding).tobytes()), self.target.encoding)

    def flush(self) -> bytes:
        """What was waited with, at the end of the audio: a few milliseconds."""
        return encode(self.resampler.flush(), self.target.encoding)


async def convert(pieces: AsyncIterator[bytes], source: AudioFormat, target: AudioFormat) -> AsyncIterator[bytes]:
    converter = Converter(source, target)
    async for piece in pieces:
        yield converter.feed(piece)
    yield converter.flush()
