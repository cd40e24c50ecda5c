"""The assistant and the driver together: what reaches the line while the model still writes, and what stops it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.bots.assistant.conftest import MakeAssistant
from tests.bots.chat_server import Call, ChatServer, Hang
from tests.bots.stage import Stage


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture
async def stage(assistant: MakeAssistant, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr("tests.bots.stage.CHARACTERS_A_SECOND", 50)
    stage = Stage(assistant(greeting="Hi.", timeoutSeconds=2), fallback_number="+12025550111")
    await stage.open()
    await until(lambda: "say Hi." in stage.line.did and not stage.line.speaking)
    yield stage
    await stage.driver.finish()


async def test_a_sentence_is_spoken_while_the_next_is_written(stage: Stage, server: ChatServer) -> None:
    go_on = asyncio.Event()
    server.reply("Yes. W", go_on, "e do.")
    await stage.caller_says("are you there", seconds=0.02)
    await until(lambda: "say Yes." in stage.line.did)
    assert not server.requests[0].done.is_set()
    go_on.set()
    await until(lambda: "say We do." in stage.line.did)


async def test_a_caller_who_breaks_in_stops_the_model_and_it_learns_what_was_heard(
    stage: Stage, server: ChatServer
) -> None:
    server.reply(f"{'more and ' * 100}last. And", Hang())
    await stage.caller_says("count", seconds=0.02)
    await until(lambda: bool(stage.line.queue) and stage.line.queue[0].played_ms > 300)
    await stage.caller_says("stop it", seconds=0.02)
    async with asyncio.timeout(10):
        await server.requests[0].gone.wait()
    request = await server.request(1)
    (role, heard), answer = request.conversation[2:]
    assert role == "assistant" and heard is not None
    assert heard.startswith("more and ") and heard.endswith("…")
    assert "last" not in heard
    assert answer == ("user", "stop it")


async def test_a_tool_becomes_a_command(stage: Stage, server: ChatServer) -> None:
    server.reply("Bye.", Call("transfer", {"to": "sales"}))
    await stage.caller_says("sales please", seconds=0.02)
    await until(lambda: stage.driver.phase == "ended")
    assert stage.line.did[-2:] == ["say Bye.", "transfer +12025550123 by bot Bob"]


async def test_a_model_that_hangs_costs_its_time_only(stage: Stage, server: ChatServer) -> None:
    server.reply(Hang())
    await stage.caller_says("hello", seconds=0.02)
    await until(lambda: stage.driver.failure != "")
    assert stage.driver.failure == "The language model did not answer in time."
    await until(lambda: stage.driver.phase == "ended")
    assert stage.line.did[-2:] == [
        "say I am sorry, something went wrong. Let me put you through to somebody.",
        "transfer +12025550111 by bot Bob",
    ]


async def test_what_is_stored_lets_another_process_go_on(
    stage: Stage, server: ChatServer, assistant: MakeAssistant
) -> None:
    server.reply("Yes.")
    await stage.caller_says("are you there", seconds=0.02)
    await until(lambda: "say Yes." in stage.line.did and not stage.line.speaking)
    await stage.driver.finish()
    state, paused, ended = stage.memory.saved[-1]
    assert not paused and not ended
    later = await Stage(assistant(state=state), resumed=True).open()
    await until(lambda: "say Yes." in later.line.did)
    assert later.line.did[0] == "say I am sorry, let us go on."
    await later.driver.finish()
