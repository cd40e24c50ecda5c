"""A webhook bot in a call, its webhook on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from bots.conversation import (
    Act,
    ActRefused,
    Begun,
    BotFailed,
    Conversation,
    End,
    Interrupted,
    Listen,
    Pressed,
    Said,
    Say,
    Silence,
)
from bots.findings import Finding
from bots.kinds import read_config
from bots.webhook.kind import WEBHOOK
from calls.signing import new_secret
from tests.bots.driving import answer, close, make, next_action, said
from tests.bots.web_server import Asked, Reply, WebServer

SECRET = new_secret()
CALL = {
    "id": "0192c7de-0000-7000-8000-000000000001",
    "vendor": "audiocodes",
    "from": "+12025550100",
    "to": "+12025550199",
    "language": "en-US",
}


class Hook(WebServer):
    """Answers with what was put into `answers`, `reset` for a connection that ends; then it repeats what it was told."""

    def __init__(self) -> None:
        super().__init__(self._turn)
        self.answers: deque[Any] = deque()

    async def _turn(self, asked: Asked, reply: Reply) -> None:
        match self.answers.popleft() if self.answers else None:
            case "reset":
                reply.reset()
            case "hang":
                await asyncio.Event().wait()
            case int(status):
                await reply.send(b"", status)
            case None:
                await reply.send({"actions": [{"type": "say", "text": f"{asked.json['event']}!"}]})
            case other:
                await reply.send(other)

    @property
    def turns(self) -> list[dict[str, Any]]:
        return [asked.json for asked in self.asked]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with Hook() as hook:
        yield hook


MakeBot = Callable[..., Conversation]


@pytest.fixture
async def bot(hook: Hook) -> AsyncIterator[MakeBot]:
    made: list[Conversation] = []

    def make_one(*, state: Any = None, secret: str = SECRET, **config: Any) -> Conversation:
        config = {"url": hook.url("/turn?key=hidden"), **config}
        made.append(make(WEBHOOK, config, secrets={"signingSecret": secret}, state=state))
        return made[-1]

    yield make_one
    for one in made:
        await one.close()


async def test_turns_are_told_and_signed(bot: MakeBot, hook: Hook) -> None:
    one = bot()
    hook.answers.append({"actions": [{"type": "say", "text": "Welcome."}], "state": {"step": 1}})
    assert await answer(one, Begun()) == [Say("Welcome."), Listen(10.0)]
    await answer(one, Said("yes", 0.9))
    await answer(one, Pressed("1"))
    await answer(one, Silence())
    verified = [Verifier(SECRET).verify(asked.body, asked.headers) for asked in hook.asked]
    assert verified == [
        {"event": "begun", "call": CALL, "turn": 1, "state": None},
        {"event": "said", "text": "yes", "confidence": 0.9, "call": CALL, "turn": 2, "state": {"step": 1}},
        {"event": "pressed", "digits": "1", "call": CALL, "turn": 3, "state": None},
        {"event": "silence", "call": CALL, "turn": 4, "state": None},
    ]
    assert len({asked.headers["webhook-id"] for asked in hook.asked}) == 4
    assert hook.connections == 1


async def test_what_was_heard_comes_with_the_next_turn_only(bot: MakeBot, hook: Hook) -> None:
    one = bot()
    await answer(one, Begun())
    assert await answer(one, Interrupted("beg")) == []
    await answer(one, Said("stop"))
    await answer(one, Said("go"))
    assert [turn.get("heard") for turn in hook.turns] == [None, "beg", None]


async def test_the_state_goes_to_another_process(bot: MakeBot, hook: Hook) -> None:
    one = bot()
    hook.answers.append({"state": ["kept"]})
    await answer(one, Begun())
    other = bot(state=json.loads(json.dumps(one.dump())))
    await answer(other, Begun(resumed=True))
    assert hook.turns[1] == {"event": "resumed", "call": CALL, "turn": 2, "state": ["kept"]}


async def test_a_refusal_is_told(bot: MakeBot, hook: Hook) -> None:
    hook.answers.append({"actions": [{"type": "transfer", "target": "sip:a@b"}], "state": 7})
    actions = await answer(bot(), Said("transfer me"), refuse="Ringover takes numbers only")
    assert actions == [Act("transfer", {"target": "sip:a@b"}), Say("refused!"), Listen(10.0)]
    assert hook.turns[1] == {
        "event": "refused",
        "action": "transfer",
        "reason": "Ringover takes numbers only",
        "call": CALL,
        "turn": 2,
        "state": 7,
    }


async def test_refusals_are_bounded(bot: MakeBot, hook: Hook) -> None:
    hook.answers.extend([{"actions": [{"type": "play", "url": "https://a.example/b.wav"}]}] * 10)
    with pytest.raises(BotFailed, match="can't do: no files"):
        await answer(bot(), Begun(), refuse="no files")
    assert [turn.get("action") for turn in hook.turns] == [None, "play", "play", "play"]


async def test_a_transfer_ends_it(bot: MakeBot, hook: Hook) -> None:
    hook.answers.append({"actions": [{"type": "transfer", "target": "+12025550123"}]})
    assert await answer(bot(), Begun()) == [Act("transfer", {"target": "+12025550123"}), End()]


async def test_a_connection_that_breaks_is_tried_once_more_with_the_same_id(bot: MakeBot, hook: Hook) -> None:
    hook.answers.append("reset")
    assert said(await answer(bot(), Begun())) == ["begun!"]
    first, second = hook.asked
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    Verifier(SECRET).verify(second.body, second.headers)


async def test_a_connection_that_was_left_idle_and_closed_costs_nothing(bot: MakeBot, hook: Hook) -> None:
    """The connection is kept between turns; the server may have ended it."""
    one = bot()
    await answer(one, Begun())
    for task in hook.tasks:
        task.cancel()
    assert said(await answer(one, Silence())) == ["silence!"]


@pytest.mark.parametrize(
    ("answers", "reason", "requests"),
    [
        (["reset", "reset"], "The webhook failed: ", 2),
        ([503], "answered 503", 1),
        ([302], "redirects are not followed", 1),
        ([b"not json"], "can't be followed: JSON is malformed", 1),
        ([{"actions": [{"type": "say"}]}], r"can't be followed: .*`\$\.actions\[0\]`", 1),
        ([b'{"state": "' + b"x" * 70_000 + b'"}'], "more than 64 KB", 1),
    ],
    ids=["resets", "error", "redirect", "html", "wrong", "large"],
)
async def test_a_webhook_that_fails_fails_the_bot(
    bot: MakeBot, hook: Hook, answers: list[Any], reason: str, requests: int
) -> None:
    hook.answers.extend(answers)
    with pytest.raises(BotFailed, match=reason) as caught:
        await answer(bot(), Begun())
    assert len(hook.asked) == requests
    assert "hidden" not in str(caught.value)


async def test_a_webhook_that_hangs_is_given_up_in_its_time(bot: MakeBot, hook: Hook) -> None:
    hook.answers.append("hang")
    with pytest.raises(BotFailed, match="did not answer in time"):
        await answer(bot(timeoutSeconds=0.5), Begun())


async def test_a_webhook_that_is_down_is_named(bot: MakeBot) -> None:
    with pytest.raises(BotFailed, match=r"127\.0\.0\.1 port 1 takes no connections"):
        await answer(bot(url="http://127.0.0.1:1/turn"), Begun())


async def test_inner_addresses_are_refused(settings: Any, bot: MakeBot, hook: Hook) -> None:
    one = bot()
    settings.PRODUCTION = True
    with pytest.raises(BotFailed, match="HUB_OUTGOING_ALLOW"):
        await answer(one, Begun())
    assert hook.connections == 0


async def test_who_goes_on_while_it_is_asked_loses_nothing(bot: MakeBot, hook: Hook) -> None:
    """The answer that was still being asked for is dropped; what was told then is told again with what came since."""
    one = bot()
    hook.answers.extend([{"state": 1}, "hang", "hang", "hang"])
    await answer(one, Begun())
    for event in (Said("my number", 0.9), Pressed("1"), Pressed("2")):
        asked = len(hook.asked)
        turn = one.respond(event)
        waiting = asyncio.ensure_future(next_action(turn))
        async with asyncio.timeout(10):
            while len(hook.asked) == asked:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await close(turn)
    await answer(one, Said("that is it"))
    await answer(one, Pressed("3"))
    told = [(turn["event"], turn.get("text"), turn.get("digits"), turn["state"]) for turn in hook.turns]
    assert told == [
        ("begun", None, None, None),
        ("said", "my number", None, 1),
        ("pressed", "my number", "1", 1),
        ("pressed", "my number", "12", 1),
        ("said", "my number that is it", "12", 1),
        ("pressed", None, "3", None),
    ]


async def test_keys_pressed_at_once_all_arrive(bot: MakeBot, hook: Hook) -> None:
    """The driver begins each turn, and cuts it as soon as the next event waits."""
    one = bot()
    for digit in "12":
        turn = one.respond(Pressed(digit))
        waiting = asyncio.ensure_future(next_action(turn))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await close(turn)
    await answer(one, Pressed("#"))
    assert hook.turns[-1]["digits"] == "12#"


async def test_a_draft_without_a_secret_is_tried_unsigned(bot: MakeBot, hook: Hook) -> None:
    await answer(bot(secret=""), Begun())
    assert "webhook-id" in hook.asked[0].headers
    assert "webhook-signature" not in hook.asked[0].headers


async def test_a_refused_action_that_nobody_asked_for_again_is_over(bot: MakeBot, hook: Hook) -> None:
    hook.answers.extend([{"actions": [{"type": "hangup"}]}, {"actions": [{"type": "hangup"}]}])
    turn = bot().respond(Begun())
    assert await next_action(turn) == Act("hangup")
    assert await turn.athrow(ActRefused("busy")) == Act("hangup")  # type: ignore[attr-defined]
    assert [await next_action(turn), await next_action(turn)] == [End(), None]


@pytest.mark.parametrize(
    ("config", "field", "advice"),
    [
        ({}, "config.url", "https://"),
        ({"url": "ftp://a.example"}, "config.url", "https://"),
        ({"url": "http://10.0.0.1/"}, "config.url", "HUB_OUTGOING_ALLOW"),
        ({"url": "https://a.example", "timeoutSeconds": 0}, "config.timeoutSeconds", "0.5 to 60"),
        ({"url": "https://a.example", "timeoutSeconds": 20}, "config.timeoutSeconds", "patienceSeconds"),
        ({"url": 5}, "config.url", "Expected `str`"),
    ],
    ids=["none", "ftp", "inner", "no-time", "impatient", "number"],
)
def test_a_finding_names_its_field(config: dict[str, Any], field: str, advice: str) -> None:
    read = read_config(WEBHOOK, config)
    (finding,) = [read] if isinstance(read, Finding) else WEBHOOK.validate("", read)
    assert finding.field == field
    assert advice in finding.detail
