"""Keys that a caller at Ringover presses: tones in the audio, for transcript and bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.audio.keypad import dial, pcm, silence
from tests.ingest.conftest import Api, wait_until
from tests.two_way.clients import AudioCodes, Ringover, open_peer, paced
from tests.two_way.conftest import MakeProfile

MENU = """
language: en-US
nodes:
  main:
    say: Press one for orders, or two for opening hours. Or say what you want. Please choose now.
    choices:
      orders: {key: 1, go: order}
      hours: {key: 2, go: order}
  order:
    say: Type your order number.
    digits: 4
    go: desk
  desk:
    say: One moment.
    transfer: "+1 202 555 {digits}"
"""


@pytest.fixture(scope="module")
def recognizer() -> str:
    return "pocketsphinx"  # it must make no words of tones


def segments(api: Api, vendor_id: str) -> list[Any]:
    [call] = api.get(f"calls/?callId={vendor_id}")["results"]
    return api.get(f"calls/{call['id']}/transcript/")["segments"]


async def seen(look: Callable[[], Any], seconds: float = 15) -> Any:
    return await asyncio.to_thread(wait_until, look, seconds)


@pytest.mark.parametrize("rate", [8000, 16000])
async def test_keys_are_in_the_transcript(api: Api, make_profile: MakeProfile, rate: int) -> None:
    profile = make_profile("ringover", options={"sampleRate": rate})
    async with open_peer(Ringover, profile["socket"]) as server:
        await server.send({"uuid": f"tones-{rate}"})
        wave = np.concatenate([dial("1", on=80, off=700, rate=rate), dial("900*#", on=300, off=120, rate=rate)])
        await paced(server.socket.send, pcm(np.concatenate([wave, silence(1500, rate)])), bytes_a_second=2 * rate)
    await seen(lambda: api.get(f"calls/?callId=tones-{rate}")["results"][0]["state"] == "ended")
    told = segments(api, f"tones-{rate}")
    assert [segment["text"] for segment in told] == [f"[keys: {key}]" for key in "1900*#"]
    assert {segment["track"] for segment in told} == {"customer"}
    starts = [100, 1080, 1500, 1920, 2340, 2760]
    assert all(abs(segment["startMs"] - start) <= 20 for segment, start in zip(told, starts, strict=True))


class Handset:
    """A caller who is silent until he presses keys."""

    def __init__(self, server: Ringover) -> None:
        self.server, self.waiting = server, bytearray()
        self.task = asyncio.ensure_future(self.send())

    async def send(self) -> None:
        while True:
            piece, self.waiting = self.waiting[:16_000], self.waiting[16_000:]
            await paced(self.server.socket.send, bytes(piece) or bytes(1600), bytes_a_second=16_000)

    def press(self, keys: str) -> None:
        self.waiting += pcm(dial(keys, on=90, off=90))


async def test_a_bot_is_led_by_keys(api: Api, make_profile: MakeProfile) -> None:
    """The first one breaks in on the greeting."""
    bot = api.post("bots/", {"name": "Keys", "kind": "menu", "document": MENU})["id"]
    profile = make_profile("ringover", bot=bot)
    async with open_peer(Ringover, profile["socket"]) as server:
        await server.send({"uuid": "tones-menu"})
        handset = Handset(server)
        await server.until(lambda message: message.get("type") == "streamAudio", 15)
        handset.press("1")
        await server.event("break")
        await seen(lambda: [s for s in segments(api, "tones-menu") if s["text"] == "Type your order number."])
        handset.press("0147")
        assert (await server.event("transfer", 15))["data"] == 12025550147
        handset.task.cancel()
    texts = [(segment["track"], segment["text"]) for segment in segments(api, "tones-menu")]
    assert [text for track, text in texts if track == "customer"] == [f"[keys: {key}]" for key in "10147"]
    assert not any(text.endswith("choose now.") for _, text in texts)


async def test_a_server_that_tells_keys_too_is_believed(api: Api, make_profile: MakeProfile) -> None:
    profile = make_profile("ringover")
    async with open_peer(Ringover, profile["socket"]) as server:
        await server.send({"uuid": "tones-told"})
        for keys in ("4", "2"):
            audio = np.concatenate([dial(keys, on=200, off=500), silence(300)])
            await paced(server.socket.send, pcm(audio), bytes_a_second=16_000)
            await server.send({"event": "dtmf", "digit": keys})
        await paced(server.socket.send, bytes(8000), bytes_a_second=16_000)
    await seen(lambda: api.get("calls/?callId=tones-told")["results"][0]["state"] == "ended")
    assert [segment["text"] for segment in segments(api, "tones-told")] == ["[keys: 4]", "[keys: 2]"]


async def test_a_profile_may_not_listen_for_keys(api: Api, make_profile: MakeProfile) -> None:
    profile = make_profile("ringover", recognizer="off", options={"dtmfTones": False})
    async with open_peer(Ringover, profile["socket"]) as server:
        await server.send({"uuid": "tones-off"})
        await paced(server.socket.send, pcm(dial("123", on=100, off=100)), bytes_a_second=16_000)
        await server.send({"event": "dtmf", "digit": "9"})
    told = await seen(lambda: segments(api, "tones-off"))
    assert [segment["text"] for segment in told] == ["[keys: 9]"]


async def test_audiocodes_tells_keys_itself(api: Api, make_profile: MakeProfile) -> None:
    profile = make_profile("audiocodes", recognizer="off")
    async with open_peer(AudioCodes, profile["socket"]) as platform:
        await platform.initiate("tones-ac", ["raw/lpcm16_8"])
        await platform.start()
        await platform.open_stream()
        await paced(platform.chunk, pcm(dial("123", on=100, off=100)), bytes_a_second=16_000)
        await platform.press("9")
        await platform.say("session.end", reasonCode="client-disconnected", reason="")
        await asyncio.wait_for(platform.socket.wait_closed(), 10)
    told = await seen(lambda: segments(api, "tones-ac"))
    assert [segment["text"] for segment in told] == ["[keys: 9]"]
