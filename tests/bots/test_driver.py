"""The driver on a line whose seconds are exact: turns, barge-in, keys, silence, acts, pausing, failing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from bots.base import BotConfig
from bots.conversation import (
    Act,
    Action,
    Begun,
    BotFailed,
    End,
    Happened,
    Interrupted,
    Listen,
    Play,
    Pressed,
    Said,
    Say,
    Silence,
)
from tests.bots.stage import Script, Stage, in_virtual_time

TEN_SECONDS = "x" * 100  # of speech


def answering(*actions: Action, **others: list[Action]) -> Script:
    """Does `actions` at the beginning, and to other events what is given by their type's name; nothing by default."""

    async def respond(event: Happened) -> AsyncIterator[Action]:
        name = type(event).__name__.lower()
        for action in others.get(name, []) if name in others or not isinstance(event, Begun) else actions:
            yield action

    return Script(respond)


@in_virtual_time
async def test_it_begins_once_when_the_caller_can_hear() -> None:
    script = answering(Say("Hello"), Listen(5))
    stage = Stage(script)
    await asyncio.sleep(1)
    assert script.told == [] and stage.line.log == []
    await stage.open()
    stage.driver.ready()
    await asyncio.sleep(1)
    assert script.told == [Begun()] and stage.line.did == ["say Hello"]


@in_virtual_time
async def test_words_make_a_turn_that_settles() -> None:
    script = answering(Listen(60), said=[Say("Ok")])
    stage = await Stage(script).open()
    stage.hear("started")
    await asyncio.sleep(1)
    stage.hear("final", "I want", 0.9)
    await asyncio.sleep(0.25)
    stage.hear("started")  # he goes on
    await asyncio.sleep(1)
    stage.hear("interim", "sal")
    stage.hear("stopped")
    await asyncio.sleep(0.5)
    stage.hear("final", "sales", 0.4)
    await asyncio.sleep(0.29)
    assert script.told == [Begun()]
    await asyncio.sleep(0.02)
    assert script.told == [Begun(), Said("I want sales", 0.4)]


@in_virtual_time
async def test_who_speaks_without_end_is_still_answered() -> None:
    script = answering(Listen(60))
    stage = await Stage(script).open()
    stage.hear("final", "hello", None)
    stage.hear("interim", "and")
    await asyncio.sleep(11)
    assert script.told[1:] == [Said("hello", None)]


@in_virtual_time
async def test_keys_come_one_by_one_and_at_once() -> None:
    script = answering(Say(TEN_SECONDS), Listen(5), pressed=[Listen(3)])
    stage = await Stage(script).open()
    await asyncio.sleep(1)
    stage.driver.on_dtmf("1#")
    await asyncio.sleep(0.01)
    assert script.told == [Begun(), Interrupted(""), Pressed("1"), Pressed("#")]
    assert stage.line.log[1] == (1.0, "stop")


@in_virtual_time
async def test_every_key_is_told_even_while_it_thinks() -> None:
    async def respond(event: Happened) -> AsyncIterator[Action]:
        if isinstance(event, Pressed):
            await asyncio.sleep(5)
            yield Say(f"you pressed {event.digit}")
        elif isinstance(event, Begun):
            yield Listen(60)

    script = Script(respond)
    stage = await Stage(script).open()
    stage.driver.on_dtmf("123")
    await asyncio.sleep(6)
    assert script.told[1:] == [Pressed("1"), Interrupted(""), Pressed("2"), Interrupted(""), Pressed("3")]
    assert stage.line.did == ["say you pressed 3"]


# Barge-in


@in_virtual_time
async def test_the_caller_breaks_in() -> None:
    words = "one two three four five six seven eight nine ten"  # 4.8 s
    script = answering(Say("Hello there"), Say(words), Listen(5), said=[Say("Yes?"), Listen(5)])
    stage = await Stage(script).open()
    await asyncio.sleep(1.1 + 2.4)
    await stage.caller_says("sales please")
    assert stage.line.log == [(0.0, "say Hello there"), (0.0, f"say {words}"), (3.5, "stop"), (5.0, "say Yes?")]
    assert script.told == [
        Begun(),
        Interrupted("Hello there one two three four five"),
        Said("sales please", 0.9),
    ]


@in_virtual_time
async def test_an_interim_breaks_in_too() -> None:
    script = answering(Say(TEN_SECONDS), Listen(5))
    stage = await Stage(script).open()
    stage.hear("interim", "sal")
    assert stage.line.did[-1] == "stop" and not stage.line.speaking


