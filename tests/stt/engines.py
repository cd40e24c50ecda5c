"""The engines under test, each ready to hear, and the speech that they hear."""

from __future__ import annotations

import asyncio
import audioop
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import calls
from calls.stt import make_recognizer
from calls.stt.base import Final, Recognizer, RecognizerEvent, RecognizerTrack, TrackConfig
from calls.stt.google.engine import GoogleOptions, GoogleRecognizer
from tests.stt.google_server import FakeGoogle

SAMPLES = Path(calls.__file__).parent / "samples"
TRUTH = json.loads((SAMPLES / "transcript.json").read_text())["turns"]
RATE = 8000
PIECE = 800


def sample(track: str, seconds: float | None = None) -> bytes:
    """The sample call's track as mu-law, from its start."""
    with wave.open(str(SAMPLES / f"{track}.wav")) as file:
        frames = file.getnframes() if seconds is None else round(seconds * RATE)
        return audioop.lin2ulaw(file.readframes(frames), 2)


def as_encoding(mulaw: bytes, encoding: str, rate: int) -> bytes:
    pcm = audioop.ulaw2lin(mulaw, 2)
    if rate != RATE:
        pcm = audioop.ratecv(pcm, 2, 1, RATE, rate, None)[0]
    return {"mulaw": lambda: audioop.lin2ulaw(pcm, 2), "alaw": lambda: audioop.lin2alaw(pcm, 2), "l16": lambda: pcm}[
        encoding
    ]()


def track_config(encoding: str = "mulaw", rate: int = RATE, phrases: tuple[str, ...] = ()) -> TrackConfig:
    return TrackConfig(encoding, rate, "en-US", phrases)


@asynccontextmanager
async def started(name: str, finish_seconds: float = 60) -> AsyncIterator[Recognizer]:
    """`finish_seconds`: as patient at the end as a busy machine needs, so that everything is heard."""
    if name == "google":
        async with FakeGoogle() as server:
            engine = GoogleRecognizer(GoogleOptions(project="demo"), server.client())
            await engine.start()
            yield engine
            await engine.close()
        return
    options = {"workers": 1, "finish_seconds": finish_seconds} if name == "pocketsphinx" else {}
    recognizer = make_recognizer(name, options, production=False)
    await recognizer.start()
    yield recognizer
    await recognizer.close()


async def feed(
    track: RecognizerTrack, audio: bytes, position: int = 0, piece: int = PIECE, width: int = 1, ahead_ms: int = 6000
) -> None:
    """`piece` bytes at a time, `width` bytes a sample, as fast as the engine keeps up."""
    for offset in range(0, len(audio), piece):
        track.feed(position + offset // width, audio[offset : offset + piece])
        await asyncio.sleep(0)
        async with asyncio.timeout(60):
            while track.lag_ms > ahead_ms:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


def text_of(events: list[RecognizerEvent]) -> str:
    return " ".join(event.text for event in events if isinstance(event, Final))
