"""Speech in the format that a stream plays."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from calls.audio.convert import Converter
from calls.events import AudioFormat
from calls.tts.base import Synthesizer, Voice


async def speak_as(
    synthesizer: Synthesizer, text: str, voice: Voice, audio: AudioFormat
) -> AsyncGenerator[bytes, None]:
    """As `Synthesizer.speak`, resampled and encoded as `audio`."""
    converter = Converter(AudioFormat("l16", synthesizer.capabilities.rate), audio)
    async with aclosing(synthesizer.speak(text, voice)) as pieces:
        async for piece in pieces:
            if converted := converter.feed(piece):
                yield converted
    if tail := converter.flush():
        yield tail
