"""Any endpoint that speaks OpenAI's protocol: `POST {base_url}/audio/speech`, answered with raw PCM as it is made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack
from typing import TypeVar

import httpx2
import msgspec
import openai

from calls.tts.base import Capabilities, SynthesisFailed, SynthesizerUnavailable, Voice
from calls.tts.capabilities import OPENAI
from calls.tts.text import speakable, speed_of

T = TypeVar("T")

PIECE_BYTES = 9600
# Not every server heeds the format that it is asked for; played as samples, these would be noise in a caller's ear.
FOREIGN = (b"RIFF", b"ID3", b"OggS", b"fLaC")
FOREIGN_TYPES = ("application/json", "text/", "audio/mpeg")


class OpenAIOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`base_url` as in `http://127.0.0.1:8880/v1`; empty: OpenAI's own. `rate` (Hz) of the PCM that comes, which is
    24000 of OpenAI. `timeout_seconds`: until the first sound, one retry included, and between any two pieces."""

    base_url: str = ""
    api_key: str = ""
    model: str = ""
    voice: str = ""
    rate: int = 24_000
    timeout_seconds: float = 8.0


class OpenAISynthesizer:
    name = "openai"

    def __init__(self, options: OpenAIOptions) -> None:
        self._options = options
        self._client: openai.AsyncOpenAI | None = None
        self.capabilities: Capabilities = OPENAI
        if options.rate != OPENAI.rate:
            self.capabilities = msgspec.structs.replace(OPENAI, rate=options.rate)

    async def start(self) -> None:
        options = self._options
        if not options.model or not options.voice:
            raise SynthesizerUnavailable(
                "The OpenAI-compatible synthesiser needs the options `model` and `voice`, as the endpoint names them, and "
                "`base_url` where the endpoint is not OpenAI's."
            )
        if self._client is None:
            # A key in OPENAI_API_KEY is for OpenAI; no other endpoint is told it.
            key = options.api_key or ("none" if options.base_url else None)
            try:
                self._client = openai.AsyncOpenAI(
                    api_key=key, base_url=options.base_url or None, timeout=options.timeout_seconds, max_retries=1
                )
            except openai.OpenAIError as error:
                raise SynthesizerUnavailable("OpenAI needs a key: the option `api_key`, or OPENAI_API_KEY.") from error

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        text = speakable(text)
        if not text:
            return
        if self._client is None:
            raise SynthesisFailed("The speech synthesiser openai was not started.")
        speed = speed_of(voice)
        async with AsyncExitStack() as stack:
            coming = self._client.audio.speech.with_streaming_response.create(
                input=text,
                model=self._options.model,
                voice=voice.name or self._options.voice,
                response_format="pcm",
                speed=openai.omit if speed == 1 else speed,
            )
            response = await self._wait(stack.enter_async_context(coming))
            pieces = response.iter_bytes(PIECE_BYTES)
            first = await self._wait(anext(pieces, b""))
            kind = response.headers.get("content-type", "")
            if first.startswith(FOREIGN) or kind.startswith(FOREIGN_TYPES):
                raise SynthesisFailed(f"The endpoint answered with {kind or 'another format'}, not with raw PCM.")
            rest = b""
            piece = first
            while piece:
                whole = rest + piece
                cut = len(whole) & ~1
                if cut:
                    yield whole[:cut]
                rest = whole[cut:]
                piece = await self._wait(anext(pieces, b""))

    async def _wait(self, coming: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._options.timeout_seconds):
                return await coming
        except (TimeoutError, openai.APITimeoutError, httpx2.TimeoutException):
            seconds = self._options.timeout_seconds
            raise SynthesisFailed(f"The endpoint sent nothing for {seconds:g} s.") from None
        except openai.APIStatusError as error:
            raise SynthesisFailed(
                f"The endpoint refused the text ({error.status_code}): {error.message[:200]}"
            ) from error
        except (openai.APIError, httpx2.HTTPError) as error:
            raise SynthesisFailed(f"The endpoint can't be reached, or broke off ({error!r}).") from error

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()
