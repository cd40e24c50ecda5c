"""Who has a call open: seen by those who supervise, on the wall and at the call, and forgotten by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from calls import live
from calls.consumers import presence, watch
from calls.models import Call, StreamingProfile, Team, User
from calls.models.accounts import Role
from calls.services.accounts import create_api_key
from calls.services.audit import requester
from calls.services.help import ask_help
from tests.consumers.test_browser import HOST, ORIGIN, Socket, cookie_of, in_database

pytestmark = pytest.mark.django_db(transaction=True)
held: list[Socket] = []  # a socket that nobody holds any more is closed


@pytest.fixture(autouse=True)
async def publisher(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(presence, "REST_SECONDS", 0.02)
    yield live.start()
    held.clear()
    await live.close()


@pytest.fixture
def call(make_call: Any) -> Call:
    made: Call = make_call(state="live", agent_id="123")
    return made


async def opened(user: User, path: str = "/ws/dashboard/") -> Socket:
    """Signed in, with the first snapshot read."""
    cookie = await in_database(cookie_of)(user)
    socket = await Socket(path, ORIGIN, HOST, cookie).open()
    held.append(socket)
    assert (await socket.next())["type"] == "snapshot"
    return socket


async def at(user: User, call: Call) -> Socket:
    return await opened(user, f"/ws/calls/{call.id}/")


async def told(socket: Socket, wanted: list[str], call: Call | None = None) -> None:
    """Waits until these are told to be at the call; on the wall, `call` names it."""
    seen: Any = None
    async with asyncio.timeout(5):
        while seen != wanted:
            message = await socket.next()
            if message["type"] == "presence":
                seen = message["calls"].get(str(call.id), seen) if call else message["watching"]


async def silent(socket: Socket) -> None:
    """Nothing is told of anybody."""
    while not await socket.receive_nothing(0.4):
        assert (await socket.next())["type"] != "presence"


async def test_the_wall_tells_who_comes_and_goes(call: Call, supervisor: User, admin: User, viewer: User) -> None:
    wall = await opened(supervisor)
    first = await at(admin, call)
    await told(wall, ["admin"], call)
    second = await at(viewer, call)
    await told(wall, ["admin", "viewer"], call)
    await first.disconnect()
    await told(wall, ["viewer"], call)
    await second.disconnect()
    await told(wall, [], call)


async def test_a_person_with_two_windows_is_one(call: Call, supervisor: User, admin: User) -> None:
    wall = await opened(supervisor)
    windows = [await at(admin, call), await at(admin, call)]
    await told(wall, ["admin"], call)
    await windows[0].disconnect()
    await silent(wall)
    await windows[1].disconnect()
    await told(wall, [], call)


async def test_at_the_call_it_is_told_too(call: Call, supervisor: User, admin: User) -> None:
    mine = await at(supervisor, call)
    await told(mine, ["supervisor"])
    await at(admin, call)
    await told(mine, ["admin", "supervisor"])


async def test_a_wall_that_opens_later_knows(call: Call, supervisor: User, admin: User) -> None:
    first = await opened(supervisor)
    await at(admin, call)
    await told(first, ["admin"], call)
    later = await opened(supervisor)
    await told(later, ["admin"], call)
    await later.send_to('{"type":"snapshot"}')
    await told(later, ["admin"], call)


async def test_agents_and_viewers_are_told_nothing(call: Call, agent: User, viewer: User, admin: User) -> None:
    supervised = await opened(admin)
    sockets = [await opened(agent), await at(agent, call), await opened(viewer), await at(viewer, call)]
    await at(admin, call)
    await told(supervised, ["admin", "viewer"], call)
    for socket in sockets:
        await silent(socket)


async def test_programs_are_nobody_and_told_nothing(call: Call, supervisor: User, admin: User) -> None:
    _, text = await in_database(create_api_key)(name="tests", owner=supervisor, scope="control", by=requester(admin))
    key = (b"authorization", f"Bearer {text}".encode())
    wall = await opened(supervisor)
    program = await Socket(f"/ws/calls/{call.id}/", key).open()
    await program.next()
    await at(admin, call)
    await told(wall, ["admin"], call)
    await silent(program)


async def test_an_agent_is_in_the_call_and_not_at_it(call: Call, agent: User, admin: User, supervisor: User) -> None:
    wall = await opened(supervisor)
    await at(agent, call)
    await at(admin, call)
    await told(wall, ["admin"], call)


async def test_a_supervisor_is_told_of_the_own_team_s_calls_only(
    call: Call, supervisor: User, admin: User, make_call: Any
) -> None:
    other = await StreamingProfile.objects.acreate(name="Other", product_id="9")
    elsewhere = await in_database(make_call)(state="live", profile=other, product_id="9")
    boss, wall = await opened(admin), await opened(supervisor)
    await at(admin, elsewhere)
    await told(boss, ["admin"], elsewhere)
    await silent(wall)
    await at(admin, call)
    await told(wall, ["admin"], call)


async def test_who_is_thrown_out_of_the_team_is_no_longer_at_the_call(
    call: Call, supervisor: User, admin: User, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.1)
    wall = await opened(admin)
    mine = await at(supervisor, call)
    await told(wall, ["supervisor"], call)
    await in_database(team.users.remove)(supervisor)
    async with asyncio.timeout(5):
        while (await mine.receive_output(5))["type"] != "websocket.close":
            pass
    await told(wall, [], call)


class TestOtherProcesses:
    """What they say comes over the bus; here the test says it."""

    def say(self, call: Call, *names: str, process: str = "another", asks: bool = False) -> None:
        calls = {str(call.id): list(names)} if names else {}
        live.tell_everybody({"type": "presence", "process": process, "calls": calls, "asks": asks})

    async def test_their_people_are_shown_beside_ours(self, call: Call, supervisor: User, admin: User) -> None:
        wall = await opened(supervisor)
        await at(admin, call)
        self.say(call, "ivan")
        self.say(call, "zoe", "ivan", process="third")
        await told(wall, ["admin", "ivan", "zoe"], call)
        self.say(call, process="third")
        await told(wall, ["admin", "ivan"], call)

    async def test_who_says_nothing_more_is_forgotten(
        self, call: Call, supervisor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(presence, "FORGET_SECONDS", 0.3)
        monkeypatch.setattr(presence, "LOOK_SECONDS", 0.1)
        wall = await opened(supervisor)
        self.say(call, "ivan")
        await told(wall, ["ivan"], call)
        await told(wall, [], call)

    async def test_who_asks_is_answered_and_ours_is_said_again(
        self, call: Call, supervisor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(presence, "LOOK_SECONDS", 0.05)
        heard: asyncio.Queue[Any] = asyncio.Queue()
        other = live.listen_process(live.EVERYBODY, heard.put_nowait)
        try:
            await at(supervisor, call)

            async def ours() -> None:
                async with asyncio.timeout(5):
                    while (await heard.get()).get("calls") != {str(call.id): ["supervisor"]}:
                        pass

            await ours()
            self.say(call, process="new", asks=True)
            await ours()
            monkeypatch.setattr(presence, "REPEAT_SECONDS", 0.1)
            self.say(call, process="new", asks=True)
            for _ in range(3):
                await ours()
        finally:
            await other.close()


async def test_help_is_told_at_once(call: Call, agent: User, supervisor: User) -> None:
    wall = await opened(supervisor)
    await sync_to_async(ask_help)(call_id=call.id, by=requester(agent), note="refund")
    (event,) = [event for event in await wall.events() if event["type"] == "call.updated"]
    assert event["callId"] == str(call.id)
    assert (event["call"]["help"]["by"], event["call"]["help"]["note"]) == ("agent", "refund")


async def test_roles_that_are_no_agents_count(call: Call, supervisor: User) -> None:
    """An admin who also has an agent's id supervises."""
    both = await in_database(User.objects.create_user)("both", role=Role.AGENT, agent_id="123x", is_superuser=True)
    wall = await opened(supervisor)
    await at(both, call)
    await told(wall, ["both"], call)
