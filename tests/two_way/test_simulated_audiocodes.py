"""A real hub before the strict simulator of AudioCodes' platform, and what it keeps of such calls."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.ingest.conftest import Api
from tests.server import HubServer
from tests.two_way.clients import AudioCodes, open_peer
from tests.two_way.conftest import MakeProfile


@pytest.fixture(scope="module")
def profile(make_profile: MakeProfile, echo: str) -> dict[str, Any]:
    return make_profile("audiocodes", secret="s3cret", bot=echo)


@pytest.fixture
def simulate(hub: HubServer, profile: dict[str, Any]) -> Any:
    def simulate(*arguments: str) -> str:
        own = ["--url", profile["socket"], "--secret", "s3cret", "--any-pace"]
        return hub.manage("simulate", "audiocodes", *own, *arguments).stdout

    return simulate


@pytest.mark.parametrize(
    "arguments",
    [
        ["--seconds", "3"],
        ["--seconds", "3", "--format", "wav/lpcm16_24", "--cycles", "3"],
        ["--seconds", "2", "--press", "0.5:12#"],
        ["--text", "hello", "--text", "goodbye"],
        ["--validate"],
        ["--seconds", "2", "--calls", "10"],
    ],
    ids=" ".join,
)
def test_hub_behaves(simulate: Any, arguments: list[str]) -> None:
    assert "went well" in simulate(*arguments)


def test_resumed_call_is_one_call(simulate: Any, api: Api) -> None:
    simulate("--resume", "--seconds", "2", "--conversation-id", "resumed", "--format", "raw/mulaw")
    call = api.wait_for("resumed", lambda call: call["state"] == "ended")
    assert len(call["streams"]) == 2
    assert [stream["tracks"]["customer"]["frames"] for stream in call["streams"]] == [50, 50]


def test_lost_call_ends_after_its_grace(simulate: Any, api: Api, make_profile: MakeProfile) -> None:
    profile = make_profile("audiocodes", options={"resumeSeconds": 2})
    simulate("--url", profile["socket"], "--drop", "--seconds", "0.5", "--conversation-id", "lost")
    assert api.wait_for("lost", lambda call: True)["state"] == "live"
    assert api.wait_for("lost", lambda call: call["state"] == "ended")["streams"][0]["closeCode"] == 1006


async def test_hub_closes_after_the_end(profile: dict[str, Any]) -> None:
    async with open_peer(AudioCodes, profile["socket"], "s3cret") as peer:
        await peer.initiate("ends", ["raw/lpcm16"])
        await peer.start()
        await peer.say("session.end", reasonCode="client-disconnected", reason="Client Side")
        async with asyncio.timeout(10):
            await peer.socket.wait_closed()
        assert peer.socket.close_code == 1000


async def test_validation_leaves_nothing_behind(profile: dict[str, Any], api: Api) -> None:
    before = len((await asyncio.to_thread(api.get, "calls/"))["results"])
    async with open_peer(AudioCodes, profile["socket"], "s3cret") as peer:
        await peer.send({"type": "connection.validate"})
        answer = await peer.until(lambda message: message["type"] == "connection.validated")
        assert answer["success"] is True
    assert len((await asyncio.to_thread(api.get, "calls/"))["results"]) == before
