"""Telephone keys in the audio: DTMF, each key two tones at once (ITU-T Q.23, Q.24).

How it works: every 5 ms, a window of 25 ms is compared with the eight tones, each also a little too low and too high,
by one matrix product, which is a bank of Goertzel filters. A window says a key where

    level   both tones are louder than -39 dBm0,
    twist   neither is much louder than the other,
    alone   in its group each is much louder than the other three,
    pure    hardly anything else sounds: that is what tells tones from speech, and
    plain   the higher tone has no overtone, as a voice has.

`ON` windows in a row that say one key are a press, `OFF` in a row that say something else its end. So a tone of 40 ms
counts and one of 23 ms doesn't; a pause of 40 ms parts two presses and a lost packet of 20 ms doesn't.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RATE = 8000
LOW = (697, 770, 852, 941)  # Hz
HIGH = (1209, 1336, 1477, 1633)
KEYS = "123A456B789C*0#D"
WINDOW, STEP = 200, 40  # samples
DETUNED = (0.988, 1.0, 1.012)  # found up to 1.8 % off: 1.5 must be heard, 3.5 must not
LEVEL = 250.0  # of a tone, against 32767
HIGHER, LOWER = 10**0.6, 10**1.0  # power: 4 dB more of the high tone must be heard, 8 dB of the low one, also in noise
ALONE = 6.3
PURE = 0.62  # of the window's power: with noise 10 dB weaker a key has 0.9, and so it has in 0.9 of a window
OVERTONE = 0.1
ON, OFF = 5, 8  # windows


class Press(NamedTuple):
    key: str
    start: int  # sample


class DtmfDetector:
    """For one run of mono 16-bit little-endian PCM at `RATE`. How the audio is cut makes no difference."""

    def __init__(self) -> None:
        self.sounding = ""  # the key whose tone goes on, as far as was heard
        self._waiting: npt.NDArray[np.int16] = np.zeros(0, dtype="<i2")
        self._position = 0  # of the first sample of `_waiting`
        self._said, self._times = "", 0  # what the newest windows say, and how many of them
        self._missed = 0  # windows in a row that say something else than `sounding`

    def feed(self, pcm: bytes) -> list[Press]:
        """The keys that were pressed, each once, as soon as it is certain: 45 ms after its tone began."""
        audio = np.concatenate((self._waiting, np.frombuffer(pcm, dtype="<i2")))
        count = max(0, (len(audio) - WINDOW) // STEP + 1)
        presses = []
        for said in listen(audio[: (count - 1) * STEP + WINDOW]) if count else ():
            if self._hears(said):
                presses.append(Press(said, self._position - (ON - 1) * STEP))
            self._position += STEP
        self._waiting = audio[count * STEP :]
        return presses

    def _hears(self, said: str) -> bool:
        """One window. Whether it makes a press certain."""
        self._times = self._times + 1 if said == self._said else 1
        self._said = said
        self._missed = 0 if said == self.sounding else self._missed + 1
        if self._missed >= OFF:
            self.sounding = ""
        if not said or said == self.sounding or self._times < ON:
            return False
        self.sounding = said
        self._missed = 0
        return True


def listen(audio: npt.NDArray[np.int16]) -> list[str]:
    """The key that each window of the audio says, "" for none."""
    windows = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::STEP].astype(np.float32)
    said = [""] * len(windows)
    total = np.einsum("ij,ij->i", windows, windows) / WINDOW
    if total.max() < LEVEL**2:
        return said
    waves = windows @ _BANK
    waves *= waves
    power = waves[:, : len(_TONES)] + waves[:, len(_TONES) :]
    tones = np.maximum(np.maximum(power[:, :8], power[:, 8:16]), power[:, 16:24])
    low, high = tones[:, :4].max(axis=1), tones[:, 4:].max(axis=1)
    for window in np.flatnonzero((low + high > PURE * total) & (np.minimum(low, high) > LEVEL**2 / 2)):
        said[window] = _key(tones[window], power[window, 24:])
    return said


def _key(tones: Floats, overtones: Floats) -> str:
    """Of a window that is loud and pure enough."""
    low, high = int(tones[:4].argmax()), int(tones[4:].argmax())
    lower, higher = tones[low], tones[4 + high]
    twisted = higher > HIGHER * lower or lower > LOWER * higher
    alone = np.sum(ALONE * tones > np.repeat((lower, higher), 4)) == 2
    voiced = overtones[high] > OVERTONE * higher
    return KEYS[4 * low + high] if alone and not twisted and not voiced else ""


def _bank() -> Floats:
    """A cosine and a sine for each of `_TONES`. The squares of what a window gives with them add up to the tone's power."""
    phases = 2 * np.pi / RATE * np.outer(np.arange(WINDOW), _TONES)
    return (np.hstack((np.cos(phases), np.sin(phases))) * np.sqrt(2) / WINDOW).astype(np.float32)


_TONES = [tone * off for off in DETUNED for tone in LOW + HIGH] + [2 * tone for tone in HIGH]
_BANK = _bank()
