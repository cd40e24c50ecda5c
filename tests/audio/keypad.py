"""A telephone's keypad: what its keys sound like, and what the line does to it."""

from __future__ import annotations

import audioop

import numpy as np
import numpy.typing as npt

Wave = npt.NDArray[np.float64]

LOW = {697: "123A", 770: "456B", 852: "789C", 941: "*0#D"}
HIGH = (1209, 1336, 1477, 1633)
KEYS = "".join(LOW.values())
AMPLITUDE = 4000.0  # of each tone


def sine(frequency: float, ms: float, rate: int = 8000, amplitude: float = AMPLITUDE, phase: float = 0) -> Wave:
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(ms * rate / 1000)) / rate + phase)


def silence(ms: float, rate: int = 8000) -> Wave:
    return np.zeros(round(ms * rate / 1000))


def tone(
    key: str,
    ms: float,
    rate: int = 8000,
    *,
    amplitude: float = AMPLITUDE,
    twist_db: float = 0,
    detuned: float = 0,
    phase: float = 0,
) -> Wave:
    """`twist_db`: how much louder the high tone is. `detuned`: how far from its frequency, as a share of it."""
    low = next(frequency for frequency, keys in LOW.items() if key in keys)
    high = HIGH[LOW[low].index(key)]
    quieter = amplitude * 10 ** (-abs(twist_db) / 20)
    levels = (quieter, amplitude) if twist_db > 0 else (amplitude, quieter)
    return sine(low * (1 + detuned), ms, rate, levels[0], phase) + sine(
        high * (1 + detuned), ms, rate, levels[1], 1.7 * phase
    )


def dial(keys: str, *, on: float = 40, off: float = 40, rate: int = 8000, **of_tone: float) -> Wave:
    """The keys in order, each beginning at another phase, with silence around."""
    parts = [silence(100, rate)]
    for number, key in enumerate(keys):
        parts += [tone(key, on, rate, phase=number, **of_tone), silence(off, rate)]
    return np.concatenate([*parts, silence(100, rate)])


def with_noise(wave: Wave, below_db: float, *, colour: str = "white") -> Wave:
    """Noise so much weaker than both tones of a key together."""
    noise = np.random.default_rng(5).standard_normal(len(wave))
    if colour == "pink":
        spectrum, frequencies = np.fft.rfft(noise), np.fft.rfftfreq(len(noise), 1 / 8000)
        noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequencies, 50)), len(noise))
    return wave + noise / noise.std() * AMPLITUDE * 10 ** (-below_db / 20)


def pcm(wave: Wave) -> bytes:
    return np.clip(np.rint(wave), -32768, 32767).astype("<i2").tobytes()


def through(encoding: str, audio: bytes) -> bytes:
    """16-bit PCM as it is after it was sent in an encoding."""
    match encoding:
        case "mulaw":
            return audioop.ulaw2lin(audioop.lin2ulaw(audio, 2), 2)
        case "alaw":
            return audioop.alaw2lin(audioop.lin2alaw(audio, 2), 2)
        case _:
            return audio
