"""What docs/bots.md shows works."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bots.assistant.config import AssistantConfig
from bots.assistant.kind import ASSISTANT
from bots.base import BotConfig
from bots.conversation import Act, End, Say
from bots.webhook.messages import Turn, call_shape, read_answer
from tests.bots.driving import FACTS, make
from tests.server import ROOT


def examples(heading: str) -> list[dict[str, Any]]:
    text = (ROOT / "docs/bots.md").read_text()
    section = re.split(r"^##+ ", text.partition(f"## {heading}\n")[2], flags=re.MULTILINE)[0]
    return [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", section, re.MULTILINE | re.DOTALL)]


async def test_the_assistant() -> None:
    (config,) = examples("Assistant")
    conversation = make(ASSISTANT, config)
    await conversation.close()


def test_a_webhooks_request_and_answer() -> None:
    request, answer = examples("Webhook")
    assert set(request) <= set(Turn.__struct_fields__)
    actions, state = read_answer(json.dumps(answer).encode())
    assert actions == [
        Say("One moment, I put you through."),
        Act("transfer", {"target": "+12025550123"}),
        End(),
    ]
    assert json.loads(state) == {"step": "done"}


@pytest.mark.parametrize("heading", ["Lookups", "Webhook"])
def test_the_call_has_the_fields_that_are_sent(heading: str) -> None:
    assert set(examples(heading)[0]["call"]) == set(call_shape(FACTS, "en-US"))


def test_the_tables_name_every_setting_of_the_assistant() -> None:
    text = (ROOT / "docs/bots.md").read_text().partition("## Assistant\n")[2].partition("## Webhook\n")[0]
    own = set(AssistantConfig.__struct_encode_fields__) - set(BotConfig.__struct_encode_fields__)
    assert {name for name in own if f"`{name}`" not in text} == set()
