"""What a worker learns of a speaker from one utterance to the next, and how it brings his audio to the model."""

from __future__ import annotations

import audioop
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio.resample import Resampler
from calls.stt.pocketsphinx import tuning

TELEPHONE_RATE = 8000
TELEPHONE_HZ = (200, 3500)
BEYOND_HZ = (4500, 7500)  # where a telephone carries nothing


class Voice:
    """One speaker. Speech from a telephone may come at 16 kHz, with nothing above 4 kHz: it is told from wide-band
    speech by what the speaker's utterances had there so far."""

    def __init__(self) -> None:
        self._energy: npt.NDArray[np.float64] = np.zeros(2)
        self._means: dict[bool, str] = {}  # cepstral, of wide-band and other speech: where the next passage starts

    def listen(self, pcm: bytes) -> None:
        """16-bit PCM at the model's rate."""
        self._energy += energy(pcm)

    def is_wide(self, onset: bytes) -> bool:
        """Whether an utterance is wide-band that begins with `onset`."""
        telephone, beyond = self._energy + energy(onset)
        return bool(beyond > tuning.WIDE_SHARE * telephone)

    def mean(self, wide: bool) -> str:
        return self._means.get(wide) or tuning.initial_cmn(wide)

    def spoke(self, wide: bool, mean: str) -> None:
        """The decoder's mean after a passage."""
        self._means[wide] = tuning.next_cmn(wide, mean)


def energy(pcm: bytes) -> npt.NDArray[np.float64]:
    """In the telephone's band and beyond it."""
    samples = np.frombuffer(pcm, dtype="<i2")
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    bands = [[int(hz * len(samples) / tuning.MODEL_RATE) for hz in band] for band in (TELEPHONE_HZ, BEYOND_HZ)]
    return np.array([spectrum[low:high].sum() for low, high in bands])


class TelephoneBand:
    """Speech of a telephone at the model's rate: 16-bit PCM of 8 or 16 kHz, piece by piece, without a seam.

    From 8 to 16 kHz by straight lines between the samples, on purpose: they leave a weak mirror image of the speech
    above 4 kHz, where the model expects sound and a clean filter leaves none. Measured, that makes half the errors of a
    64 tap filter. What comes at 16 kHz went through such a filter elsewhere: it goes back to 8 kHz first.
    """

    def __init__(self, rate: int) -> None:
        self._down = Resampler(rate, TELEPHONE_RATE)
        self._state: Any = None

    def process(self, pcm: bytes) -> bytes:
        narrow = self._down.feed(pcm)
        out, self._state = audioop.ratecv(narrow, 2, 1, TELEPHONE_RATE, tuning.MODEL_RATE, self._state)
        return out
