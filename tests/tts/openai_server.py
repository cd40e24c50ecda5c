"""A local stand-in for an OpenAI-compatible speech endpoint: real HTTP, spoken to by the real client."""

from __future__ import annotations

import asyncio

from calls.tts.openai_compatible import OpenAIOptions, OpenAISynthesizer
from tests.bots.web_server import Asked, Reply, WebServer
from tests.tts.tones import tone


async def speak(asked: Asked, reply: Reply) -> None:
    """As OpenAI answers: the tone for the text in chunks, or 400 for a voice that it doesn't have."""
    wanted = asked.json
    if asked.path != "/v1/audio/speech" or wanted["voice"] == "nobody":
        await reply.send({"error": {"message": f"there is no voice {wanted['voice']}"}}, status=400)
        return
    assert wanted["response_format"] == "pcm"
    await begin(reply)
    await send(reply, tone(wanted["input"], 24_000, wanted.get("speed", 1.0)), 3333)
    await end(reply)


async def begin(reply: Reply, kind: str = "audio/pcm") -> None:
    await reply.begin(200, Content_Type=kind, Transfer_Encoding="chunked")


async def send(reply: Reply, data: bytes, size: int = 4096) -> None:
    for at in range(0, len(data), size):
        chunk = data[at : at + size]
        reply.writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        await reply.writer.drain()


async def end(reply: Reply) -> None:
    reply.writer.write(b"0\r\n\r\n")
    await reply.writer.drain()


async def gone(reply: Reply) -> None:
    """Returns when the client has closed the connection."""
    async with asyncio.timeout(10):
        while await reply.reader.read(1024):
            pass


def synthesizer(server: WebServer, **options: object) -> OpenAISynthesizer:
    base = {"base_url": server.url("/v1"), "model": "tts", "voice": "nova", **options}
    return OpenAISynthesizer(OpenAIOptions(**base))  # type: ignore[arg-type]
