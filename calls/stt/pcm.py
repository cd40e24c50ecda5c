"""Telephone encodings to 16-bit PCM, and back to milliseconds: what every engine does before anything else."""

from __future__ import annotations

import audioop

SAMPLE_BYTES = {"mulaw": 1, "alaw": 1, "l16": 2}


def to_l16(encoding: str, audio: bytes) -> bytes:
    """Little-endian 16-bit PCM. An odd last byte of l16 is dropped."""
    match encoding:
        case "mulaw":
            return audioop.ulaw2lin(audio, 2)
        case "alaw":
            return audioop.alaw2lin(audio, 2)
        case _:
            return audio if len(audio) % 2 == 0 else audio[:-1]


def to_ms(samples: int, rate: int) -> int:
    return samples * 1000 // rate