@in_virtual_time
async def test_what_is_still_being_made_up_is_dropped() -> None:
    async def respond(event: Happened) -> AsyncIterator[Action]:
        if isinstance(event, Begun):
            yield Say("First sentence.")
            await asyncio.sleep(60)
            yield Say("Second sentence.")

    script = Script(respond)
    stage = await Stage(script, config=BotConfig(patience_seconds=90)).open()
    await asyncio.sleep(0.5)
    stage.hear("started")
    await asyncio.sleep(0.01)
    assert script.closed == [Begun()]
    assert script.told == [Begun(), Interrupted("First")]
    await asyncio.sleep(70)
    assert stage.line.did == ["say First sentence.", "stop"]


@in_virtual_time
async def test_more_words_while_it_thinks_are_a_new_turn() -> None:
    async def respond(event: Happened) -> AsyncIterator[Action]:
        if isinstance(event, Said):
            await asyncio.sleep(3)
            yield Say(event.text)
        elif isinstance(event, Begun):
            yield Listen(60)

    script = Script(respond)
    stage = await Stage(script).open()
    await stage.caller_says("I want")
    await stage.caller_says("to cancel")
    await asyncio.sleep(4)
    assert script.told[1:] == [Said("I want", 0.9), Interrupted(""), Said("to cancel", 0.9)]
    assert stage.line.did == ["say to cancel"]


@pytest.mark.parametrize("where", ["turn", "bot"])
@in_virtual_time
async def test_without_barge_in_speech_is_ignored_and_keys_count(where: str) -> None:
    script = answering(Say(TEN_SECONDS), Listen(5, barge_in=where == "bot"))
    stage = await Stage(script, config=BotConfig(barge_in=where == "turn")).open()
    await asyncio.sleep(1)
    await stage.caller_says("sales")
    assert script.told == [Begun()] and stage.line.did == [f"say {TEN_SECONDS}"]
    stage.driver.on_dtmf("1")
    await asyncio.sleep(0.01)
    assert script.told == [Begun(), Interrupted(""), Pressed("1")]


@in_virtual_time
async def test_who_answers_a_little_early_is_heard() -> None:
    script = answering(Say("Sales or support?"), Listen(5, barge_in=False))
    stage = await Stage(script).open()
    await asyncio.sleep(1.4)
    stage.hear("started")
    await asyncio.sleep(1)
    stage.hear("final", "support", 0.8)
    await asyncio.sleep(0.4)
    assert script.told == [Begun(), Said("support", 0.8)]


@in_virtual_time
async def test_where_only_keys_count_words_are_ignored() -> None:
    script = answering(Say(TEN_SECONDS), Listen(5, speech=False))
    stage = await Stage(script).open()
    await asyncio.sleep(1)
    await stage.caller_says("sales")
    await asyncio.sleep(9)
    await stage.caller_says("sales")
    assert script.told == [Begun()]


# Silence


@in_virtual_time
async def test_silence_counts_from_when_all_is_heard() -> None:
    script = answering(Say(TEN_SECONDS), Listen(5), silence=[Say("Still there?"), Listen(5)])
    stage = await Stage(script).open()
    await asyncio.sleep(14.9)
    assert script.told == [Begun()]
    await asyncio.sleep(0.2)
    assert script.told == [Begun(), Silence()]
    await asyncio.sleep(1.2 + 5.1)
    assert script.told == [Begun(), Silence(), Silence()] and stage.driver.phase == "active"


@in_virtual_time
async def test_a_caller_who_speaks_is_not_silent() -> None:
    script = answering(Listen(5))
    stage = await Stage(script).open()
    await asyncio.sleep(4)
    stage.hear("started")
    await asyncio.sleep(4)
    stage.hear("stopped")
    await asyncio.sleep(1.9)  # the final may come yet
    assert script.told == [Begun()]
    await asyncio.sleep(5)  # it was a cough
    assert script.told == [Begun()]
    await asyncio.sleep(0.2)
    assert script.told == [Begun(), Silence()]


@in_virtual_time
async def test_a_cough_that_stopped_the_bot_ends_in_silence() -> None:
    script = answering(Say(TEN_SECONDS), Listen(5))
    stage = await Stage(script).open()
    stage.hear("started")
    stage.hear("stopped")
    await asyncio.sleep(7.1)
    assert script.told == [Begun(), Interrupted(""), Silence()]


