"""Hears the keys that the caller presses where they come as tones in the audio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from calls.audio.convert import Converter
from calls.audio.dtmf import RATE, DtmfDetector
from calls.events import AudioFormat, TrackName
from calls.session.track import Run

LONGEST_GAP = RATE  # samples of silence: any tone has ended


class Tones:
    """A participant. `on_key` gets each key once, with the time of its beginning in ms on the stream's timeline."""

    def __init__(self, audio: AudioFormat, on_key: Callable[[str, int], None]) -> None:
        self.audio, self.on_key = audio, on_key
        self.sample_bytes = 2 if audio.encoding == "l16" else 1
        self.detector = DtmfDetector()
        self.converter = self.make_converter()
        self.fed = 0  # samples, to the detector
        self.expected = 0  # the position that continues what was heard
        self.sounding = False  # a tone, in what came last
        self.untold = ""  # keys that the vendor did not tell, so far
        self.told = False  # the vendor tells keys: its word counts

    def make_converter(self) -> Converter:
        return Converter(self.audio, AudioFormat("l16", RATE))

    def hear(self, track: TrackName, runs: Sequence[Run]) -> None:
        if track != "customer" or self.told:
            return
        self.sounding = bool(self.detector.sounding)
        for position, audio in runs:
            if position != self.expected:
                gap = min((position - self.expected) * RATE // self.audio.rate, LONGEST_GAP)
                self.listen(self.converter.flush() + bytes(2 * gap), self.expected)
                self.converter = self.make_converter()
            self.listen(self.converter.feed(audio), position)
            self.expected = position + len(audio) // self.sample_bytes

    def listen(self, pcm: bytes, position: int) -> None:
        presses = self.detector.feed(pcm)
        for press in presses:
            self.untold += press.key
            start_ms = position * 1000 // self.audio.rate + (press.start - self.fed) * 1000 // RATE
            self.on_key(press.key, max(0, start_ms))
        self.sounding = self.sounding or bool(presses)
        self.fed += len(pcm) // 2

    def tell(self, digits: str) -> str:
        """The vendor tells keys after all. Tones count no longer; returns the keys that were not heard as tones."""
        self.told, self.sounding = True, False
        while digits and self.untold.startswith(digits[0]):
            digits, self.untold = digits[1:], self.untold[1:]
        self.untold = "" if digits else self.untold
        return digits

    def health(self, now_ms: int) -> dict[str, Any]:
        return {}

    async def finish(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is held."""
