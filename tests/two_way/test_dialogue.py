"""A caller who speaks and presses keys, and a menu that answers: real audio, the real recogniser, both vendors."""

from __future__ import annotations

import asyncio
import audioop
import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls.audio.g711 import encode
from calls.events import AudioFormat
from tests.ingest.conftest import Api, wait_until
from tests.two_way.clients import AudioCodes, Ringover, open_peer
from tests.two_way.conftest import MakeProfile

SAMPLES = Path(__file__).parents[2] / "calls" / "samples"
FRAME_SECONDS = 0.02


@pytest.fixture(scope="module")
def recognizer() -> str:
    return "pocketsphinx"


@pytest.fixture(scope="module")
def menu(api: Api) -> str:
    document = (SAMPLES / "menu.yaml").read_text()
    return str(api.post("bots/", {"name": "Shoes", "kind": "menu", "document": document})["id"])


def said_by_caller() -> list[bytes]:
    """What the demo's caller says: `Opening hours, please.` and `I want to talk about an order.`, 16-bit PCM at 8 kHz."""
    with wave.open(str(SAMPLES / "caller.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    loud = np.flatnonzero(samples)
    ends = np.flatnonzero(np.diff(loud) > 8000)
    bounds = zip([0, *(ends + 1)], [*ends, len(loud) - 1], strict=True)
    return [samples[loud[start] : loud[end] + 1].tobytes() for start, end in bounds]


HOURS, ORDER = said_by_caller()


class Mouth:
    """Sends a frame each 20 ms: what is to be said, else silence."""

    def __init__(self, send: Any, audio: AudioFormat) -> None:
        self.send, self.audio, self.waiting = send, audio, bytearray()
        self.width = 2 if audio.encoding == "l16" else 1
        self.silence = (b"\0\0" if self.width == 2 else b"\xff") * round(audio.rate * FRAME_SECONDS)
        self.task = asyncio.ensure_future(self.run())

    async def run(self) -> None:
        clock, number = asyncio.get_running_loop().time, 0
        began = clock()
        while True:
            size = len(self.silence)
            frame = bytes(self.waiting[:size])
            del self.waiting[:size]
            await self.send(frame + self.silence[len(frame) :])
            number += 1
            await asyncio.sleep(max(0.0, began + number * FRAME_SECONDS - clock()))

    def say(self, pcm: bytes) -> None:
        self.waiting += encode(pcm, self.audio.encoding)


@asynccontextmanager
async def caller(peer: Any, audio: AudioFormat) -> AsyncIterator[Mouth]:
    mouth = Mouth(peer.chunk if isinstance(peer, AudioCodes) else peer.socket.send, audio)
    try:
        yield mouth
    finally:
        mouth.task.cancel()


def segments(api: Api, vendor_id: str) -> list[Any]:
    call = api.call(vendor_id)
    return api.get(f"calls/{call['id']}/transcript/")["segments"]


async def said_by_bot(api: Api, vendor_id: str, words: str) -> Any:
    """The bot's sentence, once the caller has heard it."""

    def look() -> Any:
        return next((s for s in segments(api, vendor_id) if s["track"] == "bot" and words in s["text"]), None)

    return await asyncio.to_thread(wait_until, look, 30)


def loud_at(samples: np.ndarray[Any, Any], rate: int, start_ms: int, end_ms: int) -> float:
    piece = samples[start_ms * rate // 1000 : end_ms * rate // 1000].astype(float)
    return float(np.sqrt(np.mean(piece**2))) if len(piece) else 0.0


def check_recording(api: Api, vendor_id: str) -> None:
    """Left is the bot and right the caller, each where the transcript says."""
    [call] = api.get(f"calls/?callId={vendor_id}")["results"]
    with wave.open(io.BytesIO(api.recording(call, 20))) as file:
        rate = file.getframerate()
        both = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    for segment in segments(api, vendor_id):
        if segment["text"].startswith("[keys"):
            continue
        side = 0 if segment["track"] == "bot" else 1
        assert loud_at(both[:, side], rate, segment["startMs"], segment["endMs"]) > 300, segment
    first = next(s for s in segments(api, vendor_id) if s["track"] == "customer" and "[" not in s["text"])
    asked = next(s for s in segments(api, vendor_id) if "What can I do" in s["text"])
    assert asked["endMs"] <= first["startMs"] + 300


async def test_a_spoken_dialogue_with_keys_at_audiocodes(api: Api, make_profile: MakeProfile, menu: str) -> None:
    profile = make_profile("audiocodes", bot=menu)
    async with open_peer(AudioCodes, profile["socket"]) as peer:
        await peer.initiate("dialogue-a", ["raw/mulaw", "raw/lpcm16"])
        await peer.start()
        await peer.open_stream()
        async with caller(peer, AudioFormat("mulaw", 8000)) as mouth:
            await said_by_bot(api, "dialogue-a", "What can I do for you")
            mouth.say(HOURS)
            await said_by_bot(api, "dialogue-a", "nine to six")
            await peer.press("1")
            activity = await peer.activity("transfer", 15)
            assert activity["activityParams"]["transferTarget"] == "tel:+12025550123"
            await peer.say("session.end", reasonCode="transferred", reason="")
            played = audioop.ulaw2lin(peer.played(), 2)
    texts = [(s["track"], s["text"]) for s in segments(api, "dialogue-a")]
    assert ("customer", "[keys: 1]") in texts
    assert any(track == "customer" and "opening" in text for track, text in texts)
    heard = [text for track, text in texts if track == "bot"]
    assert heard[0] == "Welcome to Bright Shoes." and heard[-1].startswith("Somebody from our order desk")
    assert audioop.rms(played, 2) > 300
    await asyncio.to_thread(check_recording, api, "dialogue-a")
    [call] = api.get("calls/?callId=dialogue-a")["results"]
    [command] = api.get(f"calls/{call['id']}/commands/")["results"]
    assert (command["type"], command["state"], command["by"]) == ("transfer", "confirmed", "bot Shoes")
    audit = api.get(f"audit/?call={call['id']}")["results"]
    assert [entry["action"] for entry in audit if entry["action"].startswith("command.")] == ["command.transfer"]


def tone(key: str, seconds: float = 0.12) -> bytes:
    """A key of the telephone, 16-bit PCM at 8 kHz."""
    row, column = divmod("123456789*0#".index(key), 3)
    low, high = (697, 770, 852, 941)[row], (1209, 1336, 1477)[column]
    time = np.arange(round(seconds * 8000)) / 8000
    wave = np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)
    return (wave * 6000).astype("<i2").tobytes()


async def test_a_spoken_dialogue_with_keys_at_ringover(api: Api, make_profile: MakeProfile, menu: str) -> None:
    profile = make_profile("ringover", bot=menu)
    async with open_peer(Ringover, profile["socket"]) as peer:
        await peer.send({"call_id": "dialogue-r", "from": "33123456700"})
        async with caller(peer, AudioFormat("l16", 8000)) as mouth:
            await said_by_bot(api, "dialogue-r", "What can I do for you")
            mouth.say(tone("2"))
            await said_by_bot(api, "dialogue-r", "nine to six")
            mouth.say(ORDER)
            assert (await peer.event("transfer", 15))["data"] == 12025550123
    assert "[keys: 2]" in [segment["text"] for segment in segments(api, "dialogue-r")]
    await asyncio.to_thread(check_recording, api, "dialogue-r")
