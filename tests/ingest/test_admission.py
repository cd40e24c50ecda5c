"""Who may stream, and with which status or close code the others are refused."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.ingest.client import begin, media, ringcx, send, stop, talk
from tests.ingest.conftest import Api
from tests.server import HubServer

SECRET = "s3cret+/ value"


async def refused(url: str, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as caught:
        async with ringcx(url, **options):
            pass
    return int(caught.value.response.status_code)


@pytest.mark.parametrize(
    "query",
    [
        "productType=QUEUE&productId=999",
        "Product+Type=Queue&Product+ID=999",
        "Product%20Type=queue&Product%20ID=999&EV%20Subaccount%20ID=1",
        "product_type=CAMPAIGN&product_id=1234",
        "PRODUCT-TYPE=Manual&product-id=5",
    ],
)
async def test_an_unknown_product_in_the_handshake_is_403(hub: HubServer, api: Api, query: str) -> None:
    assert await refused(f"{hub.ws_url}/?{query}") == 403


async def test_an_unknown_product_in_start_is_closed_and_offered(hub: HubServer, api: Api) -> None:
    for _ in range(2):
        async with ringcx(f"{hub.ws_url}/") as socket:
            await begin(socket, callId="stranger", productId="4711")
            with pytest.raises(ConnectionClosed) as caught:
                await asyncio.wait_for(socket.recv(), 5)
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "unknown_product")
    assert (await asyncio.to_thread(api.get, "calls/?callId=stranger"))["results"] == []
    offers = (await asyncio.to_thread(api.get, "refused-streams/"))["results"]
    offer = next(o for o in offers if o["productId"] == "4711")
    assert (offer["productType"], offer["count"], offer["reason"]) == ("QUEUE", 2, "unknown_product")


@pytest.fixture(scope="module")
def guarded(api: Api) -> Any:
    return api.post(
        "profiles/", {"productType": "QUEUE", "productId": 2000, "secret": SECRET, "secretCheck": "enforce"}
    )


PRODUCT = "productType=QUEUE&productId=2000"


async def test_enforce_refuses_a_wrong_and_a_missing_secret(hub: HubServer, guarded: Any) -> None:
    assert await refused(f"{hub.ws_url}/?{PRODUCT}&secret=wrong") == 403
    assert await refused(f"{hub.ws_url}/?{PRODUCT}") == 403


@pytest.mark.parametrize(
    "query, headers",
    [
        ("&secret=s3cret%2B%2F+value", {}),
        ("&Secret=s3cret%2B%2F%20value", {}),
        ("", {"Authorization": f"Bearer {SECRET}"}),
        ("", {"Authorization": "Basic " + base64.b64encode(f"ringcx:{SECRET}".encode()).decode()}),
        ("", {"Authorization": "Basic " + base64.b64encode(f"{SECRET}:".encode()).decode()}),
        ("", {"X-Secret": SECRET}),
    ],
)
async def test_enforce_finds_the_secret_wherever_it_travels(
    hub: HubServer, guarded: Any, query: str, headers: dict[str, str]
) -> None:
    async with ringcx(f"{hub.ws_url}/?{PRODUCT}{query}", additional_headers=headers) as socket:
        await begin(socket, callId="with-secret", productId=2000)
        await talk(socket, 0.2)
        await stop(socket)


async def test_a_secret_in_a_message(hub: HubServer, api: Api) -> None:
    body = {
        "productType": "QUEUE",
        "productId": 2001,
        "secret": SECRET,
        "secretCheck": "enforce",
        "options": {"secretIn": "message"},
    }
    await asyncio.to_thread(api.post, "profiles/", body)
    async with ringcx(f"{hub.ws_url}/?productType=QUEUE&productId=2001") as socket:
        await begin(socket, callId="told", productId=2001, secret=SECRET)
        await talk(socket, 0.2)
        await stop(socket)
    async with ringcx(f"{hub.ws_url}/?productType=QUEUE&productId=2001") as socket:
        await begin(socket, callId="untold", productId=2001)
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(socket.recv(), 5)
    assert caught.value.rcvd is not None and caught.value.rcvd.code == 1008
    assert (await asyncio.to_thread(api.get, "calls/?callId=untold"))["results"] == []


async def test_observe_accepts_and_notes(hub: HubServer, api: Api) -> None:
    profile = await asyncio.to_thread(
        api.post, "profiles/", {"productType": "QUEUE", "productId": 2002, "secret": SECRET}
    )
    assert profile["secretCheck"] == "observe"
    for query, field in (("&secret=wrong", "secretMissedAt"), ("&secret=s3cret%2B%2F+value", "secretSeenAt")):
        async with ringcx(f"{hub.ws_url}/?productType=QUEUE&productId=2002{query}") as socket:
            await begin(socket, callId="observed", productId=2002)
            await talk(socket, 0.1)
            await stop(socket)
        assert (await asyncio.to_thread(api.get, f"profiles/{profile['id']}/"))[field]


async def test_no_secret_is_ever_logged(hub: HubServer, guarded: Any) -> None:
    await refused(f"{hub.ws_url}/?{PRODUCT}&secret=wr0ng-secret")
    assert "s3cret" not in hub.log and "wr0ng-secret" not in hub.log


async def test_start_wins_over_the_handshake(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/?Call+ID=old&Product+Type=Queue&Product+ID=1234&Caller+ANI=111") as socket:
        await begin(socket, callId="new", ani="222")
        await talk(socket, 0.2)
        await stop(socket)
    call = await asyncio.to_thread(api.call, "new")
    assert call["from"] == "222"
    assert (await asyncio.to_thread(api.get, "calls/?callId=old"))["results"] == []


async def test_media_without_start_uses_the_handshake(hub: HubServer, api: Api) -> None:
    query = "callId=no-start&productType=QUEUE&productId=1234&subAccountId=99990001"
    async with ringcx(f"{hub.ws_url}/?{query}") as socket:
        await talk(socket, 0.5)
    call = await asyncio.to_thread(api.wait_for, "no-start", lambda c: c["state"] == "ended")
    assert call["streams"][0]["tracks"]["agent"]["frames"] == 25


async def test_a_full_hub_answers_503() -> None:
    with HubServer(environment={"HUB_MAX_STREAMS": "1"}) as hub:
        await asyncio.to_thread(Api, hub)
        async with ringcx(f"{hub.ws_url}/"):
            assert await refused(f"{hub.ws_url}/") == 503


async def test_an_unknown_address_is_404(hub: HubServer) -> None:
    assert await refused(f"{hub.ws_url}/ws/nothing/") == 404


async def test_one_connection_carries_one_call(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="one")
        await talk(socket, 0.2)
        await send(socket, {"event": "Start", "metadata": {"callId": "two", "productType": "QUEUE", "productId": 1234}})
        await socket.send(media("Participant", "11", b"\x00" * 160))
        await stop(socket)
    await asyncio.to_thread(api.wait_for, "one", lambda c: c["state"] == "ended")
    assert (await asyncio.to_thread(api.get, "calls/?callId=two"))["results"] == []


async def test_without_a_sub_account_start_decides(hub: HubServer, api: Api) -> None:
    """The product's profiles differ by sub-account, and the handshake does not tell it."""
    product = {"productType": "QUEUE", "productId": 3000}
    guard = {"secret": SECRET, "secretCheck": "enforce"}
    await asyncio.to_thread(api.post, "profiles/", product | {"subAccountId": "500"} | guard)
    await asyncio.to_thread(api.post, "profiles/", product)
    url = f"{hub.ws_url}/?productType=QUEUE&productId=3000"
    async with ringcx(f"{url}&secret=s3cret%2B%2F+value") as socket:
        await begin(socket, callId="guarded", productId=3000, subaccountId="500")
        await talk(socket, 0.2)
        await stop(socket)
    assert (await asyncio.to_thread(api.call, "guarded"))["profileName"]
    async with ringcx(url) as socket:
        await begin(socket, callId="sneaked", productId=3000, subaccountId="500")
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(socket.recv(), 5)
    assert caught.value.rcvd is not None and caught.value.rcvd.reason == "secret_missing"
