"""What the model asks of an admin's server, through real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks import Webhook

from bots.assistant import conversation
from bots.conversation import Interrupted, Said, Say
from calls.signing import new_secret
from tests.bots.assistant.conftest import MakeAssistant
from tests.bots.chat_server import Call, ChatServer
from tests.bots.driving import answer, close, next_action, said
from tests.bots.web_server import Asked, Reply, WebServer

SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "string", "maxLength": 10}, "lines": {"type": "integer"}},
    "required": ["order"],
    "additionalProperties": False,
}


class Shop(WebServer):
    """Knows one order. `go_on`: what an answer waits for."""

    def __init__(self) -> None:
        super().__init__(self._order)
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.arrived = asyncio.Event()
        self.left = asyncio.Event()
        self.status, self.body, self.headers = 200, b'{"state": "shipped"}', dict[str, str]()

    async def _order(self, asked: Asked, reply: Reply) -> None:
        self.arrived.set()
        waiting = asyncio.create_task(self.go_on.wait())
        leaving = asyncio.create_task(reply.reader.read(1))
        try:
            await asyncio.wait([waiting, leaving], return_when=asyncio.FIRST_COMPLETED)
            answered = waiting.done()
        finally:
            waiting.cancel()
            leaving.cancel()
            await asyncio.gather(waiting, leaving, return_exceptions=True)
        if not answered:
            self.left.set()
            return
        await reply.send(self.body, self.status, Connection="close", **self.headers)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with Shop() as shop:
        yield shop


def lookup(shop: Shop, **fields: Any) -> dict[str, Any]:
    return {
        "name": "order",
        "description": "The state of an order.",
        "parameters": SCHEMA,
        "url": shop.url("/orders?shop=1"),
        **fields,
    }


def results(server: ChatServer, request: int = 1) -> list[str]:
    return [message["content"] for message in server.requests[request].messages if message["role"] == "tool"]


async def test_the_model_gets_the_answer(assistant: MakeAssistant, server: ChatServer, shop: Shop) -> None:
    secret = new_secret()
    server.reply(Call("order", {"order": "A7"}))
    server.reply("It was shipped.")
    one = assistant(lookups=[lookup(shop)], secret=secret)
    assert said(await answer(one, Said("where is my order"))) == ["It was shipped."]
    (asked,) = shop.asked
    assert (asked.method, asked.path) == ("POST", "/orders?shop=1")
    assert Webhook(secret).verify(asked.body, asked.headers) == {
        "lookup": "order",
        "arguments": {"order": "A7"},
        "call": {
            "id": "0192c7de-0000-7000-8000-000000000001",
            "vendor": "audiocodes",
            "from": "+12025550100",
            "to": "+12025550199",
            "language": "en-US",
        },
    }
    assert results(server) == ['{"state": "shipped"}']
    tool = server.requests[0].body["tools"][-1]["function"]
    assert tool == {"name": "order", "description": "The state of an order.", "parameters": SCHEMA}
    assert "127.0.0.1" not in str(server.requests[0].body)


async def test_get_puts_the_arguments_in_the_query(assistant: MakeAssistant, server: ChatServer, shop: Shop) -> None:
    server.reply(Call("order", {"order": "A 7&x", "lines": 3}))
    one = assistant(lookups=[lookup(shop, method="GET", signed=False)], secret=new_secret())
    await answer(one, Said("where is my order"))
    (asked,) = shop.asked
    query = parse_qs(urlsplit(asked.path).query)
    assert (asked.method, query) == ("GET", {"shop": ["1"], "order": ["A 7&x"], "lines": ["3"]})
    assert not [name for name in asked.headers if name.startswith("webhook-")]


async def test_several_at_once(assistant: MakeAssistant, server: ChatServer, shop: Shop) -> None:
    server.reply(Call("order", {"order": "A7"}), Call("order", {"order": "B8"}), Call("order", {"order": 9}))
    await answer(assistant(lookups=[lookup(shop)]), Said("where are my orders"))
    assert sorted(asked.json["arguments"]["order"] for asked in shop.asked) == ["A7", "B8"]
    assert results(server) == ['{"state": "shipped"}'] * 2 + ["Wrong arguments: 9 is not of type 'string'"]


@pytest.mark.parametrize(
    ("status", "body", "result"),
    [
        (500, b"secret trace", "answered 500"),
        (302, b"", "redirects are not followed"),
        (200, b"x" * 70_000, "more than 64 KB"),
        (200, b"", "The lookup found nothing."),
        (200, b"\xff", "\ufffd"),
    ],
    ids=["error", "redirect", "large", "empty", "binary"],
)
async def test_the_model_hears_what_went_wrong(
    assistant: MakeAssistant, server: ChatServer, shop: Shop, status: int, body: bytes, result: str
) -> None:
    shop.status, shop.body = status, body
    server.reply(Call("order", {"order": "A7"}))
    await answer(assistant(lookups=[lookup(shop)]), Said("where is my order"))
    (told,) = results(server)
    assert result in told
    assert "secret" not in told


async def test_a_long_answer_is_shortened(assistant: MakeAssistant, server: ChatServer, shop: Shop) -> None:
    shop.body = b"x" * 20_000
    server.reply(Call("order", {"order": "A7"}))
    await answer(assistant(lookups=[lookup(shop)]), Said("where is my order"))
    assert results(server) == ["x" * 6000]


async def test_a_server_that_hangs_costs_its_time_only(
    assistant: MakeAssistant, server: ChatServer, shop: Shop
) -> None:
    shop.go_on.clear()
    server.reply(Call("order", {"order": "A7"}))
    server.reply("I can't see it now.")
    one = assistant(lookups=[lookup(shop, timeoutSeconds=0.5)])
    assert said(await answer(one, Said("where is my order"))) == ["I can't see it now."]
    assert "did not answer in time" in results(server)[0]
    async with asyncio.timeout(10):
        await shop.left.wait()


async def test_a_bad_secret_is_told_and_nothing_sent(assistant: MakeAssistant, server: ChatServer, shop: Shop) -> None:
    server.reply(Call("order", {"order": "A7"}))
    await answer(assistant(lookups=[lookup(shop)], secret="!"), Said("where is my order"))
    assert "must be base64" in results(server)[0]
    assert not shop.asked


async def test_a_long_wait_is_filled(
    assistant: MakeAssistant, server: ChatServer, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "FILLER_SECONDS", 0.05)
    shop.go_on.clear()
    server.reply(Call("order", {"order": "A7"}))
    turn = assistant(lookups=[lookup(shop)]).respond(Said("where is my order"))
    assert await next_action(turn) == Say("One moment, please.")
    shop.go_on.set()
    assert await next_action(turn) == Say("You said: where is my order.")
    await close(turn)


async def test_words_before_a_lookup_need_no_filler(
    assistant: MakeAssistant, server: ChatServer, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "FILLER_SECONDS", 0.0)
    server.reply("Let me see.", Call("order", {"order": "A7"}))
    server.reply("It was shipped.")
    actions = await answer(assistant(lookups=[lookup(shop)]), Said("where is my order"))
    assert said(actions) == ["Let me see.", "It was shipped."]


async def test_breaking_in_drops_a_lookup(
    assistant: MakeAssistant, server: ChatServer, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "FILLER_SECONDS", 0.05)
    shop.go_on.clear()
    one = assistant(lookups=[lookup(shop)])
    server.reply(Call("order", {"order": "A7"}))
    turn = one.respond(Said("where is my order"))
    assert await next_action(turn) == Say("One moment, please.")
    async with asyncio.timeout(10):
        await shop.arrived.wait()
        await close(turn)
        await shop.left.wait()
    await answer(one, Interrupted("One"))
    await answer(one, Said("forget it"))
    assert [(m["role"], m["content"]) for m in server.requests[1].messages[1:]] == [
        ("user", "where is my order"),
        ("assistant", None),
        ("tool", "Not done: the caller interrupted."),
        ("assistant", "One…"),
        ("user", "forget it"),
    ]


async def test_an_inner_address_is_refused(
    settings: Any, assistant: MakeAssistant, server: ChatServer, shop: Shop
) -> None:
    settings.HUB_OUTGOING_ALLOW = ["127.0.0.1"]  # the model's endpoint; the lookup's is another
    one = assistant(lookups=[lookup(shop, url=shop.url("/").replace("127.0.0.1", "127.0.0.2"))])
    server.reply(Call("order", {"order": "A7"}))
    settings.PRODUCTION = True
    await answer(one, Said("where is my order"))
    assert "HUB_OUTGOING_ALLOW" in results(server)[0]
