"""Commands on the browser sockets: in the snapshot, then each step as it happens, in the shape that REST gives."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.utils import timezone
from rest_framework.test import APIClient

from calls import live
from calls.consumers import browser
from calls.models import Call, Command, StreamingProfile, User
from calls.routing import browser_sockets
from calls.services import accounts, commands
from calls.services.audit import Requester
from tests.conftest import MakeCall
from tests.consumers.test_browser import in_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def publisher() -> AsyncIterator[None]:
    live.start()
    yield
    await live.close()


@pytest.fixture
def call(acme: StreamingProfile, make_call: MakeCall) -> Call:
    return make_call(state="live", vendor="acme", profile=acme)


@pytest.fixture
def key(supervisor: User) -> str:
    return accounts.create_api_key(name="tests", owner=supervisor, scope="control")[1]


async def opened(path: str, key: str) -> WebsocketCommunicator:
    header = (b"authorization", f"Bearer {key}".encode())
    socket = WebsocketCommunicator(URLRouter(browser_sockets()), path, headers=[header])
    assert (await socket.connect())[0]
    return socket


async def next_event(socket: WebsocketCommunicator) -> Any:
    return json.loads(await socket.receive_from(5))


async def test_each_step_as_rest_shows_it(call: Call, key: str) -> None:
    socket = await opened(f"/ws/calls/{call.id}/", key)
    assert (await next_event(socket))["commands"] == []
    command = await in_database(commands.request_command)(
        call_id=call.id, type="transfer", params={"target": "+12025550123"}, requester=Requester("somebody")
    )
    await in_database(commands.note_sent)(command.id)
    await in_database(commands.note_outcome)(command.id, ok=True, detail="answered")
    events = [await next_event(socket) for _ in range(3)]
    assert [(event["type"], event["seq"], event["command"]["state"]) for event in events] == [
        ("command.updated", 1, "requested"), ("command.updated", 2, "sent"), ("command.updated", 3, "confirmed")
    ]  # fmt: skip
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {key}")
    listed = await in_database(lambda: client.get(f"/api/v1/calls/{call.id}/commands/").json()["results"])()
    assert listed == [events[2]["command"]]
    assert listed[0]["detail"] == "answered"
    await socket.send_to('{"type":"snapshot"}')
    assert (await next_event(socket))["commands"] == listed
    await socket.disconnect()


async def test_the_wall_hears_of_them(call: Call, key: str) -> None:
    socket = await opened("/ws/dashboard/", key)
    assert (await next_event(socket))["type"] == "snapshot"
    await in_database(commands.request_command)(
        call_id=call.id, type="break", params={}, requester=Requester("somebody")
    )
    (event,) = (await next_event(socket))["events"]
    assert (event["type"], event["callId"], event["command"]["type"]) == ("command.updated", str(call.id), "break")
    await socket.disconnect()


async def test_a_snapshot_holds_the_newest_in_order(call: Call, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "MAX_COMMANDS", 3)
    stream = await call.streams.aget()
    now = timezone.now()
    for number in (3, 1, 4, 0, 2):
        await Command.objects.acreate(
            call=call, stream=stream, type=str(number), by="x", requested_at=now + timedelta(seconds=number)
        )
    socket = await opened(f"/ws/calls/{call.id}/", key)
    assert [command["type"] for command in (await next_event(socket))["commands"]] == ["2", "3", "4"]
    await socket.disconnect()
