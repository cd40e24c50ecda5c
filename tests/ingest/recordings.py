"""What a recording holds, sample by sample, beside what was sent."""

from __future__ import annotations

import audioop
import io
import wave
from typing import Any

import numpy as np

GRID = 160  # samples of 20 ms


def sides(recording: bytes) -> tuple[Any, Any]:
    with wave.open(io.BytesIO(recording)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return samples[:, 0], samples[:, 1]


def decoded(audio: bytes) -> Any:
    return np.frombuffer(audioop.ulaw2lin(audio, 2), "<i2")


def is_whole(side: Any, sent: bytes) -> bool:
    """Whether the side is what was sent, and silence: a track begins where its first frame arrives, and on a busy
    machine one may be sent a while after the other."""
    wanted = decoded(sent)
    rest = len(side) - len(wanted)
    places = (side[start : start + len(wanted)] for start in range(0, rest + 1, GRID))
    return any(np.array_equal(there, wanted) for there in places) and np.count_nonzero(side) == np.count_nonzero(wanted)


def is_beginning(side: Any, sent: bytes) -> bool:
    """The same of a call that was cut: whether the side is silence, and then the first of what was sent."""
    wanted, heard = decoded(sent), np.trim_zeros(side, "b")
    begins = range(0, len(heard), GRID)
    return any(np.array_equal(heard[at:], wanted[: len(heard) - at]) and not heard[:at].any() for at in begins)
