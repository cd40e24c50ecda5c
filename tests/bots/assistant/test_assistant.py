"""An assistant in a call, its model a local endpoint on a real socket."""

from __future__ import annotations

import asyncio
import json

import pytest

from bots.conversation import (
    Act,
    ActRefused,
    Begun,
    BotFailed,
    CallFacts,
    End,
    Interrupted,
    Listen,
    Pressed,
    Said,
    Say,
    Silence,
)
from tests.bots.assistant.conftest import MakeAssistant
from tests.bots.chat_server import Call, ChatServer, Drop, Finish, Hang, Raw, Refuse
from tests.bots.driving import answer, close, next_action, said

LISTEN = Listen(8.0)


async def test_it_greets_without_asking_the_model(assistant: MakeAssistant, server: ChatServer) -> None:
    assert await answer(assistant(greeting="Good day."), Begun()) == [Say("Good day."), LISTEN]
    assert server.connections == 0


async def test_a_turn(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant(systemPrompt="Sell shoes.", greeting="Good day.", temperature=0.5, maxTokens=99, language="de-DE")
    await answer(one, Begun())
    server.reply("We have ", "red sh", "oes. And", " blue ones")
    assert await answer(one, Said("what do you have")) == [Say("We have red shoes."), Say("And blue ones"), LISTEN]
    request = server.requests[0]
    assert request.headers["authorization"] == "Bearer sk-test"
    assert {key: request.body[key] for key in ("model", "stream", "temperature", "max_tokens")} == {
        "model": "local",
        "stream": True,
        "temperature": 0.5,
        "max_tokens": 99,
    }
    system = request.messages[0]
    assert system["role"] == "system"
    assert system["content"].startswith("Sell shoes.") and "de-DE" in system["content"]
    assert request.conversation == [("assistant", "Good day."), ("user", "what do you have")]


async def test_the_next_turn_knows_the_last(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant(greeting="Good day.")
    for event in (Begun(), Said("first"), Said("second")):
        await answer(one, event)
    assert server.requests[1].conversation == [
        ("assistant", "Good day."),
        ("user", "first"),
        ("assistant", "You said: first."),
        ("user", "second"),
    ]


async def test_what_the_environment_says_of_openai_stays_here(
    assistant: MakeAssistant, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "our-organization")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "our-project")
    await answer(assistant(), Said("hello"))
    assert "our-" not in json.dumps(server.requests[0].headers)


# When sentences come


async def test_a_sentence_is_said_while_the_next_is_written(assistant: MakeAssistant, server: ChatServer) -> None:
    go_on = asyncio.Event()
    server.reply("It is open. Y", go_on, "es, really.")
    turn = assistant().respond(Said("is it open"))
    assert await next_action(turn) == Say("It is open.")
    assert not server.requests[0].done.is_set()
    go_on.set()
    assert await next_action(turn) == Say("Yes, really.")
    assert await next_action(turn) == LISTEN


@pytest.mark.parametrize("first", ["It is open.", "Is it open?", "そうです。", "It is open\n"])
async def test_a_sentence_needs_no_next_one(assistant: MakeAssistant, server: ChatServer, first: str) -> None:
    """The model falls silent right behind the full stop; nothing but a pause can tell that it is one."""
    server.reply(first, Hang())
    turn = assistant().respond(Said("is it open"))
    assert await next_action(turn) == Say(first.strip())
    await close(turn)


async def test_a_pause_within_a_sentence_cuts_nothing(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply("It costs 3.", 0.25, "5 dollars at Dr.", 0.25, " Smith's, ", 0.25, "today.")
    assert said(await answer(assistant(), Said("how much"))) == ["It costs 3.5 dollars at Dr. Smith's, today."]


async def test_markup_and_thoughts_are_not_said(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply("<thi", "nk>the user wants. A list!</think>", "**Sure!** 😀 ", "\n- Shoes\n- [Socks](http://x.test)\n")
    assert said(await answer(assistant(), Said("list them"))) == ["Sure!", "Shoes", "Socks"]


async def test_an_answer_that_is_cut_off_ends_with_a_whole_sentence(
    assistant: MakeAssistant, server: ChatServer
) -> None:
    server.reply("We have shoes. And we also", Finish("length"))
    assert said(await answer(assistant(), Said("what"))) == ["We have shoes."]
    server.reply("and we also", Finish("length"))
    assert said(await answer(assistant(), Said("what"))) == ["and we also"]


# When the caller breaks in


async def test_breaking_in_drops_the_request(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply("Well. Let me see. And", Hang())
    turn = assistant().respond(Said("hello"))
    assert await next_action(turn) == Say("Well.")
    await close(turn)
    async with asyncio.timeout(10):
        await server.requests[0].gone.wait()


async def test_breaking_in_before_the_first_word_drops_it_too(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply(Hang())
    one = assistant()
    turn = one.respond(Said("hello"))
    waiting = asyncio.ensure_future(next_action(turn))
    request = await server.request()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await close(turn)
    async with asyncio.timeout(10):
        await request.gone.wait()
    await answer(one, Interrupted(""))
    await answer(one, Said("are you there"))
    assert server.requests[1].conversation == [("user", "hello\nare you there")]


async def test_the_model_is_told_what_was_really_heard(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant()
    server.reply("We have red shoes. We have blue shoes. And", Hang())
    turn = one.respond(Said("what do you have"))
    assert [await next_action(turn), await next_action(turn)] == [Say("We have red shoes."), Say("We have blue shoes.")]
    await close(turn)
    assert await answer(one, Interrupted("We have red shoes. We")) == []
    await answer(one, Said("the red ones"))
    assert server.requests[1].conversation == [
        ("user", "what do you have"),
        ("assistant", "We have red shoes. We…"),
        ("user", "the red ones"),
    ]


async def test_breaking_in_after_the_answer_was_written(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant()
    await answer(one, Said("first"))
    await answer(one, Interrupted("You said"))
    await answer(one, Said("second"))
    assert server.requests[1].conversation[1] == ("assistant", "You said…")


async def test_the_greeting_can_be_broken_too_but_no_answer_by_another_prompt(
    assistant: MakeAssistant, server: ChatServer
) -> None:
    one = assistant(greeting="Good day, how are you?")
    await answer(one, Begun())
    await answer(one, Interrupted("Good"))
    await answer(one, Said("first"))
    await answer(one, Silence())
    await answer(one, Interrupted("Are you"))
    await answer(one, Said("second"))
    assert server.requests[1].conversation == [
        ("assistant", "Good…"),
        ("user", "first"),
        ("assistant", "You said: first."),
        ("user", "second"),
    ]


# When the endpoint fails


@pytest.mark.parametrize(
    ("pieces", "words", "reason"),
    [
        ((Hang(),), [], "did not answer in time"),
        (("One moment. Y", Hang()), ["One moment."], "did not answer in time"),
        (("<think>", Hang()), [], "did not answer in time"),
        ((Refuse(401, "wrong key"),), [], "answered 401 wrong key"),
        ((Refuse(404, "no such model"),), [], "answered 404 no such model"),
        (("One moment. Y", Drop()), ["One moment."], "broke off"),
        ((), [], "its answer was empty"),
        (("😀", Finish("length")), [], "its answer was empty .it ended with 'length'"),
        ((Raw("data: {"),), [], "failed"),
        ((Raw('data: {"choices": [{"delta": 5}]}'),), [], "failed"),
        ((Raw('data: {"error": {"message": "overloaded"}}'),), [], "overloaded"),
        ((Raw("x" * 5_000_000),), [], "more than 3906 KB"),
    ],
    ids="hang hang-after-words endless-thoughts key model drop empty pictures torn odd error flood".split(),
)
async def test_an_endpoint_that_fails_fails_the_bot(
    assistant: MakeAssistant, server: ChatServer, pieces: tuple[object, ...], words: list[str], reason: str
) -> None:
    server.reply(*pieces)  # type: ignore[arg-type]
    hangs = any(isinstance(piece, Hang) for piece in pieces)
    turn = assistant(timeoutSeconds=6 if not hangs else 2 if words else 0.5).respond(Said("hello"))
    for word in words:
        assert await next_action(turn) == Say(word)
    with pytest.raises(BotFailed, match=reason):
        await next_action(turn)


async def test_an_answer_that_never_ends_is_given_up(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply(*["word ", 0.05] * 200)
    with pytest.raises(BotFailed, match="in time"):
        await answer(assistant(totalSeconds=1), Said("hello"))
    async with asyncio.timeout(10):
        await server.requests[0].gone.wait()


async def test_an_endpoint_that_is_down_is_named(server: ChatServer, assistant: MakeAssistant) -> None:
    one = assistant(baseUrl="http://127.0.0.1:1/v1")
    with pytest.raises(BotFailed, match=r"127\.0\.0\.1 port 1 takes no connections"):
        await answer(one, Said("hello"))


@pytest.mark.parametrize("trouble", [Refuse(503), Refuse(429), Drop()], ids=["503", "429", "drop"])
async def test_a_passing_fault_is_tried_once_more(
    assistant: MakeAssistant, server: ChatServer, trouble: Refuse | Drop
) -> None:
    server.reply(trouble)
    assert said(await answer(assistant(), Said("hello"))) == ["You said: hello."]
    assert len(server.requests) == 2


async def test_redirects_are_not_followed(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply(Refuse(307))
    with pytest.raises(BotFailed, match="answered 307"):
        await answer(assistant(), Said("hello"))


async def test_inner_addresses_are_refused(settings: object, assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant()
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    with pytest.raises(BotFailed, match="HUB_OUTGOING_ALLOW"):
        await answer(one, Said("hello"))
    assert server.connections == 0


# Tools


async def test_a_transfer_after_its_words(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply("I put you through.", Call("transfer", {"to": "sales"}))
    assert await answer(assistant(), Said("I want to buy")) == [
        Say("I put you through."),
        Act("transfer", {"target": "+12025550123"}),
        End(),
    ]
    tool = server.requests[0].body["tools"][0]["function"]
    assert tool["parameters"]["properties"]["to"]["enum"] == ["sales", "support"]
    assert "wants to buy" in tool["description"]
    assert "+12025550123" not in json.dumps(server.requests[0].body)


async def test_hanging_up(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply("Goodbye!", Call("hangup"))
    assert await answer(assistant(), Said("bye")) == [Say("Goodbye!"), Act("hangup"), End()]


async def test_digits_and_then_on(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply(Call("digits", {"digits": "012*#"}))
    server.reply("I have typed it in.")
    assert await answer(assistant(tools=["digits"]), Said("type it")) == [
        Act("digits", {"digits": "012*#"}),
        Say("I have typed it in."),
        LISTEN,
    ]
    assert server.requests[1].messages[-1] == {"role": "tool", "tool_call_id": "call_0", "content": "Done."}


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (Call("transfer", {"to": "+19005550123"}), "Choose one of: sales, support."),
        (Call("transfer", {}), "Choose one of: sales, support."),
        (Call("transfer", "{broken"), "The arguments must be a JSON object."),
        (Call("transfer", "[1]"), "The arguments must be a JSON object."),
        (Call("digits", {"digits": "12a"}), "There is no tool 'digits'."),
        (Call("format_disk", {}), "There is no tool 'format_disk'."),
    ],
    ids=["number", "nothing", "broken", "list", "switched-off", "unknown"],
)
async def test_a_wrong_call_goes_back_to_the_model(
    assistant: MakeAssistant, server: ChatServer, call: Call, advice: str
) -> None:
    server.reply(call)
    server.reply("I am sorry.")
    assert await answer(assistant(), Said("now")) == [Say("I am sorry."), LISTEN]
    asked, result = server.requests[1].messages[-2:]
    assert (result["role"], result["content"]) == ("tool", advice)
    json.loads(asked["tool_calls"][0]["function"]["arguments"])


async def test_a_transfer_that_the_call_refuses(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply(Call("transfer", {"to": "sales"}))
    server.reply("Nobody is there.")
    actions = await answer(assistant(), Said("sales please"), refuse="RingCX streams are one-way")
    assert actions[1:] == [Say("Nobody is there."), LISTEN]
    assert server.requests[1].messages[-1]["content"] == "That was refused: RingCX streams are one-way"


async def test_an_act_that_the_caller_broke_in_on_was_not_done(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant()
    server.reply("I put you through.", Call("transfer", {"to": "sales"}))
    turn = one.respond(Said("sales"))
    assert [type(await next_action(turn)) for _ in range(2)] == [Say, Act]
    await close(turn)
    await answer(one, Interrupted("I put"))
    await answer(one, Said("no, wait"))
    assert [(m["role"], m["content"]) for m in server.requests[1].messages[1:]] == [
        ("user", "sales"),
        ("assistant", None),
        ("tool", "Not done: the caller interrupted."),
        ("assistant", "I put…"),
        ("user", "no, wait"),
    ]


async def test_rounds_are_bounded(assistant: MakeAssistant, server: ChatServer) -> None:
    for _ in range(10):
        server.reply(Call("digits", {"digits": "1"}))
    with pytest.raises(BotFailed, match="nothing but call tools"):
        await answer(assistant(tools=["digits"]), Said("type"))
    assert [request.body["tool_choice"] for request in server.requests] == ["auto"] * 4 + ["none"]


async def test_without_targets_there_is_no_transfer(assistant: MakeAssistant, server: ChatServer) -> None:
    await answer(assistant(transferTargets=[], tools=["transfer"]), Said("hello"))
    assert "tools" not in server.requests[0].body


# Keys


async def test_keys_are_a_turn_once_complete(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant()
    for key in "12":
        assert await answer(one, Pressed(key)) == [Listen(3.0)]
    assert said(await answer(one, Pressed("#"))) == ["You said: [The caller pressed the keys 12#]."]


async def test_keys_are_complete_after_a_silence_too(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant()
    await answer(one, Pressed("7"))
    assert said(await answer(one, Silence())) == ["You said: [The caller pressed the keys 7]."]
    assert said(await answer(one, Silence())) == ["Are you still there?"]


async def test_keys_belong_to_the_words_that_follow(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant()
    await answer(one, Pressed("7"))
    await answer(one, Said("that is it"))
    assert server.requests[0].conversation == [("user", "that is it\n[The caller pressed the keys 7]")]


# Budgets


async def test_silence_is_asked_about_and_then_hung_up_on(assistant: MakeAssistant) -> None:
    one = assistant(silenceTimes=1, silenceSeconds=3)
    await answer(one, Silence())
    await answer(one, Said("yes"))  # counts anew
    assert await answer(one, Silence()) == [Say("Are you still there?"), Listen(3.0)]
    assert await answer(one, Silence()) == [Say("Thank you for calling. Goodbye."), Act("hangup"), End()]


async def test_it_ends_also_where_hanging_up_is_refused(assistant: MakeAssistant) -> None:
    actions = await answer(assistant(silenceTimes=0), Silence(), refuse="the vendor can't")
    assert actions[-2:] == [Act("hangup"), End()]


async def test_too_many_turns_are_handed_over(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant(maxTurns=1)
    await answer(one, Said("one"))
    assert await answer(one, Said("two")) == [
        Say("Let me put you through to a colleague."),
        Act("transfer", {"target": "+12025550111"}),
        End(),
    ]
    assert len(server.requests) == 1


async def test_without_a_number_or_where_it_is_refused_it_hangs_up(assistant: MakeAssistant) -> None:
    goodbye = [Say("Thank you for calling. Goodbye."), Act("hangup")]
    facts = CallFacts(call_id="1", vendor="ringover")
    one = assistant(maxTurns=1, facts=facts)
    await answer(one, Said("one"))
    assert await answer(one, Said("two")) == [*goodbye, End()]
    one = assistant(maxTurns=1)
    await answer(one, Said("one"))
    turn = one.respond(Said("two"))
    assert [type(await next_action(turn)) for _ in range(2)] == [Say, Act]
    assert await turn.athrow(ActRefused("no")) == goodbye[0]  # type: ignore[attr-defined]
    await close(turn)


async def test_a_long_call_is_handed_over(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant(maxMinutes=10)
    await answer(one, Said("one"))
    state = one.dump()
    state["began_at"] -= 601
    later = assistant(maxMinutes=10, state=state)
    assert said(await answer(later, Said("two"))) == ["Let me put you through to a colleague."]


async def test_old_turns_are_forgotten_whole(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant(historyCharacters=1000, tools=["digits"])
    for number in range(12):
        server.reply(Call("digits", {"digits": "1"}))
        await answer(one, Said(f"{number} " + "word " * 20))
        last = server.requests[-1].messages
        assert sum(len(json.dumps(message)) for message in last[1:]) < 1800
        calls = {call["id"] for message in last for call in message.get("tool_calls", ())}
        results = {message["tool_call_id"] for message in last if message["role"] == "tool"}
        assert calls == results
    assert last[0]["role"] == "system"
    assert last[1]["role"] == "user"
    assert "11 word" in json.dumps(last)
    assert '"0 word' not in json.dumps(last)
    assert len(json.dumps(one.dump())) < 4000


# Resuming


async def test_another_process_goes_on(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant()
    server.reply("We have shoes. Do you want them?")
    await answer(one, Said("what do you have"))
    state = json.loads(json.dumps(one.dump()))
    other = assistant(state=state)
    assert await answer(other, Begun(resumed=True)) == [
        Say("I am sorry, let us go on."),
        Say("Do you want them?"),
        LISTEN,
    ]
    await answer(other, Said("yes"))
    assert server.requests[1].conversation == [
        ("user", "what do you have"),
        ("assistant", "We have shoes. Do you want them?"),
        ("user", "yes"),
    ]


async def test_what_was_not_answered_when_the_line_was_cut_is_answered(
    assistant: MakeAssistant, server: ChatServer
) -> None:
    one = assistant()
    server.reply(Hang())
    turn = one.respond(Said("what do you have"))
    waiting = asyncio.ensure_future(next_action(turn))
    await server.request()
    state = json.loads(json.dumps(one.dump()))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await close(turn)
    assert said(await answer(assistant(state=state), Begun(resumed=True))) == [
        "I am sorry, let us go on.",
        "You said: what do you have.",
    ]


async def test_a_call_that_never_began_is_greeted_also_when_resumed(assistant: MakeAssistant) -> None:
    assert said(await answer(assistant(), Begun(resumed=True))) == ["Hello, how can I help you?"]


async def test_words_that_are_none_are_no_turn(assistant: MakeAssistant) -> None:
    assert await answer(assistant(), Said("  ")) == [LISTEN]


async def test_what_no_database_takes_is_not_remembered(assistant: MakeAssistant, server: ChatServer) -> None:
    one = assistant(tools=["digits"])
    server.reply("One\0two \ud83d.", Call("digits", {"digits": "1", "\0": ["\ud800"]}))
    server.reply(Finish("stop"), "Done.")
    await answer(one, Said("a\0b\udc00c"))
    text = json.dumps(one.dump())
    assert "\\u0000" not in text and "\\ud8" not in text and "\\udc" not in text
    assert len(server.requests) == 2
