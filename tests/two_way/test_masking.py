"""A card number that a caller types: neither read nor heard afterwards."""

from __future__ import annotations

import asyncio
import io
import wave
from typing import Any

import numpy as np

from calls.audio.dtmf import DtmfDetector
from tests.audio.keypad import dial, pcm, silence
from tests.ingest.conftest import Api, wait_until
from tests.two_way.clients import AudioCodes, Ringover, open_peer, paced
from tests.two_way.conftest import MakeProfile

CARD = "4111111111111111"


def transcript(api: Api, vendor_id: str) -> list[str]:
    [call] = api.get(f"calls/?callId={vendor_id}")["results"]
    return [segment["text"] for segment in api.get(f"calls/{call['id']}/transcript/")["segments"]]


def ended(api: Api, vendor_id: str) -> Any:
    return wait_until(
        lambda: next((c for c in api.get(f"calls/?callId={vendor_id}")["results"] if c["state"] == "ended"), None), 20
    )


def keys_in(recording: bytes, side: int) -> str:
    with wave.open(io.BytesIO(recording)) as file:
        assert file.getframerate() == 8000
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)[:, side]
    return "".join(press.key for press in DtmfDetector().feed(samples.tobytes()))


async def test_tones_of_a_card_number(api: Api, make_profile: MakeProfile) -> None:
    heard = {}
    for mask in (False, True):
        profile = make_profile("ringover", options={"sampleRate": 8000}, mask=mask)
        number = f"typed-{mask}"
        async with open_peer(Ringover, profile["socket"]) as server:
            await server.send({"uuid": number})
            typed = np.concatenate([dial("7", on=100, off=900, rate=8000), dial(CARD, on=90, off=90, rate=8000)])
            audio = np.concatenate([silence(2000, 8000), typed, silence(1500, 8000)])
            await paced(server.socket.send, pcm(audio), bytes_a_second=16000)
        call = await asyncio.to_thread(ended, api, number)
        recording = await asyncio.to_thread(api.recording, call, 40)
        heard[mask] = keys_in(recording, 1)
        texts = transcript(api, number)
        if mask:
            assert texts == ["[keys: 7]", *["[keys: •]"] * 16]
        else:
            assert texts == [f"[keys: {key}]" for key in f"7{CARD}"]
    assert heard == {False: f"7{CARD}", True: "7"}


async def test_keys_that_the_vendor_tells(api: Api, make_profile: MakeProfile) -> None:
    profile = make_profile("audiocodes", mask=["card"])
    async with open_peer(AudioCodes, profile["socket"]) as line:
        await line.initiate("told-keys", ["raw/mulaw"])
        for key in f"{CARD}#":
            await line.say("activities", activities=[{"type": "event", "name": "DTMF", "value": key}])
        await asyncio.sleep(0.5)
        await line.say("session.end", reason="done")
    await asyncio.to_thread(ended, api, "told-keys")
    texts = await asyncio.to_thread(transcript, api, "told-keys")
    assert texts == ["[keys: •]"] * 16 + ["[keys: #]"]
