"""kill -9 in the middle of a call: nothing that was stored is lost, nothing stays live, nothing is left running."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from websockets.exceptions import ConnectionClosed

from tests.ingest.client import FRAME, begin, media, ringcx, send_at, talk
from tests.ingest.conftest import Api, wait_until
from tests.ingest.recordings import is_beginning, sides
from tests.server import HubServer


def processes_of(hub: HubServer) -> list[int]:
    """Every process that carries this hub's data directory in its environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"HUB_DATA_DIR={hub.data}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return [pid for pid in found if pid != os.getpid()]


async def test_a_killed_server(hub: HubServer, api: Api) -> None:
    calling = asyncio.create_task(call_until_cut(hub))
    await asyncio.sleep(4)
    assert (await asyncio.to_thread(api.call, "killed"))["state"] == "live"
    killed_at = time.monotonic()
    hub.kill()
    await asyncio.to_thread(wait_until, lambda: not processes_of(hub), 5)
    begun_at, agent, customer = await calling
    heard = round((killed_at - begun_at) * 8000)

    hub.start()  # the same port and data, at once
    ended = await asyncio.to_thread(api.wait_for, "killed", lambda c: c["state"] != "live", 30)
    assert time.monotonic() - killed_at < 35
    assert ended["state"] == "interrupted"
    assert ended["streams"][0]["state"] == "interrupted"
    assert (await asyncio.to_thread(api.get, "calls/?state=live"))["results"] == []
    left, right = sides(await asyncio.to_thread(api.recording, ended))
    assert len(left) >= heard - 8000
    assert is_beginning(left, agent) and is_beginning(right, customer)


async def call_until_cut(hub: HubServer) -> tuple[float, bytes, bytes]:
    """When the audio began, and all that would have been sent."""
    dice = random.Random(1)
    agent, customer = dice.randbytes(500 * FRAME), dice.randbytes(500 * FRAME)
    begun_at = 0.0
    with suppress(ConnectionClosed):
        async with ringcx(f"{hub.ws_url}/") as socket:
            await begin(socket, callId="killed")
            messages = []
            for index in range(500):
                piece = slice(index * FRAME, (index + 1) * FRAME)
                messages.append((index * 0.02, media("Participant", index, agent[piece])))
                messages.append((index * 0.02, media("Conference", index, customer[piece])))
            begun_at = time.monotonic()
            await send_at(socket, messages)
    return begun_at, agent, customer


async def test_stored_segments_outlive_a_kill(hub: HubServer, api: Api) -> None:
    profile = await asyncio.to_thread(
        api.post, "profiles/", {"productType": "QUEUE", "productId": 77, "recognizer": "scripted"}
    )
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="words", productId=77)
        await talk(socket, 6)
        call = await asyncio.to_thread(api.call, "words")
        before = (await asyncio.to_thread(api.get, f"calls/{call['id']}/transcript/"))["segments"]
        assert before
        hub.kill()
    hub.start()
    after = (await asyncio.to_thread(api.get, f"calls/{call['id']}/transcript/"))["segments"]
    assert after[: len(before)] == before
    assert profile["recognizer"] == "scripted"


async def test_the_port_taken_is_said_clearly(hub: HubServer) -> None:
    second = await asyncio.to_thread(hub.manage, "serve", check=False)
    assert second.returncode != 0
    assert "Is a hub already running?" in second.stderr
    assert isinstance(second, subprocess.CompletedProcess)
