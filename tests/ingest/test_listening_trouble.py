"""Listening when something is in its way: a listener that doesn't keep up, a right that is taken, a stream that breaks
off and is resumed. Where there is Redis, the listeners are at another process than the stream."""

from __future__ import annotations

import asyncio
import random
import socket as sockets
import struct
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.ingest.client import FRAME, begin, media, ringcx, stop, talk
from tests.ingest.conftest import Api, wait_until
from tests.ingest.test_listening import AGENT, CUSTOMER, audit, heard, listener, listening_url  # noqa: F401
from tests.server import HubServer
from tests.two_way.clients import AudioCodes, open_peer, paced

SECRET = "s3cret"


async def hurry(socket: ClientConnection, times: float) -> None:
    """Streams noise on both perspectives, so many times as fast as it would be spoken, until it is cancelled."""
    chance = random.Random(3)
    clock = asyncio.get_running_loop().time
    began, number = clock(), 0
    while True:
        number += 1
        for perspective in ("Participant", "Conference"):
            await socket.send(media(perspective, str(number), chance.randbytes(FRAME)))
        if (early := began + number * 0.02 / times - clock()) > 0:
            await asyncio.sleep(early)


def small_socket(url: str) -> sockets.socket:
    """Whose system takes in only a little that nobody reads."""
    place = urlsplit(url)
    found = sockets.socket()
    found.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    found.connect((place.hostname, place.port))
    found.setblocking(False)
    return found


async def drain(socket: ClientConnection, heard: list[float]) -> None:
    """Reads on and on; notes when something came."""
    async for _ in socket:
        heard.append(asyncio.get_running_loop().time())


async def test_a_slow_listener_is_closed_alone(hub: HubServer, api: Api, listening_url: str) -> None:  # noqa: F811
    headers = {"Authorization": f"Bearer {api.key}"}
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="slow")
        talking = asyncio.create_task(hurry(socket, 4))
        call = await asyncio.to_thread(api.call, "slow")
        address = f"{listening_url}/ws/calls/{call['id']}/listen/"
        async with (
            listener(listening_url, api, call) as quick,
            connect(address, additional_headers=headers, sock=small_socket(listening_url), max_queue=None) as slow,
        ):
            slow.transport.pause_reading()
            came: list[float] = []
            reading = asyncio.create_task(drain(quick, came))
            ended = await asyncio.to_thread(
                wait_until, lambda: [e for e in audit(api, call) if e["action"] == "call.listen_end"], 120
            )
            assert len(ended) == 1 and not reading.done()
            count = len(came)
            await asyncio.to_thread(wait_until, lambda: len(came) > count, 10)  # whoever keeps up hears on
            slow.transport.resume_reading()
            with pytest.raises(ConnectionClosed):
                while True:
                    await asyncio.wait_for(slow.recv(), 10)
            assert slow.close_code in (1013, 1006)  # the closing frame, unless the connection was cut meanwhile
            async with listener(listening_url, api, call) as again:
                pieces = await heard(again, 4)
                missed = min(start for _, _, start, _ in pieces)
            assert missed > 4 * 1000 * ended[0]["detail"]["seconds"] / 2  # it comes back to the present
            reading.cancel()
        talking.cancel()
        await stop(socket)


async def test_listening_ends_when_the_right_is_taken(
    hub: HubServer,
    api: Api,
    listening_url: str,  # noqa: F811
) -> None:
    key = await asyncio.to_thread(api.post, "api-keys/", {"name": "listener", "scope": "control"})
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="taken")
        talking = asyncio.create_task(talk(socket, 40))
        call = await asyncio.to_thread(api.call, "taken")
        address = f"{listening_url}/ws/calls/{call['id']}/listen/"
        headers = {"Authorization": f"Bearer {key['key']}"}
        async with listener(listening_url, api, call) as kept, connect(address, additional_headers=headers) as taken:
            await heard(taken, 4)
            came: list[float] = []
            reading = asyncio.create_task(drain(kept, came))
            status, _ = await asyncio.to_thread(api.request, "DELETE", f"api-keys/{key['id']}/")
            assert status == 204
            with pytest.raises(ConnectionClosed):
                while True:
                    await asyncio.wait_for(taken.recv(), 15)
            assert taken.close_code == 1008
            count = len(came)
            await asyncio.to_thread(wait_until, lambda: len(came) > count, 10)  # others go on
            reading.cancel()
            with pytest.raises(InvalidStatus) as refusal:
                async with connect(address, additional_headers=headers):
                    pass
            assert refusal.value.response.status_code == 401
            entries = await asyncio.to_thread(
                wait_until, lambda: [e for e in audit(api, call) if e["action"] == "call.listen_end"], 10
            )
            assert len(entries) == 1
        talking.cancel()
        await stop(socket)


async def test_a_resumed_stream_is_heard_by_whoever_listened_before(
    hub: HubServer,
    api: Api,
    listening_url: str,  # noqa: F811
) -> None:
    options = {"resumeSeconds": 30}
    await asyncio.to_thread(
        api.post,
        "profiles/",
        {"vendor": "audiocodes", "slug": "resumed", "name": "Resumed", "secret": SECRET, "options": options},
    )
    url = f"{hub.ws_url}/ws/audiocodes/resumed/"
    before, after = (random.Random(seed).randbytes(8000 * 40) for seed in (11, 12))
    async with open_peer(AudioCodes, url, SECRET) as peer:
        await peer.initiate("resumed", ["raw/mulaw"])
        await peer.start()
        await peer.open_stream()
        speaking = asyncio.create_task(paced(peer.chunk, before, bytes_a_second=8000))
        call = await asyncio.to_thread(api.call, "resumed")
        async with listener(listening_url, api, call) as socket:
            first = await heard(socket, 8)
            speaking.cancel()
            peer.drop()
            await asyncio.to_thread(api.wait_for, "resumed", lambda call: call["streams"][0]["state"] == "ended", 20)
            async with open_peer(AudioCodes, url, SECRET) as again:
                again.conversation_id = "resumed"
                await again.say("session.resume")
                await again.until(lambda message: message["type"] == "session.accepted")
                await again.open_stream()
                speaking = asyncio.create_task(paced(again.chunk, after, bytes_a_second=8000))
                pieces = []
                async with asyncio.timeout(30):
                    while sum(after.find(audio) >= 0 for _, audio in pieces) < 8:
                        data = await socket.recv()
                        pieces.append((struct.unpack_from("<BI", data), data[5:]))
                speaking.cancel()
    assert {track for _, track, _, _ in first} <= {AGENT, CUSTOMER}
    assert all(before.find(audio) >= 0 for _, _, _, audio in first)
    resumed = [(start, after.find(audio)) for (_, start), audio in pieces if after.find(audio) >= 0]
    assert [place for _, place in resumed] == list(range(resumed[0][1], resumed[0][1] + 800 * len(resumed), 800))
    assert resumed[0][0] > first[-1][2]  # on the call's own timeline
