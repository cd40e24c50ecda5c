"""Who answers, and what a bot remembers, on a real database: calls that come back, pinned versions, ends, pauses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from bots.answering import make_answer
from bots.conversation import CallFacts
from bots.driver import BotDriver
from bots.echo_audio import EchoAnswer
from bots.models import Bot, BotSession
from bots.services.bots import restore_version, save_bot
from bots.services.sessions import save_session
from bots.text_line import TextLine
from calls.events import Speech
from calls.models import Call, StreamingProfile
from calls.services.audit import Requester
from calls.session.participants import hooks
from tests.conftest import MakeCall

pytestmark = pytest.mark.django_db(transaction=True)
BY = Requester("tests")
MENU = """
nodes:
  main:
    say: Sales or support?
    choices: {sales: sales, support: code}
  code:
    say: Your code?
    digits: 4
    go: done
  sales:
    say: One moment.
    transfer: "+12025550102"
  done:
    say: Thank you.
    hangup:
"""


@pytest.fixture
def bot() -> Bot:
    bot = Bot(name="Desk", kind="menu", document=MENU)
    save_bot(bot, by=BY)
    return bot


@pytest.fixture
def call(bot: Bot, make_call: MakeCall) -> Call:
    profile = StreamingProfile.objects.create(vendor="audiocodes", name="Phone", slug="phone", bot=bot)
    return make_call(profile=profile, vendor="audiocodes", state="live", key="audiocodes:1")


class Phone:
    """A call's line of text, as a process has it."""

    def __init__(self, call: Call, **facts: Any) -> None:
        self.did: list[str] = []
        self.line = TextLine(CallFacts(call_id=str(call.id), vendor="audiocodes", **facts), self.note)
        self.line.call_id = call.id
        self.line.profile = call.profile  # type: ignore[assignment]
        self.driver: BotDriver | None = None

    def note(self, message: dict[str, Any]) -> None:
        self.did.append(message["text"] if message["type"] == "say" else message["action"])

    async def ring(self) -> Phone:
        driver = await make_answer(self.line)
        assert isinstance(driver, BotDriver)
        self.driver = driver
        driver.ready()
        return self

    async def does(self, *wanted: str) -> None:
        await until(lambda: self.did == list(wanted))

    async def says(self, text: str) -> None:
        assert self.driver is not None
        self.driver.on_speech(Speech(kind="final", at_ms=0, text=text, confidence=0.9))

    async def hang_up(self) -> None:
        assert self.driver is not None
        await self.driver.finish()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def stored(state: dict[str, Any]) -> None:
    async with asyncio.timeout(10):
        while (await row())[0] != state:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@sync_to_async
def row() -> tuple[dict[str, Any], bool, bool]:
    session = BotSession.objects.get()
    return session.state, session.paused, session.ended


def test_the_session_knows_who_answers() -> None:
    assert hooks.make_answer is make_answer


async def test_a_profile_without_bot(call: Call) -> None:
    call.profile.bot = None  # type: ignore[union-attr]
    assert await make_answer(Phone(call).line) is None
    assert not await BotSession.objects.aexists()


async def test_a_bot_that_is_disabled(call: Call, bot: Bot) -> None:
    await Bot.objects.aupdate(enabled=False)
    assert await make_answer(Phone(call).line) is None


async def test_a_call_comes_back_to_another_process(call: Call) -> None:
    first = await Phone(call).ring()
    await first.does("Sales or support?")
    await first.says("support")
    await first.does("Sales or support?", "Your code?")
    assert first.driver is not None
    first.driver.on_dtmf("47")
    await stored({"node": "code", "digits": "47"})
    await first.hang_up()
    assert await row() == ({"node": "code", "digits": "47"}, False, False)
    second = await Phone(call).ring()
    await second.does("I am sorry, let us go on.", "Your code?")
    assert second.driver is not None
    second.driver.on_dtmf("4711")
    await second.does("I am sorry, let us go on.", "Your code?", "Thank you.", "hangup")
    await second.hang_up()
    assert (await row())[2] is True
    assert await make_answer(Phone(call).line) is None


async def test_each_turn_is_stored_at_once(call: Call) -> None:
    phone = await Phone(call).ring()
    await stored({"node": "main"})
    await phone.says("support")
    await stored({"node": "code"})
    await phone.hang_up()


