"""Commands from the POST to the vendor's wire and back to the receipt."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.ingest.conftest import Api, wait_until
from tests.two_way.clients import AudioCodes, Ringover, open_peer
from tests.two_way.conftest import MakeProfile

LONG = "This is a long announcement, which goes on and on about the weather of tomorrow. " * 6
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def audiocodes(make_profile: MakeProfile) -> dict[str, Any]:
    return make_profile("audiocodes", secret="s3cret", defaultRegion="US", options={"hangupWaitSeconds": 1})


@pytest.fixture(scope="module")
def ringover(make_profile: MakeProfile) -> dict[str, Any]:
    return make_profile("ringover", defaultRegion="US")


class Call:
    """A live call at its vendor, and in the hub."""

    def __init__(self, api: Api, peer: Any, vendor_id: str) -> None:
        self.api, self.peer, self.vendor_id, self.id = api, peer, vendor_id, ""

    async def post(self, body: dict[str, Any], status: int = 202, **headers: str) -> Any:
        path = f"calls/{self.id}/commands/"
        got, answer = await asyncio.to_thread(self.api.request, "POST", path, body, **headers)
        assert got == status, answer
        return json.loads(answer)

    async def command(self, id: str, *states: str) -> Any:
        """The command as soon as it is in one of the states."""
        for _ in range(100):
            page = await asyncio.to_thread(self.api.get, f"calls/{self.id}/commands/")
            found = next(command for command in page["results"] if command["id"] == id)
            if found["state"] in states:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(found)


@asynccontextmanager
async def live_call(api: Api, profile: dict[str, Any]) -> AsyncIterator[Call]:
    vendor_id = f"call-{next(numbers)}"
    kind, secret = (AudioCodes, "s3cret") if profile["vendor"] == "audiocodes" else (Ringover, "")
    async with open_peer(kind, profile["socket"], secret) as peer:
        if isinstance(peer, AudioCodes):
            await peer.initiate(vendor_id, ["raw/mulaw"])
            await peer.start()
        else:
            await peer.send({"uuid": vendor_id})
            await peer.socket.send(bytes(320))
        call = Call(api, peer, vendor_id)
        call.id = (await asyncio.to_thread(api.wait_for, vendor_id, lambda call: True))["id"]
        yield call


TARGETS = ["+1 202-555-0123", "0012025550123", "(202) 555-0123", "tel:+12025550123"]


@pytest.mark.parametrize("target", TARGETS)
async def test_a_transfer_reaches_audiocodes_and_is_confirmed(api: Api, audiocodes: Any, target: str) -> None:
    async with live_call(api, audiocodes) as call:
        command = await call.post({"type": "transfer", "target": target})
        assert command["params"] == {"target": "+12025550123"}
        activity = await call.peer.activity("transfer")
        assert activity["activityParams"]["transferTarget"] == "tel:+12025550123"
        assert (await call.command(command["id"], "sent"))["sentAt"]
        status = {"type": "event", "name": "transferStatus", "value": {"status": "success", "reason": "answered"}}
        await call.peer.say("activities", activities=[status])
        assert (await call.command(command["id"], "confirmed"))["confirmedAt"]


@pytest.mark.parametrize("target", TARGETS)
async def test_a_transfer_reaches_ringover_without_a_plus(api: Api, ringover: Any, target: str) -> None:
    async with live_call(api, ringover) as call:
        command = await call.post({"type": "transfer", "target": target})
        assert await call.peer.event("transfer") == {"event": "transfer", "data": 12025550123}
        await call.command(command["id"], "sent")
    await call.command(command["id"], "confirmed")


@pytest.mark.parametrize("target", ["abc", "", "javascript:alert(1)", "1" * 30])
@pytest.mark.parametrize("vendor", ["audiocodes", "ringover"])
async def test_a_senseless_target_is_refused_at_its_field(
    api: Api, request: pytest.FixtureRequest, vendor: str, target: str
) -> None:
    async with live_call(api, request.getfixturevalue(vendor)) as call:
        problem = await call.post({"type": "transfer", "target": target}, 422)
        assert problem["errors"][0]["field"] == "target"


async def test_a_sip_address_is_for_audiocodes_only(api: Api, audiocodes: Any, ringover: Any) -> None:
    async with live_call(api, audiocodes) as call:
        await call.post({"type": "transfer", "target": "sip:help@example.com"})
        activity = await call.peer.activity("transfer")
        assert activity["activityParams"]["transferTarget"] == "sip:help@example.com"
    async with live_call(api, ringover) as call:
        problem = await call.post({"type": "transfer", "target": "sip:help@example.com"}, 422)
        assert problem["errors"][0]["field"] == "target"


async def test_digits_arrive_as_they_were_given(api: Api, audiocodes: Any, ringover: Any) -> None:
    async with live_call(api, audiocodes) as call:
        await call.post({"type": "digits", "digits": "012*#"})
        assert (await call.peer.activity("sendDtmf"))["activityParams"]["dtmfDigits"] == "012*#"
        await call.post({"type": "digits", "digits": "1" * 21}, 422)
    async with live_call(api, ringover) as call:
        await call.post({"type": "digits", "digits": "012"})
        assert (await call.peer.event("digits"))["data"] == "012"
        seen = len(call.peer.inbox)
        await call.post({"type": "digits", "digits": "12"})
        assert (await call.peer.until(lambda message: message.get("event") == "digits", start=seen))["data"] == 12


async def test_break_ends_what_is_said_at_once(api: Api, audiocodes: Any) -> None:
    async with live_call(api, audiocodes) as call:
        await call.post({"type": "say", "text": LONG})
        await call.peer.until(lambda message: message["type"] == "playStream.chunk")
        await asyncio.sleep(1)
        command = await call.post({"type": "break"})
        await call.peer.activity("abortPrompts")
        await call.command(command["id"], "sent", "confirmed")
        seen = len(call.peer.inbox)
        await asyncio.sleep(0.5)
        assert not [m for _, m in call.peer.inbox[seen:] if m["type"].startswith("playStream")]
        kinds = [message["type"] for _, message in call.peer.inbox if message["type"].startswith("playStream")]
        assert kinds[0] == "playStream.start" and kinds[-1] == "playStream.stop"
        [segment] = await asyncio.to_thread(said, api, call)
        assert LONG.startswith(segment["text"]) and 0 < len(segment["text"]) < len(LONG.strip())
        assert segment["endMs"] - segment["startMs"] < 2500


def said(api: Api, call: Call) -> Any:
    return wait_until(lambda: api.get(f"calls/{call.id}/transcript/")["segments"], 5)


async def test_a_hang_up_waits_for_the_session_to_end(api: Api, audiocodes: Any) -> None:
    async with live_call(api, audiocodes) as call:
        command = await call.post({"type": "hangup"})
        await call.peer.activity("hangup")
        await call.peer.say("session.end", reasonCode="bot-disconnected", reason="hangup")
        await call.command(command["id"], "confirmed")
        await asyncio.to_thread(api.wait_for, call.vendor_id, lambda call: call["state"] == "ended")
    async with live_call(api, audiocodes) as call:
        await call.post({"type": "hangup"})
        async with asyncio.timeout(5):
            await call.peer.socket.wait_closed()
        assert call.peer.socket.close_code == 1000


async def test_ringover_is_hung_up_by_closing(api: Api, ringover: Any) -> None:
    async with live_call(api, ringover) as call:
        command = await call.post({"type": "hangup"})
        async with asyncio.timeout(5):
            await call.peer.socket.wait_closed()
        assert call.peer.socket.close_code == 1000
        await call.command(command["id"], "confirmed")
        await asyncio.to_thread(api.wait_for, call.vendor_id, lambda call: call["state"] == "ended", 1.5)


async def test_many_at_once_with_one_key_are_one(api: Api, audiocodes: Any) -> None:
    async with live_call(api, audiocodes) as call:
        posts = [call.post({"type": "digits", "digits": "7"}, **{"Idempotency-Key": "k"}) for _ in range(20)]
        assert len({command["id"] for command in await asyncio.gather(*posts)}) == 1
        await call.peer.activity("sendDtmf")
        await asyncio.sleep(1.5)
        assert len(call.peer.activities("sendDtmf")) == 1


async def test_a_command_to_an_ended_call_fails_clearly(api: Api, ringover: Any) -> None:
    async with live_call(api, ringover) as call:
        await call.post({"type": "hangup"})
    await asyncio.to_thread(api.wait_for, call.vendor_id, lambda call: call["state"] == "ended")
    problem = await call.post({"type": "break"}, 409)
    assert problem["code"] == "not_live"


async def test_a_second_ringover_socket_takes_over(api: Api, ringover: Any) -> None:
    async with live_call(api, ringover) as call, open_peer(Ringover, ringover["socket"]) as newer:
        await newer.send({"uuid": call.vendor_id})
        await newer.socket.send(bytes(320))
        async with asyncio.timeout(5):
            await call.peer.socket.wait_closed()
        await asyncio.to_thread(
            api.wait_for, call.vendor_id, lambda call: [s["state"] for s in call["streams"]] == ["ended", "live"]
        )
        assert len((await asyncio.to_thread(api.get, f"calls/?callId={call.vendor_id}"))["results"]) == 1
        await call.post({"type": "digits", "digits": "5"})
        assert (await newer.event("digits"))["data"] == 5


async def test_a_resumed_session_goes_on_as_the_same_call(api: Api, audiocodes: Any) -> None:
    async with live_call(api, audiocodes) as call:
        call.peer.drop()
        await asyncio.to_thread(api.wait_for, call.vendor_id, lambda call: call["streams"][0]["state"] == "ended")
        async with open_peer(AudioCodes, audiocodes["socket"], "s3cret") as again:
            again.conversation_id = call.vendor_id
            await again.say("session.resume")
            accepted = await again.until(lambda message: message["type"] == "session.accepted")
            assert accepted["mediaFormat"] == "raw/mulaw"
            await asyncio.to_thread(
                api.wait_for, call.vendor_id, lambda call: any(s["state"] == "live" for s in call["streams"])
            )
            await call.post({"type": "digits", "digits": "9"})
            assert (await again.activity("sendDtmf"))["activityParams"]["dtmfDigits"] == "9"
            assert len((await asyncio.to_thread(api.get, f"calls/?callId={call.vendor_id}"))["results"]) == 1
