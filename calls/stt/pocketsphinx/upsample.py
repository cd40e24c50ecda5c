"""8 kHz to the 16 kHz that the model was trained on."""

from __future__ import annotations

import audioop
from typing import Any


class Upsampler:
    """Doubles the rate of 16-bit PCM, piece by piece, without a seam.

    By straight lines between the samples, on purpose: they leave a weak mirror image of the speech above 4 kHz, where
    the model expects sound and a clean filter leaves none. Measured, that makes half the errors of a 64 tap filter.
    """

    def __init__(self) -> None:
        self._state: Any = None

    def process(self, pcm: bytes) -> bytes:
        out, self._state = audioop.ratecv(pcm, 2, 1, 8000, 16000, self._state)
        return out