async def test_a_call_keeps_the_version_it_began_with(call: Call, bot: Bot) -> None:
    first = await Phone(call).ring()
    await first.does("Sales or support?")
    await first.hang_up()
    bot.document = MENU.replace("Sales or support?", "What do you want?")
    await sync_to_async(save_bot)(bot, by=BY)
    again = await Phone(call).ring()
    await again.does("I am sorry, let us go on.", "Sales or support?")
    await again.hang_up()
    await sync_to_async(restore_version)(bot, await bot.versions.aget(version=1), by=BY)
    assert (await BotSession.objects.aget()).bot_version == 1
    assert (await Bot.objects.aget()).version == 3


async def test_a_call_keeps_its_bot_when_the_profile_gets_another(call: Call) -> None:
    first = await Phone(call).ring()
    await first.does("Sales or support?")
    await first.hang_up()
    other = Bot(name="Echo", kind="echo")
    await sync_to_async(save_bot)(other, by=BY)
    call.profile.bot = other  # type: ignore[union-attr]
    again = await Phone(call).ring()
    await again.does("I am sorry, let us go on.", "Sales or support?")
    await again.hang_up()


async def test_a_pause_is_remembered(call: Call) -> None:
    first = await Phone(call).ring()
    await first.does("Sales or support?")
    assert first.driver is not None
    first.driver.pause()
    await first.hang_up()
    assert await row() == ({"node": "main"}, True, False)
    second = await Phone(call).ring()
    await second.says("support")
    await asyncio.sleep(0)
    assert second.did == [] and second.driver is not None and second.driver.phase == "paused"
    second.driver.resume()
    await second.does("I am sorry, let us go on.", "Sales or support?")
    await second.hang_up()


async def test_a_document_that_no_longer_fits(call: Call) -> None:
    await Bot.objects.aupdate(document="nodes: [")
    call.profile.fallback_number = "+12025550199"  # type: ignore[union-attr]
    phone = await Phone(call).ring()
    await phone.does("I am sorry, something went wrong. Let me put you through to somebody.", "transfer")
    await phone.hang_up()
    assert (await row())[2] is True


async def test_settings_that_no_longer_fit(call: Call) -> None:
    await Bot.objects.aupdate(config={"colour": "red"})
    phone = await Phone(call).ring()
    await phone.does("I am sorry, something went wrong. Please call again later. Goodbye.", "hangup")
    assert phone.driver is not None and "config.colour" in phone.driver.failure
    await phone.hang_up()


async def test_the_echo_answers_audio_itself(call: Call) -> None:
    await Bot.objects.aupdate(kind="echo", document="")
    phone = Phone(call)
    phone.line.takes_text = False
    answer = await make_answer(phone.line)
    assert isinstance(answer, EchoAnswer) and answer.delay == 0.5
    assert answer.health(0)["bot"]["name"] == "Desk"


async def test_where_there_are_only_words_the_echo_repeats_them(call: Call) -> None:
    await Bot.objects.aupdate(kind="echo", document="")
    phone = await Phone(call).ring()
    await phone.does("This is an echo: I say what you say.")
    await phone.says("one\0 two\ud83d")
    await phone.does("This is an echo: I say what you say.", "one two?")
    await phone.hang_up()


async def test_the_words_it_listens_for(call: Call) -> None:
    answer = await make_answer(Phone(call).line)
    assert answer is not None and {"sales", "support", "seven"} <= set(answer.phrases())


async def test_what_is_too_late_is_dropped(call: Call) -> None:
    phone = await Phone(call).ring()
    await phone.does("Sales or support?")
    await sync_to_async(call.delete)()
    await phone.hang_up()
    assert not await BotSession.objects.aexists()


def test_any_text_can_be_remembered(call: Call, bot: Bot) -> None:
    BotSession.objects.create(call=call, bot=bot, bot_version=1)
    state = {"said": "😀 é\u2028 \\ '"}
    save_session(call_id=call.id, state=state, paused=False, ended=False)
    assert BotSession.objects.get().state == state


def test_a_deleted_bot_leaves_the_session(call: Call, bot: Bot) -> None:
    BotSession.objects.create(call=call, bot=bot, bot_version=1)
    StreamingProfile.objects.update(bot=None)
    bot.delete()
    assert BotSession.objects.get().bot is None
