"""How loud a recording is, in steps: what a waveform is drawn from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

STEPS = 20  # a second, as nearly as the rate allows


class Peaks:
    """Takes interleaved 16-bit stereo in any pieces. A step's peak is 0 (digital silence) to 255 (full scale)."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.step = rate // STEPS  # frames
        self.frames = 0
        self._waiting: npt.NDArray[np.int16] = np.zeros((0, 2), dtype="<i2")
        self._found: list[npt.NDArray[np.uint8]] = []

    def feed(self, stereo: bytes) -> None:
        frames = np.frombuffer(stereo, dtype="<i2").reshape(-1, 2)
        self.frames += len(frames)
        frames = np.concatenate((self._waiting, frames))
        whole = len(frames) // self.step * self.step
        if whole:
            self._found.append(_loudest(frames[:whole].reshape(-1, self.step, 2)))
        self._waiting = frames[whole:]

    def result(self) -> dict[str, object]:
        found = [*self._found]
        if len(self._waiting):
            found.append(_loudest(self._waiting[None, :, :]))
        peaks = np.concatenate(found) if found else np.zeros((0, 2), dtype=np.uint8)
        return {
            "stepMs": self.step * 1000 / self.rate,
            "durationMs": self.frames * 1000 // self.rate,
            "left": peaks[:, 0].tolist(),
            "right": peaks[:, 1].tolist(),
        }


def _loudest(steps: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    loudest = np.maximum(steps.max(axis=1).astype(np.int32), -steps.min(axis=1).astype(np.int32))
    return np.minimum((loudest + 127) >> 7, 255).astype(np.uint8)
