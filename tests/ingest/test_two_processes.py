"""The second way to run: two server processes on PostgreSQL and Redis, background work by Celery."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.asyncio.client import connect

from tests.ingest.client import begin, ringcx, stop, talk
from tests.ingest.conftest import Api
from tests.ingest.recordings import is_whole, sides
from tests.server import ROOT, HubServer


@contextmanager
def celery(hub: HubServer, *arguments: str) -> Iterator[None]:
    with open(hub.data / f"celery-{arguments[0]}.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "hub", *arguments],
            cwd=ROOT,
            env=hub.environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def environment() -> dict[str, str]:
    return {"CELERY_BROKER_URL": os.environ["REDIS_URL"].rpartition("/")[0] + "/1", "HUB_CALL_GRACE_SECONDS": "2"}


async def test_a_call_in_one_process_is_seen_and_finished_by_others() -> None:
    with HubServer(environment=environment(), command=("serve", "--workers", "2")) as hub:
        api = Api(hub)
        api.post("profiles/", {"productType": "QUEUE", "productId": 1234, "recognizer": "scripted"})
        with celery(hub, "worker", "--pool", "solo", "-l", "info"), celery(hub, "beat", "-s", str(hub.data / "beat")):
            async with ringcx(f"{hub.ws_url}/") as socket:
                await begin(socket, callId="shared")
                talking = asyncio.create_task(talk(socket, 6))
                call = await asyncio.to_thread(api.call, "shared")
                # Several watchers spread over both processes; each sees the same events.
                heard = await asyncio.gather(*(watch(hub, api, call["id"]) for _ in range(6)))
                agent, customer = await talking
                await stop(socket)
            assert all(any(e["type"] == "segment.final" for e in events) for events in heard)
            for events in heard:
                numbers = [event["seq"] for event in events]
                assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            ended = await asyncio.to_thread(api.wait_for, "shared", lambda c: c["state"] == "ended")
            left, right = sides(await asyncio.to_thread(api.recording, ended, 20))
        assert is_whole(left, agent) and is_whole(right, customer)
        assert "Traceback" not in hub.log


async def watch(hub: HubServer, api: Api, call_id: str) -> list[dict[str, object]]:
    """The snapshot and what follows it in three seconds."""
    events = []
    headers = {"Authorization": f"Bearer {api.key}"}
    async with connect(f"{hub.ws_url}/ws/calls/{call_id}/", additional_headers=headers) as socket:
        async with asyncio.timeout(4):
            while len(events) < 2 or events[-1]["type"] != "segment.final":
                events.append(json.loads(await socket.recv()))
    assert events[0]["type"] == "snapshot"
    return events


async def test_work_is_not_lost_with_the_broker() -> None:
    """Rows are the memory: with a broker that nobody can reach, calls go on and a later sweep finishes them."""
    with HubServer(environment=environment() | {"CELERY_BROKER_URL": "redis://127.0.0.1:1/0"}) as hub:
        api = Api(hub)
        api.post("profiles/", {"productType": "QUEUE", "productId": 1234})
        async with ringcx(f"{hub.ws_url}/") as socket:
            await begin(socket, callId="alone")
            agent, _ = await talk(socket, 1)
            await stop(socket)
        call = await asyncio.to_thread(api.wait_for, "alone", lambda c: c["state"] == "ended")
        hub.shell("from calls.services import sweep; sweep.finish_due()")
        left, _ = sides(await asyncio.to_thread(api.recording, call))
        assert is_whole(left, agent)
