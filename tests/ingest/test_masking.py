"""A spoken card number never reaches database, sockets, exports, search, webhooks, log or recording: a real hub, a real
RingCX stream, the scripted recogniser."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from calls.audio.silence import FADE_MS
from calls.services.masking import MARGIN_MS
from tests.ingest.client import begin, ringcx, stop, talk
from tests.ingest.conftest import Api, wait_until
from tests.ingest.recordings import sides
from tests.server import HubServer
from tests.webhook_receiver import receiver

SCRIPT = [
    {"start_ms": 200, "end_ms": 1400, "text": "hello how are you"},
    {"start_ms": 2000, "end_ms": 4200, "text": "my card is four one one one one one one one"},
    {"start_ms": 4600, "end_ms": 6200, "text": "one one one one one one one one thanks"},
    {"start_ms": 6600, "end_ms": 8000, "text": "the security code is nine oh two"},
    {"start_ms": 8400, "end_ms": 9800, "text": "my order is five six six two"},
]
SECONDS = 11
SECRET = re.compile(r"\b(four|one|nine|oh)\b|4111|1111")
MASKED = [
    "hello how are you",
    "my card is [card number]",
    "[card number] thanks",
    "the security code is [security code]",
    "my order is five six six two",
]


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    options = json.dumps({"scripted": {"script": SCRIPT}})
    environment = {"HUB_RECOGNIZER": "scripted", "HUB_RECOGNIZER_OPTIONS": options, "HUB_CALL_GRACE_SECONDS": "2"}
    with HubServer(environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def api(hub: HubServer) -> Api:
    api = Api(hub)
    api.post("profiles/", {"productType": "QUEUE", "productId": 1234, "mask": True})
    return api


async def overhear(hub: HubServer, api: Api, path: str, heard: list[str]) -> None:
    headers = {"Authorization": f"Bearer {api.key}"}
    async with connect(f"{hub.ws_url}{path}", additional_headers=headers, max_size=None) as socket:
        try:
            async for message in socket:
                heard.append(str(message))
        except ConnectionClosed:
            pass


def text_of(api: Api, path: str) -> str:
    status, body = api.request("GET", path)
    assert status == 200, body
    return body.decode()


async def test_a_spoken_card_number_is_nowhere(hub: HubServer, api: Api) -> None:
    with receiver() as there:
        await asyncio.to_thread(
            api.post, "webhooks/", {"url": there.url, "events": ["call.ended", "transcript.ready", "recording.ready"]}
        )
        wall: list[str] = []
        watching = asyncio.create_task(overhear(hub, api, "/ws/dashboard/", wall))
        page: list[str] = []
        async with ringcx(f"{hub.ws_url}/") as socket:
            await begin(socket, callId="paid", sessionId=2)
            talking = asyncio.create_task(talk(socket, SECONDS))
            call = await asyncio.to_thread(api.call, "paid")
            reading = asyncio.create_task(overhear(hub, api, f"/ws/calls/{call['id']}/", page))
            await talking
            early, _ = await asyncio.to_thread(
                api.request, "GET", f"calls/{call['id']}/recording/?stream={call['streams'][0]['id']}"
            )
            assert early == 409  # not before it is silenced
            await stop(socket)
        call = await asyncio.to_thread(api.wait_for, "paid", lambda c: c["state"] == "ended", 20)
        recording = await asyncio.to_thread(api.recording, call, 60)
        await asyncio.to_thread(wait_until, lambda: len(there.came) == 3, 30)
        for task in (watching, reading):
            task.cancel()

    # Where people and programs read
    transcript = await asyncio.to_thread(api.get, f"calls/{call['id']}/transcript/")
    for track in ("agent", "customer"):
        assert [s["text"] for s in transcript["segments"] if s["track"] == track] == MASKED
    words = [word["text"] for segment in transcript["segments"] for word in segment["words"]]
    assert not any(SECRET.search(word) for word in words)
    for name in ("txt", "vtt", "srt"):
        text = await asyncio.to_thread(text_of, api, f"calls/{call['id']}/transcript/?format={name}")
        assert "[card number]" in text.replace("‹", "<") and not SECRET.search(said_in(text))
    assert (await asyncio.to_thread(api.get, "search/?q=one"))["results"] == []
    assert (await asyncio.to_thread(api.get, "search/?q=thanks"))["results"]

    # Where browsers and webhooks listen
    texts = [*texts_of(page), *texts_of(wall)]
    assert any("[card number]" in text for text in texts) and any("•" in text for text in texts)
    assert [text for text in texts if SECRET.search(text)] == []
    told = {came.event["type"]: came.event for came in there.came}
    assert "[card number]" in json.dumps(told["transcript.ready"])
    assert [text for text in texts_of([json.dumps(event) for event in told.values()]) if SECRET.search(text)] == []

    # What lies on the disk, every page of the database that was ever written
    assert not re.search("one one|four one", hub.log)
    for path in hub.data.rglob("*"):
        if path.is_file():
            assert not re.search(rb"one one|four one|nine oh", path.read_bytes()), path

    # What can be heard
    masked = [place for segment in transcript["segments"] for place in segment["masked"]]
    assert {place["kind"] for place in masked} == {"card", "code"}
    stream = await asyncio.to_thread(
        api.request, "GET", f"calls/{call['id']}/recording/?stream={call['streams'][0]['id']}"
    )
    first_word = 2000 + 3 * (4200 - 2000) // 11
    silent = {(place["startMs"], place["endMs"]) for place in masked}
    assert (first_word, 4200) in silent
    for audio in (recording, stream[1]):
        left, right = sides(audio)
        for side in (left, right):
            loud = np.ones(len(side), dtype=bool)
            for start, end in silent:
                low, high = (start - MARGIN_MS) * 8, (end + MARGIN_MS) * 8
                assert not side[low + FADE_MS * 8 : high - FADE_MS * 8].any()
                loud[low:high] = False
            loud[: np.flatnonzero(side)[0]] = False  # where its first frame came late, on a busy machine
            assert (side[loud] != 0).mean() > 0.98  # noise has few zeros


def said_in(transcript: str) -> str:
    """The lines without ids and times."""
    return "\n".join(line for line in transcript.splitlines() if ": " in line or line.startswith("<v"))


def texts_of(messages: list[str]) -> list[str]:
    """Every text of what was said, wherever in the messages it stands."""
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("text"), str) and ("startMs" in value):
                found.append(value["text"])
            for entry in value.values():
                look(entry)
        elif isinstance(value, list):
            for entry in value:
                look(entry)

    for message in messages:
        look(json.loads(message))
    return found


async def test_a_call_is_deleted_whole(hub: HubServer, api: Api) -> None:
    call = await asyncio.to_thread(api.call, "paid")
    status, _ = await asyncio.to_thread(api.request, "DELETE", f"calls/{call['id']}/")
    assert status == 204
    assert (await asyncio.to_thread(api.request, "GET", f"calls/{call['id']}/"))[0] == 404
    assert [path.name for path in hub.data.rglob("*") if path.suffix in (".wav", ".spool", ".part")] == []
    entries = (await asyncio.to_thread(api.get, f"audit/?call={call['id']}"))["results"]
    assert [entry["action"] for entry in entries] == ["call.removed"]
    assert entries[0]["detail"]["vendorCallId"] == "paid" and entries[0]["detail"]["rows"]["segments"] == 10
