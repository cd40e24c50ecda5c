"""Where speech begins and ends, in 20 ms frames, by the voice detector that comes with PocketSphinx.

How it works: a window of the last frames is kept. Speech begins when most of the newest `START_FRAMES` are voiced;
the utterance then reaches back over the window, so that its first sound isn't cut. It ends after a pause; the longer
the utterance already is, the shorter the pause that ends it, because the work at its end grows with its length.
"""

from __future__ import annotations

from collections import deque

import msgspec
from pocketsphinx import Vad

FRAME_MS = 20
VAD_MODE = 2
START_FRAMES, START_VOICED = 8, 6
PRE_ROLL_FRAMES = 20  # the window: what is kept from before the decision
# (up to this many frames of utterance, this many frames of pause end it)
PAUSES = ((100, 17), (200, 15), (400, 12), (1 << 30, 10))


class SpeechBegins(msgspec.Struct, frozen=True):
    """Speech began at sample `at`; the utterance's audio starts at `start`, a little earlier."""

    at: int
    start: int
    pcm: bytes


class SpeechGoesOn(msgspec.Struct, frozen=True):
    pcm: bytes


class SpeechEnds(msgspec.Struct, frozen=True):
    """The last voiced sample was before `at`; the utterance's audio is complete."""

    at: int


Endpoint = SpeechBegins | SpeechGoesOn | SpeechEnds


class Endpointer:
    """Takes 16-bit PCM in pieces of any size; positions are samples at `rate`."""

    def __init__(self, rate: int) -> None:
        self._vad = Vad(mode=VAD_MODE, sample_rate=rate, frame_length=FRAME_MS / 1000)
        self._frame_bytes = self._vad.frame_bytes
        self._frame = self._frame_bytes // 2
        self._window: deque[bytes] = deque(maxlen=PRE_ROLL_FRAMES)
        self._voiced: deque[bool] = deque(maxlen=START_FRAMES)
        self._rest = b""
        self._position = 0  # of the first sample of `_rest`
        self.in_speech = False
        self._frames = self._pause = 0

    @property
    def position(self) -> int:
        """The sample that the next piece starts at."""
        return self._position + len(self._rest) // 2

    def restart(self, position: int) -> None:
        """Forgets what came before; the next piece starts at `position`. Only between utterances."""
        self._window.clear()
        self._voiced.clear()
        self._rest = b""
        self._position = position

    def feed(self, pcm: bytes) -> list[Endpoint]:
        """What is new, in order. Speech that goes on is one piece, however many frames it has."""
        out: list[Endpoint] = []
        speech: list[bytes] = []
        data = self._rest + pcm
        size = self._frame_bytes
        end = len(data) - len(data) % size
        for offset in range(0, end, size):
            frame = data[offset : offset + size]
            voiced = self._vad.is_speech(frame)
            self._position += self._frame
            if self.in_speech:
                speech.append(frame)
                if self._goes_on(voiced):
                    continue
                out.append(SpeechGoesOn(b"".join(speech)))
                speech = []
                out.append(self.end())
            else:
                self._window.append(frame)
                self._voiced.append(voiced)
                if sum(self._voiced) >= START_VOICED:
                    out.append(self._begin())
        self._rest = data[end:]
        if speech:
            out.append(SpeechGoesOn(b"".join(speech)))
        return out

    def _begin(self) -> SpeechBegins:
        self.in_speech = True
        self._frames, self._pause = len(self._voiced), 0
        first = next(i for i, voiced in enumerate(self._voiced) if voiced)
        at = self._position - (len(self._voiced) - first) * self._frame
        return SpeechBegins(at, self._position - len(self._window) * self._frame, b"".join(self._window))

    def _goes_on(self, voiced: bool) -> bool:
        self._frames += 1
        if voiced:
            # One voiced frame in a pause is a click, two are speech.
            self._pause = max(0, self._pause - 4) if self._pause > 4 else 0
            return True
        self._pause += 1
        return self._pause < next(pause for limit, pause in PAUSES if self._frames <= limit)

    def end(self) -> SpeechEnds:
        """Ends the utterance here: after a pause, or because the audio ends."""
        self.in_speech = False
        self._window.clear()
        self._voiced.clear()
        return SpeechEnds(self._position - self._pause * self._frame)
