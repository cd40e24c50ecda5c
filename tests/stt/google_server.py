"""A local stand-in for Google's streaming recognition: a real gRPC server, spoken to by the real client.

It "recognises" bytes: each sample is a number, and each run of `word` samples is one word that names its first sample.
So a test sees in the words which audio arrived, where streams met, and whether anything was lost or doubled.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import speech_v2 as speech
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport
from google.protobuf.duration_pb2 import Duration

RATE = 8000


def duration(samples: int) -> Duration:
    return Duration(seconds=samples // RATE, nanos=samples % RATE * 1_000_000_000 // RATE)


class FakeGoogle:
    """`word`: samples of a word. `final_every`: words of a final. `fail_after`: answers with an error after so much."""

    def __init__(self, word: int = 800, final_every: int = 3, fail_after: list[int] | None = None) -> None:
        self.word, self.final_every = word, final_every
        self.fail_after = fail_after or []
        self.refuse = False
        self.configs: list[speech.StreamingRecognizeRequest] = []
        self.received: list[bytearray] = []
        self.largest = 0
        self._server = grpc.aio.server()

    async def __aenter__(self) -> FakeGoogle:
        handler = grpc.stream_stream_rpc_method_handler(
            self._recognize,
            request_deserializer=speech.StreamingRecognizeRequest.deserialize,
            response_serializer=speech.StreamingRecognizeResponse.serialize,
        )
        service = grpc.method_handlers_generic_handler("google.cloud.speech.v2.Speech", {"StreamingRecognize": handler})
        self._server.add_generic_rpc_handlers((service,))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(None)

    def client(self) -> speech.SpeechAsyncClient:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.port}")
        transport = SpeechGrpcAsyncIOTransport(channel=channel, credentials=AnonymousCredentials())
        return speech.SpeechAsyncClient(transport=transport)

    async def _recognize(
        self, requests: AsyncIterator[speech.StreamingRecognizeRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[speech.StreamingRecognizeResponse]:
        if self.refuse:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        heard = bytearray()
        fail_after = self.fail_after.pop(0) if self.fail_after else None
        self.received.append(heard)
        done = 0  # samples behind the last final
        size = self.word * self.final_every
        async for request in requests:
            if request.streaming_config.config.language_codes:
                self.configs.append(request)
                continue
            self.largest = max(self.largest, len(request.audio))
            heard += request.audio
            if fail_after is not None and len(heard) >= fail_after:
                await context.abort(grpc.StatusCode.INTERNAL, "broken")
            while len(heard) - done >= size:
                yield self._answer(heard, done, done + size, final=True)
                done += size
            if len(heard) - done >= self.word:
                yield self._answer(heard, done, len(heard), final=False)
        if len(heard) > done:
            yield self._answer(heard, done, len(heard), final=True)

    def _answer(self, heard: bytearray, start: int, end: int, final: bool) -> speech.StreamingRecognizeResponse:
        starts = range(start, end, self.word)
        words = [
            speech.WordInfo(
                word=f"w{heard[at]}",
                start_offset=duration(at),
                end_offset=duration(min(end, at + self.word)),
                confidence=0.8,
            )
            for at in starts
        ]
        best = speech.SpeechRecognitionAlternative(
            transcript=" ".join(word.word for word in words), confidence=0.8, words=words if final else []
        )
        result = speech.StreamingRecognitionResult(
            alternatives=[best], is_final=final, result_end_offset=duration(end), language_code="en-US"
        )
        return speech.StreamingRecognizeResponse(results=[result])


async def until(condition: object, seconds: float = 10.0) -> None:
    """Waits for `condition()`; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.01)
