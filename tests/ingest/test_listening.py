"""Listening to a live call over a real hub: what goes in comes out, to those who may, while they listen.

Where there is Redis, the listeners are at another process than the stream."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.ingest.client import begin, ringcx, stop, talk
from tests.ingest.conftest import Api, wait_until
from tests.ingest.test_commands_between_processes import web_process
from tests.server import HubServer

AGENT, CUSTOMER = 0, 1
LATE_SECONDS = 1.0


@pytest.fixture(scope="module")
def listening_url(hub: HubServer) -> Iterator[str]:
    with elsewhere(hub) as url:
        yield url.replace("http", "ws", 1)


@contextmanager
def elsewhere(hub: HubServer) -> Iterator[str]:
    if not os.environ.get("REDIS_URL"):
        yield hub.url
        return
    with web_process(hub) as url:
        yield url


@asynccontextmanager
async def listener(url: str, api: Api, call: Any) -> Any:
    headers = {"Authorization": f"Bearer {api.key}"}
    async with connect(f"{url}/ws/calls/{call['id']}/listen/", additional_headers=headers, max_queue=None) as socket:
        yield socket


async def heard(socket: ClientConnection, count: int) -> list[tuple[float, int, int, bytes]]:
    """When, track, start and audio of the next pieces."""
    pieces = []
    async with asyncio.timeout(15):
        while len(pieces) < count:
            data = await socket.recv()
            assert isinstance(data, bytes) and len(data) == 805
            track, start_ms = struct.unpack_from("<BI", data)
            pieces.append((asyncio.get_running_loop().time(), track, start_ms, data[5:]))
    return pieces


def audit(api: Api, call: Any) -> list[Any]:
    entries: list[Any] = api.get(f"audit/?call={call['id']}")["results"]
    return [entry for entry in reversed(entries) if entry["action"].startswith("call.listen")]


async def test_both_tracks_come_as_they_went_in(hub: HubServer, api: Api, listening_url: str) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="listened")
        began = asyncio.get_running_loop().time()
        talking = asyncio.create_task(talk(socket, 7))
        call = await asyncio.to_thread(api.call, "listened")
        async with listener(listening_url, api, call) as first, listener(listening_url, api, call) as second:
            pieces, same = await asyncio.gather(heard(first, 40), heard(second, 40))
            agent, customer = await talking
            await stop(socket)
            for each in (first, second):
                with pytest.raises(ConnectionClosed):
                    while True:
                        await asyncio.wait_for(each.recv(), 10)
                assert each.close_code == 1000
    for track, sent in ((AGENT, agent), (CUSTOMER, customer)):
        mine = [(at, start, audio) for at, of, start, audio in pieces if of == track]
        assert len(mine) > 10
        places = [sent.find(audio) for _, _, audio in mine]
        assert places == list(range(places[0], places[0] + 800 * len(mine), 800)) and places[0] >= 0
        starts = [start for _, start, _ in mine]
        assert starts == list(range(starts[0], starts[0] + 100 * len(mine), 100))
        assert abs(starts[0] - places[0] / 8) <= 40
        lateness = sorted(at - (began + place / 8000 + 0.1) for (at, _, _), place in zip(mine, places, strict=True))
        assert lateness[len(lateness) // 2] < LATE_SECONDS, lateness
    assert {(t, s) for _, t, s, _ in pieces} & {(t, s) for _, t, s, _ in same}
    entries = await asyncio.to_thread(wait_until, lambda: (e := audit(api, call)) and len(e) == 4 and e, 10)
    assert [entry["action"] for entry in entries] == ["call.listen"] * 2 + ["call.listen_end"] * 2
    assert all(1 < entry["detail"]["seconds"] < 30 for entry in entries[2:])
    assert {e["detail"]["began"] for e in entries[2:]} == {e["id"] for e in entries[:2]}


async def test_a_stream_that_joins_is_heard_too(hub: HubServer, api: Api, listening_url: str) -> None:
    """A transfer brings a second connection for the same call."""
    async with ringcx(f"{hub.ws_url}/") as first:
        await begin(first, callId="moved", sessionId=2)
        talking = asyncio.create_task(talk(first, 4))
        call = await asyncio.to_thread(api.call, "moved")
        async with listener(listening_url, api, call) as socket:
            await heard(socket, 4)
            async with ringcx(f"{hub.ws_url}/") as second:
                await begin(second, callId="moved", sessionId=3)
                after = asyncio.create_task(talk(second, 7, seed=7))
                await talking
                await stop(first)
                sent = await after
                pieces = await heard(socket, 160)
                await stop(second)
    # Of the customer, whom both streams hear, the first stream's counts while it lasts.
    places = [(track, start, sent[track].find(audio)) for _, track, start, audio in pieces]
    moved = {track: [start for of, start, place in places if of == track and place >= 0] for track in (AGENT, CUSTOMER)}
    assert len(moved[AGENT]) > 10 and len(moved[CUSTOMER]) > 5
    assert moved[AGENT][0] < moved[CUSTOMER][0]


async def test_who_may_not_is_refused(hub: HubServer, api: Api, listening_url: str) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="private")
        talking = asyncio.create_task(talk(socket, 2))
        call = await asyncio.to_thread(api.call, "private")
        reader = (await asyncio.to_thread(hub.manage, "create_api_key", "reader", "--scope", "read")).stdout.strip()
        refused = [(call["id"], reader, 403), ("01939f9e-0000-7000-8000-000000000000", api.key, 404)]
        refused += [(call["id"], "nonsense", 401)]
        for call_id, key, status in refused:
            headers = {"Authorization": f"Bearer {key}"}
            with pytest.raises(InvalidStatus) as refusal:
                async with connect(f"{listening_url}/ws/calls/{call_id}/listen/", additional_headers=headers):
                    pass
            assert refusal.value.response.status_code == status
        await talking
        await stop(socket)
    await asyncio.to_thread(api.wait_for, "private", lambda c: c["state"] == "ended")
    with pytest.raises(InvalidStatus) as refusal:
        async with listener(listening_url, api, call):
            pass
    assert refusal.value.response.status_code == 409
    assert audit(api, call) == []
