"""Commands of REST on the wire of a live call: once, unchanged, or refused with a reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.ingest.conftest import Api, wait_until
from tests.server import HubServer

TOKEN = "ringover-token-of-these-tests-0123456789"


@pytest.fixture(scope="module")
def ringover(api: Api) -> str:
    """The path of a Ringover profile whose national numbers are American."""
    api.post("profiles/", {"vendor": "ringover", "name": "Line", "secret": TOKEN, "defaultRegion": "US"})
    return f"/ws/ringover/{TOKEN}/"


class Line:
    """A live Ringover call, and what its vendor is sent."""

    def __init__(self, socket: ClientConnection, api: Api, call: Any) -> None:
        self.socket, self.api, self.call = socket, api, call
        self.path = f"calls/{call['id']}/commands/"

    def post(self, body: object, key: str = "") -> tuple[int, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        status, answer = self.api.request("POST", self.path, body, **headers)
        return status, json.loads(answer)

    async def ask(self, **body: str) -> tuple[int, Any]:
        return await asyncio.to_thread(self.post, body)

    async def next(self) -> Any:
        async with asyncio.timeout(10):
            return json.loads(await self.socket.recv())

    def settled(self, id: str, *states: str) -> Any:
        """The command, once it is in one of these states."""

        def look() -> Any:
            [row] = [row for row in self.api.get(self.path)["results"] if row["id"] == id]
            return row if row["state"] in states else None

        return wait_until(look, 20)


async def line_of(socket: ClientConnection, api: Api, name: str) -> Line:
    await socket.send(json.dumps({"call_id": name, "from": "2223334444"}))
    return Line(socket, api, await asyncio.to_thread(api.call, name))


@pytest.fixture
async def line(hub: HubServer, api: Api, ringover: str, request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    async with connect(hub.ws_url + ringover, ping_interval=None) as socket:
        yield await line_of(socket, api, request.node.name)


async def test_what_is_asked_for_is_what_the_vendor_gets(line: Line) -> None:
    for body, sent in (
        ({"type": "digits", "digits": "012*#"}, {"event": "digits", "data": "012*#"}),
        ({"type": "play", "url": "https://example.com/a.mp3"}, {"event": "play", "file": "https://example.com/a.mp3"}),
        ({"type": "break"}, {"event": "break"}),
        ({"type": "transfer", "target": "(202) 555-0123"}, {"event": "transfer", "data": 12025550123}),
    ):
        status, command = await line.ask(**body)
        assert (status, command["state"]) == (202, "requested")
        message = await line.next()
        while message == {"event": "break"} != sent:  # what a transfer stops first
            message = await line.next()
        assert message == sent
        noted = await asyncio.to_thread(line.settled, command["id"], "sent")
        assert noted["requestedAt"] <= noted["sentAt"]


async def test_what_is_refused_reaches_nobody(line: Line) -> None:
    for target in ("abc", "", "javascript:alert(1)", "1" * 30, "sip:user@host"):
        status, problem = await line.ask(type="transfer", target=target)
        assert status == 422 and [error["field"] for error in problem["errors"]] == ["target"]
    assert (await line.ask(type="pauseBot"))[0] == 409
    await line.ask(type="digits", digits="7")
    assert await line.next() == {"event": "digits", "data": 7}


async def test_twenty_identical_ones_are_one_on_the_wire(line: Line) -> None:
    def post(_: int) -> tuple[int, Any]:
        return line.post({"type": "digits", "digits": "42"}, "the-same")

    with ThreadPoolExecutor(20) as threads:
        answers = await asyncio.to_thread(lambda: list(threads.map(post, range(20))))
    assert {status for status, _ in answers} == {202} and len({body["id"] for _, body in answers}) == 1
    assert (await asyncio.to_thread(line.post, {"type": "digits", "digits": "43"}, "the-same"))[0] == 409
    await line.ask(type="digits", digits="9")  # comes after whatever else there was
    assert [await line.next(), await line.next()] == [{"event": "digits", "data": 42}, {"event": "digits", "data": 9}]


async def test_hanging_up_is_confirmed_by_the_end(line: Line) -> None:
    _, command = await line.ask(type="hangup")
    async with asyncio.timeout(10):
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await line.socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1000
    noted = await asyncio.to_thread(line.settled, command["id"], "confirmed")
    assert noted["requestedAt"] <= noted["sentAt"] <= noted["confirmedAt"]
    await asyncio.to_thread(line.api.wait_for, line.call["callId"], lambda call: call["state"] == "ended")
    status, problem = await line.ask(type="break")
    assert (status, problem["code"], problem["detail"]) == (409, "not_live", "The call is over.")


async def test_a_call_whose_vendor_vanished(line: Line) -> None:
    await line.socket.close()
    await asyncio.to_thread(line.api.wait_for, line.call["callId"], lambda call: call["streams"][0]["state"] == "ended")
    status, problem = await line.ask(type="break")
    assert (status, problem["code"]) == (409, "not_live")
