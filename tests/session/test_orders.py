"""Commands reach the session that holds the stream: once, in time, also when nobody told of them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from calls import live
from calls.models import Call, Command, Stream, StreamingProfile
from calls.services import commands
from calls.services.audit import Requester
from calls.session.orders import Order
from calls.session.runtime import Runtime
from tests.conftest import MakeCall

pytestmark = pytest.mark.django_db(transaction=True)


class Session:
    """As much of a session as the runtime and its dispatcher see."""

    phase = "open"

    def __init__(self, stream_id: uuid.UUID | None) -> None:
        self.stream_id = stream_id
        self.orders: asyncio.Queue[Order] = asyncio.Queue()
        self.replaced = asyncio.Event()

    def execute(self, order: Order) -> None:
        self.orders.put_nowait(order)

    def superseded(self) -> None:
        self.replaced.set()

    def tick(self, now: float, *, quiet_turn: bool) -> None: ...

    def publish_health(self) -> None: ...

    def report(self) -> Any:
        return None

    async def end(self) -> None: ...


@pytest.fixture
def call(acme: StreamingProfile, make_call: MakeCall) -> Call:
    return make_call(state="live", vendor="acme", profile=acme)


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    runtime = Runtime()
    yield runtime
    await runtime.close()


@database_sync_to_async
def ask(call: Call, runtime: Runtime) -> Command:
    Stream.objects.update(process=runtime.id)
    return commands.request_command(call_id=call.id, type="break", params={}, requester=Requester("somebody"))


@database_sync_to_async
def stream_of(call: Call) -> uuid.UUID:
    return call.streams.get().id


async def hold(call: Call, runtime: Runtime) -> Session:
    """A session for the call's stream."""
    session: Any = Session(await stream_of(call))
    runtime.sessions.add(session)
    return session


async def settled(command: Command) -> Command:
    """The row, once something became of it."""
    async with asyncio.timeout(10):
        while True:
            await command.arefresh_from_db()
            if command.state != "requested":
                return command
            await asyncio.sleep(0.01)


async def test_the_session_is_told(call: Call, runtime: Runtime) -> None:
    session = await hold(call, runtime)
    runtime.sessions.add(Session(uuid.uuid4()))  # type: ignore[arg-type]
    command = await ask(call, runtime)
    async with asyncio.timeout(5):
        order = await session.orders.get()
    assert order == Order(command.id, session.stream_id, "break", {}, command.requested_at, "somebody")  # type: ignore[arg-type]


async def test_a_lost_message_is_made_up_for(call: Call, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "tell_process", lambda process, message: None)
    session = await hold(call, runtime)
    command = await ask(call, runtime)
    async with asyncio.timeout(5):
        assert (await session.orders.get()).id == command.id


async def test_nothing_is_executed_twice(call: Call, runtime: Runtime) -> None:
    session = await hold(call, runtime)
    command = await ask(call, runtime)
    async with asyncio.timeout(5):
        order = await session.orders.get()
    live.tell_process(runtime.id, {"type": "command", "order": order})
    await runtime.dispatcher.look()
    await runtime.dispatcher.look()
    assert session.orders.empty() and command.id in runtime.dispatcher.taken


async def test_nothing_is_executed_late(call: Call, runtime: Runtime) -> None:
    session = await hold(call, runtime)
    assert session.stream_id
    ages = [commands.SEND_SECONDS + 0.5, commands.SEND_SECONDS - 2]
    for number, age in enumerate(ages):
        at = timezone.now() - timedelta(seconds=age)
        runtime.dispatcher.take(Order(uuid.uuid4(), session.stream_id, str(number), {}, at, "somebody"))
    assert [session.orders.get_nowait().type, session.orders.empty()] == ["1", True]


async def test_what_was_executed_is_remembered_as_long_as_it_may_come_again(call: Call, runtime: Runtime) -> None:
    session = await hold(call, runtime)
    assert session.stream_id
    runtime.dispatcher.take(Order(uuid.uuid4(), session.stream_id, "break", {}, timezone.now(), "somebody"))
    now = runtime.loop.time()
    for seconds, remembered in ((commands.SEND_SECONDS + 1, 1), (3 * commands.SEND_SECONDS, 0)):
        if runtime.dispatcher.looking:
            await asyncio.wait({runtime.dispatcher.looking})
        runtime.dispatcher.tick(now + seconds)
        assert len(runtime.dispatcher.taken) == remembered


async def test_a_stream_that_is_gone(call: Call, runtime: Runtime) -> None:
    command = await settled(await ask(call, runtime))
    assert (command.state, command.error) == ("failed", "The connection ended before it could be sent.")


async def test_a_stream_that_is_just_opening(call: Call, runtime: Runtime) -> None:
    runtime.dispatcher.next_look = float("inf")
    opening: Any = Session(None)
    runtime.sessions.add(opening)
    command = await ask(call, runtime)
    await asyncio.sleep(0)
    await command.arefresh_from_db()
    assert command.state == "requested"
    opening.stream_id = await stream_of(call)
    await runtime.dispatcher.look()
    assert opening.orders.get_nowait().id == command.id


async def test_a_stream_that_did_not_open(call: Call, runtime: Runtime) -> None:
    other: Any = Session(None)
    runtime.sessions.add(other)
    command = await settled(await ask(call, runtime))
    assert (command.state, command.error) == ("failed", "The connection ended before it could be sent.")


async def test_a_newer_connection_takes_over(call: Call, runtime: Runtime) -> None:
    session = await hold(call, runtime)
    live.tell_process(runtime.id, {"type": "superseded", "stream_id": uuid.uuid4()})
    live.tell_process(runtime.id, {"type": "superseded", "stream_id": session.stream_id})
    async with asyncio.timeout(5):
        await session.replaced.wait()


async def test_strange_messages_harm_nobody(call: Call, runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    session = await hold(call, runtime)
    for message in (
        {"type": "dance"},
        {"type": "command", "order": {"id": 5}},
        {"type": "superseded", "stream_id": "x"},
    ):
        live.tell_process(runtime.id, message)
    await ask(call, runtime)
    async with asyncio.timeout(5):
        await session.orders.get()
    assert caplog.text.count("could not be dealt with") == 2 and "does not know" in caplog.text


async def test_an_idle_process_asks_nothing_of_the_database(call: Call, runtime: Runtime) -> None:
    runtime.dispatcher.tick(runtime.loop.time() + 10)
    assert runtime.dispatcher.looking is None


async def test_a_database_that_is_away_is_asked_again(
    call: Call, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed = asyncio.Event()
    real = commands.waiting_for

    def away(process: uuid.UUID) -> list[Order]:
        runtime.loop.call_soon_threadsafe(failed.set)
        raise OSError("no database")

    monkeypatch.setattr(commands, "waiting_for", away)
    monkeypatch.setattr(live, "tell_process", lambda process, message: None)
    session = await hold(call, runtime)
    command = await ask(call, runtime)
    async with asyncio.timeout(10):
        await failed.wait()
        monkeypatch.setattr(commands, "waiting_for", real)
        assert (await session.orders.get()).id == command.id
    assert "could not look for commands: no database" in caplog.text
