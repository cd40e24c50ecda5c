"""What the far end of a simulated call hears: a vendor's playback buffer, on the call's clock."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from calls.vendors.wav import resample, write_wav


class Piece(msgspec.Struct, frozen=True):
    start: float  # seconds since the call's first upgrade
    pcm: bytes  # 16-bit little-endian
    rate: int  # Hz

    @property
    def end(self) -> float:
        return self.start + len(self.pcm) / 2 / self.rate


class Heard:
    """Pieces play one after the other, none before it came. Times are seconds since the call's first upgrade."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.end = 0.0  # when everything that came has been played

    def play(self, now: float, pcm: bytes, rate: int) -> None:
        """Takes 16-bit little-endian samples."""
        self.pieces.append(Piece(max(now, self.end), pcm, rate))
        self.end = self.pieces[-1].end

    def flush(self, now: float) -> None:
        """Whatever still waits is never heard."""
        while self.pieces and self.pieces[-1].start >= now:
            self.pieces.pop()
        if self.pieces:
            last = self.pieces.pop()
            samples = round((now - last.start) * last.rate)
            self.pieces.append(Piece(last.start, last.pcm[: 2 * samples], last.rate))
        self.end = min(self.end, now)

    def wav(self, rate: int) -> bytes:
        """All of it, with the silence before and between, as a mono file."""
        return write_wav(b"".join(self._samples(rate)), rate)

    def _samples(self, rate: int) -> Iterator[bytes]:
        at = 0
        for piece in self.pieces:
            gap = max(0, round(piece.start * rate) - at)
            pcm = resample(piece.pcm, piece.rate, rate)
            yield bytes(2 * gap) + pcm
            at += gap + len(pcm) // 2
