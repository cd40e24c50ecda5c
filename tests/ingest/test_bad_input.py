"""Whatever a connection sends, it harms nobody else, and what was wrong is counted or said."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.ingest.client import FRAME, METADATA, begin, media, ringcx, send, stop, talk
from tests.ingest.conftest import Api
from tests.ingest.recordings import is_whole, sides
from tests.server import HubServer

AUDIO = bytes(range(160))


@pytest.fixture
async def bystander(hub: HubServer, api: Api, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Another call that goes on meanwhile, and must be recorded whole."""
    call_id = f"bystander-{request.node.name}"[:150]

    async def go_on() -> tuple[bytes, bytes]:
        async with ringcx(f"{hub.ws_url}/") as socket:
            await begin(socket, callId=call_id)
            sent = await talk(socket, 2)
            await stop(socket)
        return sent

    task = asyncio.create_task(go_on())
    await asyncio.sleep(0.3)
    yield
    agent, customer = await task
    call = await asyncio.to_thread(api.wait_for, call_id, lambda c: c["state"] == "ended")
    left, right = sides(await asyncio.to_thread(api.recording, call))
    assert is_whole(left, agent) and is_whole(right, customer)


NOISE: dict[str, list[Any]] = {
    "bad_json": ["", "{", "nonsense", "[1,2", '{"event":', "\x00", '{"event":"Media","media":'],
    "not_an_object": ["1", "null", "[]", '"Media"', "true"],
    "unknown_event": ['{"event":"Mark"}', '{"event":null}', "{}", '{"event":["Media"]}'],
    "unknown_perspective": [media("Supervisor", "1", AUDIO), '{"event":"Media","perspective":7,"media":"AAAA"}'],
    "bad_audio": ['{"event":"Media","perspective":"Participant","sequenceId":"1","media":"!!!"}'],
    "binary_frame": [b"\x00" * 160, b"", os.urandom(1000)],
}


async def test_each_kind_of_noise_is_counted(hub: HubServer, api: Api, bystander: None) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="noise")
        for index in range(5):
            await socket.send(media("Participant", index + 1, AUDIO))
            for messages in NOISE.values():
                for message in messages:
                    await socket.send(message)
        await stop(socket)
    call = await asyncio.to_thread(api.wait_for, "noise", lambda c: c["state"] == "ended")
    stream = call["streams"][0]
    assert stream["tracks"]["agent"]["frames"] == 5
    for reason, messages in NOISE.items():
        assert stream["ignored"][reason] == 5 * len(messages), reason


async def test_ten_thousand_random_frames(hub: HubServer, api: Api, bystander: None) -> None:
    dice = random.Random(1)
    pieces = [
        "{",
        "}",
        '"event"',
        ":",
        '"Media"',
        '"Start"',
        '"Stop"',
        "null",
        "1e999",
        "[",
        "]",
        ",",
        '"media"',
        "\ud7ff",
        "\\u0000",
    ]
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="random")
        for number in range(10_000):
            match number % 3:
                case 0:
                    await socket.send(dice.randbytes(dice.randrange(400)))
                case 1:
                    await socket.send("".join(dice.choices(pieces, k=dice.randrange(1, 40))))
                case _:
                    value = {
                        "event": dice.choice(["Media", "Start", "Connected", 7]),
                        "metadata": dice.choice([None, [], 5, "x"]),
                    }
                    await socket.send(json.dumps(value | {dice.choice("abc"): dice.random()}))
        await stop(socket)
    call = await asyncio.to_thread(api.wait_for, "random", lambda c: c["state"] == "ended")
    assert sum(call["streams"][0]["ignored"].values()) > 6000


@pytest.mark.parametrize("message", ["x" * 300_000, b"x" * 300_000, "[" * 200_000], ids=["text", "binary", "nested"])
async def test_an_oversized_message_closes_with_1009_or_is_counted(
    hub: HubServer, api: Api, bystander: None, message: Any
) -> None:
    call_id = f"big-{message[:1]!r}-{type(message).__name__}"
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId=call_id)
        await talk(socket, 0.2)
        await socket.send(message)
        if len(message) > 256 * 1024:
            with pytest.raises(ConnectionClosed) as caught:
                await asyncio.wait_for(socket.recv(), 5)
            assert caught.value.rcvd is not None and caught.value.rcvd.code == 1009
        else:
            await stop(socket)
    call = await asyncio.to_thread(api.wait_for, call_id, lambda c: c["state"] == "ended")
    assert call["streams"][0]["tracks"]["agent"]["frames"] == 10


