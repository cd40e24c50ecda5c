"""Tracks for audio that an engine doesn't take itself, such as 24 kHz: converted on its way in."""

from __future__ import annotations

from calls.audio.convert import Converter
from calls.events import AudioFormat
from calls.stt.base import OnEvent, Recognizer, RecognizerTrack, TrackConfig


def open_track(recognizer: Recognizer, config: TrackConfig, on_event: OnEvent) -> RecognizerTrack:
    """The engine's own track where it takes the format of `config`, else one that is given linear PCM at the engine's
    highest rate."""
    capabilities = recognizer.capabilities
    if config.encoding in capabilities.encodings and config.rate in capabilities.rates:
        return recognizer.open_track(config, on_event)
    taken = TrackConfig(encoding="l16", rate=max(capabilities.rates), language=config.language, phrases=config.phrases)
    return _ConvertingTrack(recognizer.open_track(taken, on_event), config, taken)


class _ConvertingTrack:
    """A `RecognizerTrack`. A jump in the positions is silence: the engine is told of it as it is told of any."""

    def __init__(self, inner: RecognizerTrack, given: TrackConfig, taken: TrackConfig) -> None:
        self.inner, self.given, self.taken = inner, given, taken
        self.sample_bytes = 2 if given.encoding == "l16" else 1
        self.expected: int | None = None  # the position that continues what was fed
        self.fed_end = 0  # where the converted audio ends, in samples of the engine's rate
        self.converter = self.make_converter()

    def make_converter(self) -> Converter:
        return Converter(_format(self.given), _format(self.taken))

    def feed(self, position: int, audio: bytes) -> None:
        if position != self.expected:
            self.converter = self.make_converter()
            self.fed_end = position * self.taken.rate // self.given.rate
        self.expected = position + len(audio) // self.sample_bytes
        pcm = self.converter.feed(audio)
        self.inner.feed(self.fed_end, pcm)
        self.fed_end += len(pcm) // 2

    async def finish(self) -> None:
        await self.inner.finish()

    def close(self) -> None:
        self.inner.close()

    @property
    def lag_ms(self) -> int:
        return self.inner.lag_ms


def _format(config: TrackConfig) -> AudioFormat:
    return AudioFormat(config.encoding, config.rate)  # type: ignore[arg-type]
