"""How a call ends when its connection does: a vendor without a message for it says goodbye by closing in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ingest.conftest import Api
from tests.server import HubServer
from tests.two_way.clients import AudioCodes, Ringover, open_peer, paced
from tests.two_way.conftest import MakeProfile

GRACE = 6.0  # seconds: far more than what ends at once may take


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer(environment={"HUB_CALL_GRACE_SECONDS": str(round(GRACE)), "HUB_RECOGNIZER": "off"}) as server:
        yield server


@pytest.fixture(scope="module")
def ringover(make_profile: MakeProfile) -> dict[str, Any]:
    return make_profile("ringover")


async def call_of(api: Api, vendor_id: str, state: str, *, streams: int = 1, seconds: float = 10) -> Any:
    """The call, once so many streams of it are over and it is in that state."""

    def fits(call: Any) -> bool:
        over = [stream for stream in call["streams"] if stream["closeCode"] is not None]
        return len(over) == streams and bool(call["state"] == state)

    return await asyncio.to_thread(api.wait_for, vendor_id, fits, seconds)


async def talk(profile: dict[str, Any], vendor_id: str, code: int | None, *, audio: bool = True) -> None:
    """`code` None: the connection is cut."""
    async with open_peer(Ringover, profile["socket"]) as server:
        await server.send({"uuid": vendor_id})
        if audio:
            await paced(server.socket.send, bytes(3200), bytes_a_second=16_000)
        if code is None:
            server.drop()
        else:
            await server.socket.close(code)


@pytest.mark.parametrize("audio", [True, False], ids=["after audio", "before audio"])
async def test_ringover_closes_and_the_call_is_over(api: Api, ringover: dict[str, Any], audio: bool) -> None:
    vendor_id = f"clean-{audio}"
    await talk(ringover, vendor_id, 1000, audio=audio)
    call = await call_of(api, vendor_id, "ended", seconds=4)
    assert [stream["closeCode"] for stream in call["streams"]] == [1000]


@pytest.mark.parametrize(("code", "told"), [(None, 1006), (1001, 1001), (1011, 1011)], ids=["cut", "1001", "1011"])
async def test_any_other_end_is_followed_by_the_grace(
    api: Api, ringover: dict[str, Any], code: int | None, told: int
) -> None:
    await talk(ringover, f"grace-{told}", code)
    call = await call_of(api, f"grace-{told}", "live")
    assert [stream["closeCode"] for stream in call["streams"]] == [told]
    await call_of(api, f"grace-{told}", "ended", seconds=GRACE + 10)


async def test_ringover_may_come_back_after_a_clean_close(api: Api, ringover: dict[str, Any]) -> None:
    await talk(ringover, "back", 1000)
    first = await call_of(api, "back", "ended")
    async with open_peer(Ringover, ringover["socket"]) as server:
        await server.send({"uuid": "back"})
        await paced(server.socket.send, bytes(3200), bytes_a_second=16_000)
        again = await call_of(api, "back", "live")
        assert (again["id"], len(again["streams"])) == (first["id"], 2)
    assert (await call_of(api, "back", "ended", streams=2))["id"] == first["id"]


async def test_the_connection_that_took_over_decides(api: Api, ringover: dict[str, Any]) -> None:
    """The older one is closed by the hub, with 1000 too: the call goes on, and then its connection is cut."""
    async with open_peer(Ringover, ringover["socket"]) as older:
        await older.send({"uuid": "two"})
        await paced(older.socket.send, bytes(3200), bytes_a_second=16_000)
        async with open_peer(Ringover, ringover["socket"]) as newer:
            await newer.send({"uuid": "two"})
            await paced(newer.socket.send, bytes(3200), bytes_a_second=16_000)
            await asyncio.wait_for(older.socket.wait_closed(), 10)
            await call_of(api, "two", "live")
            newer.drop()
        call = await call_of(api, "two", "live", streams=2)
        assert [stream["closeCode"] for stream in call["streams"]] == [1000, 1006]


async def test_audiocodes_may_resume_after_any_close(api: Api, make_profile: MakeProfile) -> None:
    profile = make_profile("audiocodes", options={"resumeSeconds": round(GRACE)})
    async with open_peer(AudioCodes, profile["socket"]) as platform:
        await platform.initiate("ac-clean", ["raw/mulaw"])
        await platform.start()
        await platform.socket.close(1000)
    call = await call_of(api, "ac-clean", "live")
    assert [stream["closeCode"] for stream in call["streams"]] == [1000]


async def test_what_the_platform_tells_of_the_end_is_kept(api: Api, make_profile: MakeProfile) -> None:
    profile = make_profile("audiocodes")
    async with open_peer(AudioCodes, profile["socket"]) as platform:
        await platform.initiate("ac-end", ["raw/mulaw"])
        await platform.start()
        await platform.say("session.end", reasonCode="client-disconnected", reason="Client Side")
    [stream] = (await call_of(api, "ac-end", "ended", seconds=4))["streams"]
    assert stream["end"] == {"reasonCode": "client-disconnected", "reason": "Client Side"}


async def test_formats_that_the_hub_does_not_know_end_at_once(api: Api, make_profile: MakeProfile) -> None:
    profile = make_profile("audiocodes")
    async with open_peer(AudioCodes, profile["socket"]) as platform:
        platform.conversation_id = "ac-opus"
        await platform.say("session.initiate", expectAudioMessages=True, supportedMediaFormats=["raw/opus"])
        await platform.say("session.initiate", expectAudioMessages=True, supportedMediaFormats=["raw/mulaw"])
        async with asyncio.timeout(5):  # far less than a connection has to say which call it is
            await platform.socket.wait_closed()
        [error] = [message for _, message in platform.inbox]
        assert error["type"] == "session.error" and "raw/mulaw" in error["reason"]
        assert platform.socket.close_code == 1003
    assert (await asyncio.to_thread(api.get, "calls/?callId=ac-opus"))["results"] == []
