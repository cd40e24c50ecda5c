"""An assistant on a live call: its words reach the wire sentence by sentence, its tools are commands, its failure is
somebody else's turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.bots.chat_server import Call, ChatServer, Hang
from tests.ingest.conftest import Api, wait_until
from tests.two_way.clients import AudioCodes, open_peer
from tests.two_way.conftest import MakeProfile


@pytest.fixture
async def model() -> AsyncIterator[ChatServer]:
    async with ChatServer() as server:
        yield server


@asynccontextmanager
async def assistant(
    api: Api, make_profile: MakeProfile, model: ChatServer, name: str
) -> AsyncIterator[tuple[AudioCodes, str]]:
    """A live call that a new assistant answers, after its greeting; and the call's id."""
    config = {
        "baseUrl": model.base_url,
        "model": "any",
        "systemPrompt": "You help.",
        "greeting": "Hello.",
        "timeoutSeconds": 2,
        "transferTargets": [{"name": "sales", "target": "+12025550123"}],
        "tools": ["transfer", "hangup"],
    }
    body = {"name": name, "kind": "assistant", "config": config, "secrets": {"apiKey": "k"}}
    bot = await asyncio.to_thread(api.post, "bots/", body)
    profile = await asyncio.to_thread(
        lambda: make_profile("audiocodes", bot=bot["id"], name=name, fallbackNumber="+12025550199")
    )
    async with open_peer(AudioCodes, profile["socket"]) as peer:
        await peer.initiate(name, ["raw/mulaw"])
        await peer.start()
        await peer.until(lambda message: message["type"] == "playStream.stop")
        call = await asyncio.to_thread(api.call, name)
        yield peer, call["id"]


async def test_a_sentence_is_heard_before_the_next_is_written(
    api: Api, make_profile: MakeProfile, model: ChatServer
) -> None:
    complete, rest = asyncio.Event(), asyncio.Event()
    model.reply("We are ", complete, "open. W", rest, "hat else?")
    async with assistant(api, make_profile, model, "sentences") as (peer, call_id):
        seen = len(peer.inbox)
        await peer.press("1")
        await model.request()
        complete.set()
        await peer.until(lambda message: message["type"] == "playStream.chunk", start=seen)
        rest.set()
        await asyncio.to_thread(wait_until, lambda: said(api, call_id) == ["Hello.", "We are open.", "What else?"], 10)


def said(api: Api, call_id: str) -> list[str]:
    segments = api.get(f"calls/{call_id}/transcript/")["segments"]
    return [segment["text"] for segment in segments if segment["track"] == "bot"]


async def test_a_tool_is_a_command_with_its_audit(api: Api, make_profile: MakeProfile, model: ChatServer) -> None:
    model.reply("One moment.", Call("transfer", {"to": "sales"}))
    async with assistant(api, make_profile, model, "tools") as (peer, call_id):
        await peer.press("1")
        activity = await peer.activity("transfer")
        assert activity["activityParams"]["transferTarget"] == "tel:+12025550123"
        [command] = (await asyncio.to_thread(api.get, f"calls/{call_id}/commands/"))["results"]
        assert (command["type"], command["by"]) == ("transfer", "bot tools")
        entries = (await asyncio.to_thread(api.get, f"audit/?call={call_id}"))["results"]
        assert [e["action"] for e in entries if e["action"].startswith("command.")] == ["command.transfer"]


async def test_a_model_that_hangs_leaves_the_caller_to_people(
    api: Api, make_profile: MakeProfile, model: ChatServer
) -> None:
    model.reply(Hang())
    model.reply(Hang())
    async with assistant(api, make_profile, model, "hangs") as (peer, call_id):
        await peer.press("1")
        activity = await peer.activity("transfer", 15)
        assert activity["activityParams"]["transferTarget"] == "tel:+12025550199"
        call = await asyncio.to_thread(api.get, f"calls/{call_id}/")
        assert len(await asyncio.to_thread(said, api, call_id)) == 2  # the greeting and the apology
        assert call["state"] == "live"