@in_virtual_time
async def test_the_vendors_own_timer_is_silence() -> None:
    script = answering(Say("Hello"), Listen(60))
    stage = await Stage(script).open()
    stage.driver.on_no_input()  # it is still speaking
    await asyncio.sleep(1)
    assert script.told == [Begun()]
    stage.driver.on_no_input()
    await asyncio.sleep(0.01)
    assert script.told == [Begun(), Silence()]


@in_virtual_time
async def test_while_a_supervisor_speaks_nobody_is_silent() -> None:
    script = answering(Listen(5))
    stage = await Stage(script).open()
    await asyncio.sleep(4)
    stage.line.say(TEN_SECONDS)
    await asyncio.sleep(6)
    stage.hear("started")
    stage.hear("stopped")
    assert stage.line.speaking  # the caller stops the bot only
    await asyncio.sleep(6.9)
    assert script.told == [Begun()]
    await asyncio.sleep(2.2)
    assert script.told == [Begun(), Silence()]


@in_virtual_time
async def test_where_the_platform_speaks_silence_waits_as_long_as_speech_takes() -> None:
    script = answering(Say("x" * 45), Listen(5))
    stage = Stage(script)
    stage.line.takes_text = True
    stage.line.say = instant(stage)  # type: ignore[method-assign]
    await stage.open()
    await asyncio.sleep(7.9)
    assert script.told == [Begun()]
    await asyncio.sleep(0.2)
    assert script.told == [Begun(), Silence()]


def instant(stage: Stage) -> Any:
    """A platform's voice: taken for heard at once."""
    say = stage.line.say

    def spoken(text: str, **how: Any) -> Any:
        utterance = say(text, **how)
        stage.line.played(utterance)
        return utterance

    return spoken


# Acts


@in_virtual_time
async def test_an_act_waits_until_all_is_heard_and_nothing_stops_it() -> None:
    script = answering(Say(TEN_SECONDS), Act("transfer", {"target": "+12025550102"}), End())
    stage = await Stage(script).open()
    await asyncio.sleep(2)
    await stage.caller_says("wait")
    stage.driver.on_dtmf("1")
    await asyncio.sleep(8)
    assert stage.line.log == [(0.0, f"say {TEN_SECONDS}"), (10.01, "transfer +12025550102 by bot Bob")]
    assert script.told == [Begun()]
    assert stage.memory.saved == [({"told": 1}, False, True)]


@in_virtual_time
async def test_after_its_end_it_hears_nothing() -> None:
    script = answering(Say("Bye"), Act("hangup"), End(), Say("never"))
    stage = await Stage(script).open()
    await asyncio.sleep(1)
    await stage.caller_says("hello?")
    stage.driver.on_dtmf("1")
    stage.driver.on_no_input()
    stage.driver.pause()
    stage.driver.resume()
    await asyncio.sleep(60)
    assert stage.line.did == ["say Bye", "hangup by bot Bob"] and script.told == [Begun()]
    assert stage.driver.health(0) == {"bot": {"name": "Bob", "state": "ended", "error": None}}


@in_virtual_time
async def test_a_break_waits_for_nothing() -> None:
    async def respond(event: Happened) -> AsyncIterator[Action]:
        if isinstance(event, Begun):
            yield Say(TEN_SECONDS)
            await asyncio.sleep(1)
            yield Act("break")
            yield Say("Sorry")

    stage = await Stage(Script(respond)).open()
    await asyncio.sleep(2)
    assert stage.line.log == [(0.0, f"say {TEN_SECONDS}"), (1.0, "stop"), (1.0, "say Sorry")]


@in_virtual_time
async def test_a_refused_act_reaches_the_conversation() -> None:
    script = answering(Act("transfer", {"target": "abc"}), Play("https://example.com/a.wav"), Say("Hm"), Listen(5))
    stage = Stage(script)
    stage.line.refused = {"transfer": "abc is no number", "play": "Not here"}
    await stage.open()
    await asyncio.sleep(1)
    assert script.refusals == ["abc is no number", "Not here"]
    assert stage.line.did == ["transfer refused", "play refused", "say Hm"]
    assert stage.driver.phase == "active"


# Pausing


