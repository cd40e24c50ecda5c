"""The engine: one worker process for all utterances of this process. How they run side by side: `worker`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from calls.tts.base import Capabilities, SynthesisFailed, SynthesizerUnavailable, Voice
from calls.tts.capabilities import ESPEAK
from calls.tts.espeak.host import Host
from calls.tts.espeak.wire import LENGTH, Request, pack_request
from calls.tts.text import speakable, speed_of

SILENT_SECONDS = 8.0  # longer than an utterance's process lets itself hang
BUFFER_BYTES = 1 << 18  # twice this is read ahead: 12 s, so that most processes are gone in milliseconds


class EspeakOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`language` and `variant` (of the language's voice, such as f3) are for those who ask for none. `at_once`:
    utterances whose speech is still to be taken."""

    language: str = "en-US"
    variant: str = ""
    words_per_minute: int = 165
    at_once: int = 100


class EspeakSynthesizer:
    name = "espeak"
    capabilities: Capabilities = ESPEAK

    def __init__(self, options: EspeakOptions) -> None:
        self._options = options
        self._host = Host()
        self._speaking: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        await self._host.start()
        try:
            async for _ in self.speak("ready", Voice()):
                pass
        except SynthesisFailed as error:
            await self.close()
            raise SynthesizerUnavailable(f"espeak-ng can't speak here. {error}") from error

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        text = speakable(text)
        if not text:
            return
        if len(self._speaking) >= self._options.at_once:
            raise SynthesisFailed(f"{len(self._speaking)} utterances at once are the most that espeak may speak here.")
        reader, writer = await asyncio.open_unix_connection(sock=await self._host.connect(), limit=BUFFER_BYTES)
        self._speaking.add(writer)
        try:
            writer.write(pack_request(self._request(text, voice)))
            while piece := await self._next_piece(reader):
                yield piece
        finally:
            self._speaking.discard(writer)
            writer.transport.abort()

    def _request(self, text: str, voice: Voice) -> Request:
        return Request(
            text=text,
            language=voice.language or self._options.language,
            voice=voice.name or self._options.variant,
            words_per_minute=round(self._options.words_per_minute * speed_of(voice)),
        )

    async def _next_piece(self, reader: asyncio.StreamReader) -> bytes:
        """Empty at the end."""
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                [length] = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                data = await reader.readexactly(abs(length))
        except TimeoutError:
            raise SynthesisFailed(f"espeak-ng did not answer for {SILENT_SECONDS:g} s.") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise SynthesisFailed(
                "espeak-ng ended in the middle of the text: it crashed, hung or was closed."
            ) from None
        if length < 0:
            raise SynthesisFailed(data.decode())
        return data

    async def close(self) -> None:
        for writer in tuple(self._speaking):
            writer.transport.abort()
        await self._host.close()
