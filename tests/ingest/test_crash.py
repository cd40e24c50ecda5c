"""kill -9 in the middle of a call: nothing that was stored is lost, nothing stays live, nothing is left running."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
from websockets.exceptions import ConnectionClosed

from tests.ingest.client import begin, ringcx, talk
from tests.ingest.conftest import Api, wait_until
from tests.ingest.test_recording import decoded, sides
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
    sent: dict[str, bytes] = {}
    killed_at = 0.0

    async def call() -> None:
        with suppress(ConnectionClosed):
            async with ringcx(f"{hub.ws_url}/") as socket:
                await begin(socket, callId="killed")
                sent["agent"], sent["customer"] = b"", b""
                for part in range(20):
                    agent, customer = await talk(socket, 0.5, first=part * 25 + 1, seed=part * 2)
                    sent["agent"] += agent
                    sent["customer"] += customer

    calling = asyncio.create_task(call())
    await asyncio.sleep(4)
    assert (await asyncio.to_thread(api.call, "killed"))["state"] == "live"
    killed_at = time.monotonic()
    heard = len(sent["agent"])
    hub.kill()
    await asyncio.to_thread(wait_until, lambda: not processes_of(hub), 5)
    await calling

    hub.start()  # the same port and data, at once
    ended = await asyncio.to_thread(api.wait_for, "killed", lambda c: c["state"] != "live", 30)
    assert time.monotonic() - killed_at < 35
    assert ended["state"] == "interrupted"
    assert ended["streams"][0]["state"] == "interrupted"
    assert (await asyncio.to_thread(api.get, "calls/?state=live"))["results"] == []
    left, right = sides(await asyncio.to_thread(api.recording, ended))
    assert len(left) >= heard - 8000
    assert np.array_equal(left, decoded(sent["agent"])[: len(left)])
    assert np.array_equal(right, decoded(sent["customer"])[: len(right)])


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