@in_virtual_time
async def test_a_supervisor_pauses_and_resumes_it() -> None:
    script = answering(Say(TEN_SECONDS), Listen(5))
    stage = await Stage(script).open()
    await asyncio.sleep(1)
    stage.driver.pause()
    assert stage.line.did[-1] == "stop"
    await stage.caller_says("hello")
    stage.driver.on_dtmf("1")
    stage.driver.on_no_input()
    await asyncio.sleep(60)
    assert script.told == [Begun(), Interrupted("")] and stage.line.log[-1] == (1.0, "stop")
    assert stage.memory.saved[-1] == ({"told": 2}, True, False)
    assert stage.driver.health(0)["bot"]["state"] == "paused"
    stage.driver.resume()
    await asyncio.sleep(0.1)
    assert script.told[2:] == [Begun(resumed=True)] and stage.memory.saved[-1][1] is True
    await asyncio.sleep(10)
    assert stage.memory.saved[-1] == ({"told": 3}, False, False)


@in_virtual_time
async def test_a_pause_also_stops_what_nothing_else_stops() -> None:
    stage = await Stage(answering(Say(TEN_SECONDS), Act("hangup"), End())).open()
    stage.driver.pause()
    await asyncio.sleep(60)
    assert stage.line.did == [f"say {TEN_SECONDS}", "stop"]


@in_virtual_time
async def test_a_paused_bot_of_a_call_that_came_back_waits() -> None:
    script = answering(Say("Hello"), Listen(5))
    stage = await Stage(script, resumed=True, paused=True).open()
    await asyncio.sleep(60)
    assert script.told == []
    stage.driver.resume()
    await asyncio.sleep(0.1)
    assert script.told == [Begun(resumed=True)]


@in_virtual_time
async def test_paused_before_it_began() -> None:
    script = answering(Say("Hello"))
    stage = Stage(script)
    stage.driver.pause()
    await stage.open()
    stage.driver.resume()
    await asyncio.sleep(1)
    assert script.told == [Begun()]


# Failure


def failing(error: Exception) -> Script:
    async def respond(event: Happened) -> AsyncIterator[Action]:
        if isinstance(event, Said):
            raise error
        yield Say("Hello")
        yield Listen(60)

    return Script(respond)


@pytest.mark.parametrize("error", [BotFailed("the model is down"), ZeroDivisionError("a mistake")], ids=["told", "bug"])
@in_virtual_time
async def test_who_fails_apologises_and_hands_over(error: Exception) -> None:
    stage = await Stage(
        failing(error), fallback_number="+12025550199", config=BotConfig(apology="Sorry.", farewell="Bye.")
    ).open()
    await asyncio.sleep(1)
    await stage.caller_says("sales")
    stage.driver.on_dtmf("1")  # in vain
    await asyncio.sleep(5)
    assert stage.line.did == ["say Hello", "say Sorry.", "transfer +12025550199 by bot Bob"]
    assert stage.memory.saved[-1][2] is True
    assert stage.driver.health(0) == {"bot": {"name": "Bob", "state": "ended", "error": str(error)}}


@in_virtual_time
async def test_without_a_fallback_it_says_goodbye_and_hangs_up() -> None:
    stage = await Stage(failing(BotFailed("down")), config=BotConfig(farewell="Bye.")).open()
    await stage.caller_says("sales")
    await asyncio.sleep(5)
    assert stage.line.did[-2:] == ["say Bye.", "hangup by bot Bob"]


@in_virtual_time
async def test_where_even_the_fallback_is_refused() -> None:
    stage = Stage(failing(BotFailed("down")), fallback_number="1", config=BotConfig(apology="Sorry.", farewell="Bye."))
    stage.line.refused = {"transfer": "no"}
    await stage.open()
    await stage.caller_says("sales")
    await asyncio.sleep(5)
    assert stage.line.did[-4:] == ["say Sorry.", "transfer refused", "say Bye.", "hangup by bot Bob"]


async def transferring(event: Happened) -> AsyncIterator[Action]:
    yield Act("transfer", {"target": "+12025550123"})
    yield End()


