from __future__ import annotations

import numpy as np
import pytest

from calls.audio.peaks import Peaks


@pytest.mark.parametrize("cut", [1, 7, 400, 8000, 100_000])
def test_peaks_of_a_known_recording(cut: int) -> None:
    """A quarter of a second each: silence, half as loud as can be, full scale downwards, a single sample."""
    left = np.zeros(8000, dtype="<i2")
    left[2000:4000] = 16384
    left[4000:6000] = -32768
    left[6200] = 1
    right = np.zeros(8000, dtype="<i2")
    right[7999] = 128 * 10
    stereo = np.stack((left, right), axis=1).tobytes()
    peaks = Peaks(8000)
    for at in range(0, len(stereo), 4 * cut):
        peaks.feed(stereo[at : at + 4 * cut])
    assert peaks.result() == {
        "stepMs": 50.0,
        "durationMs": 1000,
        "left": [0] * 5 + [128] * 5 + [255] * 5 + [1] + [0] * 4,
        "right": [0] * 19 + [10],
    }


def test_a_last_step_may_be_short_and_rates_odd() -> None:
    peaks = Peaks(11025)
    peaks.feed(np.full((1000, 2), 128, dtype="<i2").tobytes())
    found = peaks.result()
    assert found["left"] == [1, 1] and found["stepMs"] == pytest.approx(49.977, abs=0.001)
    assert Peaks(8000).result() == {"stepMs": 50.0, "durationMs": 0, "left": [], "right": []}
