"""A menu on the driver's line: breaking in, what the call refuses, going on after a break."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bots.base import BotConfig, Making
from bots.conversation import BotFailed, CallFacts
from bots.menu import MENU, MenuConfig, MenuConversation
from tests.bots.stage import Stage, in_virtual_time

DOCUMENT = """
nodes:
  main:
    say: Would you like sales or support?
    listen: 5
    choices:
      sales: {key: 1, go: sales}
      support: {key: 2, go: bye}
  sales:
    say: One moment.
    transfer: "+12025550102"
  bye:
    say: Goodbye.
    play: https://example.com/bye.wav
    hangup:
"""


def menu(document: str = DOCUMENT, state: dict[str, Any] | None = None) -> MenuConversation:
    facts = CallFacts(call_id="1", vendor="ringover")
    making = Making(
        bot_id="", bot_name="B", document=document, config=MenuConfig(), secrets={}, facts=facts, state=state
    )
    conversation = MENU.make(making)
    assert isinstance(conversation, MenuConversation)
    return conversation


@in_virtual_time
async def test_a_caller_who_knows_the_menu() -> None:
    stage = await Stage(menu()).open()
    await asyncio.sleep(1)
    await stage.caller_says("sales please")
    await asyncio.sleep(2)
    assert stage.line.did == [
        "say Would you like sales or support?",
        "stop",
        "say One moment.",
        "transfer +12025550102 by bot Bob",
    ]
    assert stage.memory.saved[-1] == ({"node": "sales"}, False, True)


@in_virtual_time
async def test_a_menu_works_where_files_can_not_be_played() -> None:
    stage = Stage(menu())
    stage.line.refused = {"play": "Not here."}
    await stage.open()
    stage.driver.on_dtmf("2")
    await asyncio.sleep(2)
    assert stage.line.did[-3:] == ["say Goodbye.", "play refused", "hangup by bot Bob"]


@in_virtual_time
async def test_a_hang_up_that_is_refused_is_the_end_all_the_same() -> None:
    stage = Stage(menu())
    stage.line.refused = {"hangup": "No account."}
    await stage.open()
    stage.driver.on_dtmf("2")
    await asyncio.sleep(60)
    assert stage.line.did[-1] == "hangup refused" and stage.driver.phase == "ended" and not stage.driver.failure


@in_virtual_time
async def test_a_transfer_that_is_refused_is_a_failure() -> None:
    stage = Stage(menu(), fallback_number="+12025550199", config=BotConfig(apology="Sorry."))
    stage.line.refused = {"transfer": "No such number."}
    await stage.open()
    stage.driver.on_dtmf("1")
    await asyncio.sleep(60)
    assert stage.driver.failure == "No such number." and stage.line.did[-1] == "hangup by bot Bob"


@in_virtual_time
async def test_cut_off_before_it_could_transfer() -> None:
    stage = await Stage(menu(state={"node": "sales"}), resumed=True).open()
    await asyncio.sleep(10)
    assert stage.line.did == ["say I am sorry, let us go on.", "say One moment.", "transfer +12025550102 by bot Bob"]


@in_virtual_time
async def test_paused_and_resumed_it_asks_again() -> None:
    stage = await Stage(menu()).open()
    stage.driver.pause()
    await asyncio.sleep(30)
    stage.driver.resume()
    await asyncio.sleep(10)
    assert stage.line.did[1:] == ["stop", "say I am sorry, let us go on.", "say Would you like sales or support?"]


def test_a_document_with_mistakes_makes_no_conversation() -> None:
    with pytest.raises(BotFailed, match="correct it"):
        menu("nodes: [")


@in_virtual_time
async def test_a_state_that_does_not_fit_begins_anew() -> None:
    stage = await Stage(menu(state={"node": "gone"}), resumed=True).open()
    assert stage.line.did == ["say Would you like sales or support?"]