@pytest.mark.parametrize("early", [True, False], ids=["before its id is known", "later"])
@in_virtual_time
async def test_a_caller_whose_transfer_fails_is_not_left_alone(early: bool) -> None:
    stage = Stage(
        Script(transferring), fallback_number="+12025550199", config=BotConfig(apology="Sorry.", farewell="Bye.")
    )
    first, second = stage.line.ids = [uuid4(), uuid4()]
    await stage.open()
    if not early:
        await asyncio.sleep(5)
    stage.driver.on_outcome(uuid4(), "transfer", ok=False, detail="somebody else's")
    stage.driver.on_outcome(first, "transfer", ok=False, detail="busy")
    await asyncio.sleep(5)
    assert stage.line.did == ["transfer +12025550123 by bot Bob", "say Sorry.", "transfer +12025550199 by bot Bob"]
    stage.driver.on_outcome(second, "transfer", ok=False, detail="busy, too")
    await asyncio.sleep(5)
    assert stage.line.did[3:] == ["say Bye.", "hangup by bot Bob"]
    assert stage.driver.health(0)["bot"]["error"] == "The transfer failed: busy, too"
    assert stage.memory.saved[-1][2] is True


@in_virtual_time
async def test_an_act_that_nobody_expected_to_be_refused_is_a_failure() -> None:
    async def respond(event: Happened) -> AsyncIterator[Action]:
        yield Act("transfer", {"target": "1"})

    class Stubborn(Script):
        def respond(self, event: Happened) -> AsyncIterator[Action]:
            return respond(event)

    stage = Stage(Stubborn(respond), config=BotConfig(farewell="Bye."))
    stage.line.refused = {"transfer": "no such number"}
    await stage.open()
    await asyncio.sleep(5)
    assert stage.line.did == ["transfer refused", "say Bye.", "hangup by bot Bob"]
    assert stage.driver.failure == "no such number"


@in_virtual_time
async def test_a_bot_that_hangs_is_bounded() -> None:
    async def respond(event: Happened) -> AsyncIterator[Action]:
        await asyncio.Event().wait()
        yield Say("never")

    stage = await Stage(Script(respond), config=BotConfig(patience_seconds=8, farewell="Bye.")).open()
    await asyncio.sleep(9)
    assert stage.line.log == [(8.0, "say Bye."), (8.41, "hangup by bot Bob")]


@in_virtual_time
async def test_a_bot_that_clings_is_let_go() -> None:
    async def respond(event: Happened) -> AsyncIterator[Action]:
        if isinstance(event, Begun):
            try:
                yield Say(TEN_SECONDS)
            finally:
                await asyncio.Event().wait()

    stage = await Stage(Script(respond)).open()
    stage.driver.on_dtmf("1")
    await asyncio.sleep(11)
    assert stage.conversation.told[-1] == Pressed("1")


@in_virtual_time
async def test_a_line_that_can_not_speak_leads_to_people() -> None:
    stage = Stage(answering(Say("Hello"), Listen(5)), fallback_number="+12025550199")
    stage.line.mute = RuntimeError("no voice")
    await stage.open()
    await asyncio.sleep(1)
    assert stage.line.did[-1] == "transfer +12025550199 by bot Bob"
    assert stage.driver.failure == "It could not be spoken: no voice"


# Voice, words, end


@in_virtual_time
async def test_its_voice() -> None:
    config = BotConfig(synthesizer="google", voice="en-US-Wavenet-A", language="en-US")
    stage = await Stage(answering(Say("Hello"), Say("Bonjour", "fr-FR"), Say("Hi", "en-GB")), config=config).open()
    assert stage.line.voices == [
        {"synthesizer": "google", "voice": "en-US-Wavenet-A", "language": "en-US"},
        {"synthesizer": "google", "language": "fr-FR"},
        {"synthesizer": "google", "voice": "en-US-Wavenet-A", "language": "en-GB"},
    ]


@in_virtual_time
async def test_the_words_it_expects() -> None:
    assert Stage(answering(), expected=("sales", "support")).driver.phrases() == ("sales", "support")


@in_virtual_time
async def test_the_streams_end_is_bounded_and_remembered() -> None:
    async def respond(event: Happened) -> AsyncIterator[Action]:
        yield Say("Hello")
        await asyncio.Event().wait()

    stage = await Stage(Script(respond)).open()
    await stage.driver.finish()
    assert stage.conversation.closed == [Begun()] and stage.conversation.ended
    assert stage.memory.saved == [({"told": 1}, False, False)]


@in_virtual_time
async def test_a_stream_that_ends_before_it_began() -> None:
    stage = Stage(answering(Say("Hello")))
    await stage.driver.finish()
    assert stage.conversation.told == [] and stage.memory.saved == [] and stage.conversation.ended