async def test_media_before_start_is_kept(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await socket.send(media("Participant", "1", AUDIO))
        await begin(socket, callId="early")
        await socket.send(media("Participant", "2", AUDIO))
        await stop(socket)
    call = await asyncio.to_thread(api.wait_for, "early", lambda c: c["state"] == "ended")
    assert call["streams"][0]["tracks"]["agent"]["frames"] == 2


async def test_stop_without_start_or_media(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await stop(socket)
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="nothing-said")
        await stop(socket)
    call = await asyncio.to_thread(api.wait_for, "nothing-said", lambda c: c["state"] == "ended")
    status, body = await asyncio.to_thread(api.request, "GET", f"calls/{call['id']}/recording/")
    assert status in (404, 409), body


async def test_media_after_the_first_stop_still_counts(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="two-stops")
        agent, _ = await talk(socket, 0.5)
        await stop(socket, times=1)
        await socket.send(media("Conference", "26", AUDIO))
        await stop(socket, times=1)
        await socket.send(media("Conference", "27", AUDIO))
        await asyncio.sleep(0.3)
    call = await asyncio.to_thread(api.wait_for, "two-stops", lambda c: c["state"] == "ended")
    stream = call["streams"][0]
    assert stream["tracks"]["customer"]["frames"] == 26
    assert stream["end"] == {"duration": 1, "endTime": "2026-01-14T00:00:00Z"}
    assert len(agent) == 25 * FRAME


async def test_no_stop_at_all_waits_for_the_grace(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="dropped")
        await talk(socket, 0.3)
        socket.transport.abort()
    call = await asyncio.to_thread(api.wait_for, "dropped", lambda c: c["streams"][0]["state"] == "ended")
    assert call["state"] == "live"
    assert call["streams"][0]["closeCode"] == 1006
    ended = await asyncio.to_thread(api.wait_for, "dropped", lambda c: c["state"] == "ended", 8)
    assert ended["endedAt"]


async def test_a_retried_connection_supersedes_the_first(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/") as first:
        await begin(first, callId="retried")
        await talk(first, 0.3)
        async with ringcx(f"{hub.ws_url}/") as second:
            await begin(second, callId="retried")
            with pytest.raises(ConnectionClosed) as caught:
                await asyncio.wait_for(first.recv(), 5)
            assert caught.value.rcvd is not None and caught.value.rcvd.code == 1000
            await talk(second, 0.3)
            await stop(second)
    call = await asyncio.to_thread(api.wait_for, "retried", lambda c: c["state"] == "ended")
    assert len(call["streams"]) == 2


async def test_strings_and_numbers_for_ids(hub: HubServer, api: Api) -> None:
    metadata = {
        "callId": 77, "sessionId": "3", "agentId": "9", "productId": "1234", "productType": "qUEUE", "sampleRateHertz": "8000",
    }  # fmt: skip
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, **metadata)
        await socket.send(media("Participant", 1, AUDIO))
        await socket.send(media("Participant", "2", AUDIO))
        await stop(socket)
    call = await asyncio.to_thread(api.wait_for, "77", lambda c: c["state"] == "ended")
    assert (call["productType"], call["productId"], call["agentId"]) == ("QUEUE", "1234", "9")
    assert call["streams"][0]["tracks"]["agent"]["frames"] == 2


async def test_nothing_is_said_for_too_long(hub: HubServer) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await send(socket, {"event": "Connected"})
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(socket.recv(), 15)
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "no_start")


async def test_a_flood_of_changed_starts(hub: HubServer, api: Api, bystander: None) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="restless")
        for number in range(4000):
            await send(socket, {"event": "Start", "metadata": METADATA | {"callId": "restless", "ani": str(number)}})
        await stop(socket)
    call = await asyncio.to_thread(api.wait_for, "restless", lambda c: c["state"] == "ended")
    assert call["from"] is not None


async def test_audio_of_a_call_that_is_never_named_is_bounded(hub: HubServer) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        for number in range(3000):
            await socket.send(media("Participant", number, bytes(4000)))
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(socket.recv(), 15)
    assert caught.value.rcvd is not None and caught.value.rcvd.reason == "no_start"


async def test_a_peer_that_leaves_before_it_is_answered(hub: HubServer, api: Api, bystander: None) -> None:
    """The session looks a resumed call up and answers to nobody: nothing of that is an error."""
    profile = await asyncio.to_thread(api.post, "profiles/", {"vendor": "audiocodes", "name": "Leaving"})
    for number in range(20):
        async with connect(f"{hub.ws_url}/ws/audiocodes/{profile['slug']}/") as socket:
            await socket.send(json.dumps({"type": "session.resume", "conversationId": f"left-{number}"}))
            socket.transport.abort()
    async with connect(f"{hub.ws_url}/ws/audiocodes/{profile['slug']}/") as socket:
        await socket.send(json.dumps({"type": "session.resume", "conversationId": "stays"}))
        assert json.loads(await asyncio.wait_for(socket.recv(), 10))["type"] == "session.accepted"
