"""8 kHz to the 16 kHz that the model was trained on."""

from __future__ import annotations

import numpy as np

TAPS = 32  # at 8 kHz a side is 1 ms


def _half_band() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    n = np.arange(2 * TAPS) - (2 * TAPS - 1) / 2
    taps = np.sinc(n / 2) * np.kaiser(2 * TAPS, 8.0)
    return (2 * taps / taps.sum()).astype(np.float32)


_FIR = _half_band()
_EVEN, _ODD = _FIR[0::2].copy(), _FIR[1::2].copy()


class Upsampler:
    """Doubles the rate of 16-bit PCM, piece by piece, without a seam; 2 ms of delay."""

    def __init__(self) -> None:
        self._history = np.zeros(TAPS - 1, np.float32)

    def process(self, pcm: bytes) -> bytes:
        new = np.frombuffer(pcm, "<i2").astype(np.float32)
        if not len(new):
            return b""
        x = np.concatenate((self._history, new))
        self._history = x[-(TAPS - 1) :]
        y = np.empty(2 * len(new), np.float32)
        y[0::2] = np.convolve(x, _EVEN, "valid")
        y[1::2] = np.convolve(x, _ODD, "valid")
        return np.clip(np.rint(y), -32768, 32767).astype("<i2").tobytes()
