"""A local stand-in for Google's speech synthesis: a real gRPC server, spoken to by the real client."""

from __future__ import annotations

import asyncio
import io
import wave

import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import texttospeech_v1 as texttospeech
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport

from calls.tts.google_cloud import GoogleOptions, GoogleSynthesizer
from tests.tts.tones import tone


def wav(pcm: bytes, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(pcm)
    return file.getvalue()


class FakeGoogle:
    """Says each text as a tone. A test may hold answers back (`gate`), have the first ones fail (`failures`), or say
    what the audio is (`audio`)."""

    def __init__(self) -> None:
        self.asked: list[texttospeech.SynthesizeSpeechRequest] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failures: list[grpc.StatusCode] = []
        self.audio: bytes | None = None
        self.cancelled = asyncio.Event()
        self._server = grpc.aio.server()

    async def __aenter__(self) -> FakeGoogle:
        handler = grpc.unary_unary_rpc_method_handler(
            self._synthesize,
            request_deserializer=texttospeech.SynthesizeSpeechRequest.deserialize,
            response_serializer=texttospeech.SynthesizeSpeechResponse.serialize,
        )
        name = "google.cloud.texttospeech.v1.TextToSpeech"
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(name, {"SynthesizeSpeech": handler}),)
        )
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(None)

    def synthesizer(self, **options: object) -> GoogleSynthesizer:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.port}")
        transport = TextToSpeechGrpcAsyncIOTransport(channel=channel, credentials=AnonymousCredentials())
        client = texttospeech.TextToSpeechAsyncClient(transport=transport)
        return GoogleSynthesizer(GoogleOptions(**options), client)  # type: ignore[arg-type]

    async def _synthesize(
        self, request: texttospeech.SynthesizeSpeechRequest, context: grpc.aio.ServicerContext
    ) -> texttospeech.SynthesizeSpeechResponse:
        self.asked.append(request)
        if request.voice.name == "nobody":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Voice 'nobody' does not exist.")
        if self.failures:
            await context.abort(self.failures.pop(0), "broken")
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        config = request.audio_config
        assert config.audio_encoding == texttospeech.AudioEncoding.LINEAR16
        pcm = tone(request.input.text, config.sample_rate_hertz, config.speaking_rate)
        audio = wav(pcm, config.sample_rate_hertz) if self.audio is None else self.audio
        return texttospeech.SynthesizeSpeechResponse(audio_content=audio)
