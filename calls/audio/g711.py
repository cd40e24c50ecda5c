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
