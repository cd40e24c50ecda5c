"""Samples as 16-bit linear PCM, native int16 arrays."""

import audioop

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def decode(audio: bytes | memoryview, encoding: str) -> Samples:
    """Linear samples of `mulaw` or `alaw` (G.711, one byte a sample) or `l16` (little-endian)."""
    if encoding == "mulaw":
        pcm = audioop.ulaw2lin(audio, 2)
    elif encoding == "alaw":
        pcm = audioop.alaw2lin(audio, 2)
    else:
        pcm = bytes(audio)
    return np.frombuffer(pcm, dtype="<i2")


def encode(pcm: bytes, encoding: str) -> bytes:
    """16-bit little-endian samples as `mulaw` or `alaw` (one byte a sample), or as they are (`l16`)."""
    if encoding == "mulaw":
        return audioop.lin2ulaw(pcm, 2)
    if encoding == "alaw":
        return audioop.lin2alaw(pcm, 2)
    return pcm
