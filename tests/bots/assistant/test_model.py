"""Servers differ in what they send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.assistant.model import tokens_field
from bots.conversation import Act, End, Said, Say
from tests.bots.assistant.conftest import MakeAssistant
from tests.bots.chat_server import ChatServer, Finish, Raw
from tests.bots.driving import answer, said


def raw(delta: dict[str, Any] | None, **choice: Any) -> Raw:
    choices = [] if delta is None else [{"index": 0, "delta": delta, **choice}]
    return Raw("data: " + json.dumps({"choices": choices}))


async def test_calls_that_come_whole_without_index_or_id(assistant: MakeAssistant, server: ChatServer) -> None:
    call = {"type": "function", "function": {"name": "transfer", "arguments": '{"to": "support"}'}}
    server.reply(raw({"role": "assistant", "content": None}), raw({"tool_calls": [call]}), Finish("tool_calls"))
    assert await answer(assistant(), Said("help")) == [Act("transfer", {"target": "sip:help@example.com"}), End()]


async def test_chunks_without_choices_comments_and_other_fields(assistant: MakeAssistant, server: ChatServer) -> None:
    server.reply(
        Raw(": keep-alive"),
        raw(None),
        raw({"role": "assistant", "reasoning_content": "hm"}),
        raw({"content": "Hello."}),
        raw(None, usage={"total_tokens": 5}),
    )
    assert said(await answer(assistant(), Said("hello"))) == ["Hello."]


async def test_floods_of_calls_are_bounded(assistant: MakeAssistant, server: ChatServer) -> None:
    call = {"type": "function", "function": {"name": "nothing", "arguments": "{}"}}
    server.reply(*[raw({"tool_calls": [{**call, "index": index}]}) for index in range(100)], Finish("tool_calls"))
    server.reply("Sorry.")
    assert (await answer(assistant(), Said("help")))[0] == Say("Sorry.")
    assert len([m for m in server.requests[1].messages if m["role"] == "tool"]) == 8


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("https://eu.api.openai.com/v1", "max_completion_tokens"),
        ("https://mine.openai.azure.com/openai/v1", "max_completion_tokens"),
        ("https://openai.com.example.net/v1", "max_tokens"),
    ],
)
def test_the_budget_of_tokens_has_two_names(url: str, field: str) -> None:
    assert tokens_field(url) == field
