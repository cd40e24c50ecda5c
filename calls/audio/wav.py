"""RIFF/WAVE headers. Bodies are streamed by whoever writes the file."""

import struct

HEADER_BYTES = 44
MAX_DATA_BYTES = 0xFFFF_FFFF - HEADER_BYTES


def header(*, data_bytes: int, rate: int, channels: int) -> bytes:
    """The 44 bytes before `data_bytes` of interleaved 16-bit PCM at `rate` Hz. Raises ValueError past 4 GiB."""
    if data_bytes > MAX_DATA_BYTES:
        raise ValueError("a WAV file can't hold more than 4 GiB")
    frame = channels * 2
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(
            b"RIFF",
            36 + data_bytes,
            b"WAVE",
            b"fmt ",
            16,
            1,
            channels,
            rate,
            rate * frame,
            frame,
            16,
            b"data",
            data_bytes,
        ),
    )
