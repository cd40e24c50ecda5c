"""How loud a speaker is. The model expects a level; a caller 20 dB below it would cost up to four
times the errors."""

from __future__ import annotations

import audioop

QUIET_PEAK = 6000  # louder speech is left as it is
TARGET_PEAK = 12000
LARGEST_GAIN = 12.0
ONSET_FACTOR = 2  # a beginning is about half as loud as what follows
FADE = 0.7  # an utterance's peak counts for so much at the next one


class Level:
    """The peak of a track's speech so far, and the gain that an utterance gets from its first piece on."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._gain = 1.0

    def begin(self, onset: bytes) -> None:
        self._peak = max(self._peak * FADE, audioop.max(onset, 2) * ONSET_FACTOR)
        quiet = 0 < self._peak < QUIET_PEAK
        self._gain = min(LARGEST_GAIN, TARGET_PEAK / self._peak) if quiet else 1.0

    def apply(self, pcm: bytes) -> bytes:
        """16-bit PCM at the utterance's gain."""
        self._peak = max(self._peak, audioop.max(pcm, 2))
        return pcm if self._gain == 1.0 else audioop.mul(pcm, 2, self._gain)
