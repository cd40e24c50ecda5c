"""A ZIP archive as it is made: nothing of it is held but the piece that is sent next."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

PIECE = 64 * 1024  # bytes, about, of compressed files


class Member(NamedTuple):
    """A file of the archive. `size` is exact where `is_packed` is false: audio is stored as it is."""

    name: str
    pieces: Iterable[bytes]
    is_packed: bool = True
    size: int = 0


class _Sink(io.RawIOBase):
    """Where `ZipFile` writes to. It can't go back, so that sizes follow what they are of."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        data = bytes(self.waiting)
        self.waiting.clear()
        return data


def archive(members: Iterable[Member], at: datetime) -> Iterator[bytes]:
    """The archive's bytes, in pieces. `at` is the time that its files bear."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as whole:
        for member in members:
            info = zipfile.ZipInfo(member.name, max(at.timetuple()[:6], (1980, 1, 1, 0, 0, 0)))
            info.compress_type = zipfile.ZIP_DEFLATED if member.is_packed else zipfile.ZIP_STORED
            info.external_attr = 0o644 << 16
            info.file_size = member.size
            with whole.open(info, "w") as file:
                for piece in member.pieces:
                    file.write(piece)
                    if len(sink.waiting) >= PIECE:
                        yield sink.take()
    yield sink.take()
