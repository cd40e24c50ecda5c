"""The spool of a stream: what was heard, as appended records that survive a kill at any byte.

A record is a 12-byte header (track, encoding, payload length in bytes, sample position; little-endian) and the payload
as it came from the vendor. Silence is not stored: it is what no record covers. A torn last record is ignored.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

HEADER = struct.Struct("<BBHQ")
TRACKS = ("agent", "customer", "bot")
ENCODINGS = ("mulaw", "alaw", "l16")
MAX_PAYLOAD = 65_534  # even, so that a 16-bit sample is never cut


class Record(NamedTuple):
    track: str
    encoding: str
    position: int  # samples since the stream's first audio
    start: int  # where its payload lies in the spool, bytes
    length: int  # bytes


def pack(track: str, encoding: str, position: int, audio: bytes) -> bytes:
    """One run of audio as one or more records."""
    sample_bytes = 2 if encoding == "l16" else 1
    head = TRACKS.index(track), ENCODINGS.index(encoding)
    if len(audio) <= MAX_PAYLOAD:
        return HEADER.pack(*head, len(audio), position) + audio
    pieces = []
    for start in range(0, len(audio), MAX_PAYLOAD):
        piece = audio[start : start + MAX_PAYLOAD]
        pieces += [HEADER.pack(*head, len(piece), position + start // sample_bytes), piece]
    return b"".join(pieces)


def records(spool: memoryview) -> Iterator[Record]:
    """The whole records of a spool, in the order they were written. Stops at the first that is torn or senseless."""
    offset, size = 0, len(spool)
    while offset + HEADER.size <= size:
        track, encoding, length, position = HEADER.unpack_from(spool, offset)
        start = offset + HEADER.size
        if track >= len(TRACKS) or encoding >= len(ENCODINGS) or start + length > size:
            return
        yield Record(TRACKS[track], ENCODINGS[encoding], position, start, length)
        offset = start + length
