"""What stand-ins say: a tone, as long as the text would take to say."""

import numpy as np


def tone(text: str, rate: int, speed: float = 1.0) -> bytes:
    samples = max(rate // 10, int(len(text) * rate / 15 / speed))
    return np.rint(9000 * np.sin(np.arange(samples) * 2 * np.pi * 440 / rate)).astype("<i2").tobytes()
