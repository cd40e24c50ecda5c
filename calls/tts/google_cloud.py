"""Google Cloud Text-to-Speech: one request a passage, the next one asked for while the one before is played."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator

import msgspec
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import DeadlineExceeded, GoogleAPIError, ServiceUnavailable
from google.api_core.retry import AsyncRetry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud import texttospeech_v1 as texttospeech

from calls.tts.base import Capabilities, SynthesisFailed, SynthesizerUnavailable, Voice
from calls.tts.capabilities import GOOGLE
from calls.tts.text import passages, pieces_of, speakable, speed_of

PASSAGE_BYTES = 900  # Google takes 5000
NAMED = re.compile(r"([a-z]{2,3}-[A-Z]{2})-")


class GoogleOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`language` and `voice` are for those who ask for none; without a voice Google chooses one of the language.
    `location`: such as `eu`, where texts must not leave it. Credentials are found as Google's libraries always do.
    `timeout_seconds`: of a passage, retries included."""

    language: str = "en-US"
    voice: str = ""
    location: str = ""
    timeout_seconds: float = 8.0


class GoogleSynthesizer:
    name = "google"
    capabilities: Capabilities = GOOGLE

    def __init__(self, options: GoogleOptions, client: texttospeech.TextToSpeechAsyncClient | None = None) -> None:
        self._options, self._given = options, client
        self._client: texttospeech.TextToSpeechAsyncClient | None = None
        again = if_exception_type(ServiceUnavailable)
        self._retry = AsyncRetry(again, initial=0.2, maximum=1.0, timeout=options.timeout_seconds)

    async def start(self) -> None:
        if self._client is not None or self._given is not None:
            self._client = self._client or self._given
            return
        location = self._options.location
        host = f"{location}-texttospeech.googleapis.com" if location else "texttospeech.googleapis.com"
        try:
            self._client = texttospeech.TextToSpeechAsyncClient(client_options=ClientOptions(api_endpoint=host))
        except GoogleAuthError as error:
            raise SynthesizerUnavailable(
                f"Google Cloud Text-to-Speech found no credentials ({error}). Point GOOGLE_APPLICATION_CREDENTIALS to a "
                "service account's key file, or run `gcloud auth application-default login`."
            ) from error

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        texts = passages(speakable(text), PASSAGE_BYTES)
        if not texts:
            return
        coming = asyncio.create_task(self._synthesize(texts[0], voice))
        try:
            for following in [*texts[1:], ""]:
                wav = await coming
                if following:
                    coming = asyncio.create_task(self._synthesize(following, voice))
                for piece in pieces_of(wav, self.capabilities.rate):
                    yield piece
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _synthesize(self, text: str, voice: Voice) -> bytes:
        if self._client is None:
            raise SynthesisFailed("The speech synthesiser google was not started.")
        request = texttospeech.SynthesizeSpeechRequest(
            input=texttospeech.SynthesisInput(text=text),
            voice=self._selection(voice),
            audio_config=texttospeech.AudioConfig(
                audio_encoding=texttospeech.AudioEncoding.LINEAR16,
                sample_rate_hertz=self.capabilities.rate,
                speaking_rate=speed_of(voice),
            ),
        )
        seconds = self._options.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                answer = await self._client.synthesize_speech(request, retry=self._retry, timeout=seconds)
        except (TimeoutError, DeadlineExceeded):
            raise SynthesisFailed(f"Google did not answer for {seconds:g} s.") from None
        except (GoogleAPIError, GoogleAuthError) as error:
            raise SynthesisFailed(f"Google refused the text, or can't be reached: {error}") from error
        return answer.audio_content

    def _selection(self, voice: Voice) -> texttospeech.VoiceSelectionParams:
        """A voice's name begins with its language, which Google wants to be told too."""
        language, name = voice.language or self._options.language, voice.name
        usual = self._options.voice
        if not name and (not NAMED.match(usual) or usual.lower().startswith(language.lower())):
            name = usual
        named = NAMED.match(name)
        return texttospeech.VoiceSelectionParams(language_code=named[1] if named else language, name=name)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.transport.close()
