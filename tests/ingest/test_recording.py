"""What is sent over a real socket is what the recording holds, sample by sample."""

from __future__ import annotations

import asyncio
import random

import numpy as np
import pytest

from tests.ingest.client import FRAME, begin, media, ringcx, send_at, stop, talk
from tests.ingest.conftest import Api
from tests.ingest.recordings import decoded, is_whole, sides
from tests.server import HubServer


async def test_both_sides_are_recorded_exactly(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="plain")
        agent, customer = await talk(socket, 3)
        await stop(socket)
    left, right = sides(await asyncio.to_thread(api.recording, await asyncio.to_thread(api.call, "plain")))
    assert is_whole(left, agent) and is_whole(right, customer)


@pytest.mark.parametrize("size", [40, 160, 333, 1600])
async def test_with_loss_reordering_and_duplicates(hub: HubServer, api: Api, size: int) -> None:
    dice = random.Random(size)
    count, step = round(6 * 8000 / size), size / 8000
    call_id, messages = f"rough-{size}", []
    expected: dict[str, bytes] = {}
    counted: dict[str, dict[str, int]] = {}
    for perspective, track in (("Participant", "agent"), ("Conference", "customer")):
        audio = dice.randbytes(count * size)
        sheet = bytearray(audio)
        lost = duplicates = 0
        for index in range(count):
            piece = slice(index * size, (index + 1) * size)
            if 0 < index < count - 1 and dice.random() < 0.02:
                sheet[piece] = b"\xff" * size
                lost += 1
                continue
            at = index * step + (dice.uniform(0.02, 0.1) if dice.random() < 0.05 else 0)
            messages.append((at, media(perspective, str(index + 1), audio[piece])))
            if dice.random() < 0.01:
                messages.append((at + 0.01, media(perspective, str(index + 1), audio[piece])))
                duplicates += 1
        expected[track] = bytes(sheet)
        counted[track] = {"lost": lost, "duplicates": duplicates, "frames": count - lost}
    async with ringcx(f"{hub.ws_url}/ws/ringcx/") as socket:
        await begin(socket, callId=call_id)
        await send_at(socket, messages)
        await stop(socket)
    call = await asyncio.to_thread(api.wait_for, call_id, lambda c: c["state"] == "ended")
    left, right = sides(await asyncio.to_thread(api.recording, call))
    assert is_whole(left, expected["agent"]) and is_whole(right, expected["customer"])
    for track, counts in counted.items():
        assert call["streams"][0]["tracks"][track].items() >= counts.items()
        assert call["streams"][0]["tracks"][track]["late"] == 0


async def test_a_transfer_joins_the_call_on_one_timeline(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/") as first:
        await begin(first, callId="moved", sessionId=2, agentId=1)
        agent_one, customer_one = await talk(first, 2)
        await stop(first)
    await asyncio.sleep(0.3)
    async with ringcx(f"{hub.ws_url}/") as second:
        await begin(second, callId="moved", sessionId=3, agentId=7)
        agent_two, customer_two = await talk(second, 2, seed=9)
        await stop(second)
    call = await asyncio.to_thread(api.wait_for, "moved", lambda c: c["state"] == "ended" and len(c["streams"]) == 2)
    assert call["agentId"] == "7"
    offset = call["streams"][1]["offsetMs"] * 8
    assert offset >= 2 * 8000
    left, right = sides(await asyncio.to_thread(api.recording, call))
    assert is_whole(left[:offset], agent_one) and is_whole(right[:offset], customer_one)
    assert is_whole(left[offset:], agent_two) and is_whole(right[offset:], customer_two)
    status, body = await asyncio.to_thread(
        api.request, "GET", f"calls/{call['id']}/recording/?stream={call['streams'][0]['id']}"
    )
    assert status == 200
    assert is_whole(sides(body)[1], customer_one)


async def test_frames_that_have_no_sequence(hub: HubServer, api: Api) -> None:
    audio = random.Random(5).randbytes(50 * FRAME)
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="unnumbered")
        await send_at(
            socket, [(i * 0.02, media("Conference", None, audio[i * FRAME : (i + 1) * FRAME])) for i in range(50)]
        )
        await stop(socket)
    _, right = sides(await asyncio.to_thread(api.recording, await asyncio.to_thread(api.call, "unnumbered")))
    assert np.array_equal(right, decoded(audio))
