from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bots.assistant.conversation import Assistant
from bots.assistant.kind import ASSISTANT
from bots.conversation import CallFacts
from tests.bots.chat_server import ChatServer
from tests.bots.driving import FACTS, make

MakeAssistant = Callable[..., Assistant]

TARGETS = [
    {"name": "sales", "target": "+12025550123", "description": "wants to buy"},
    {"name": "support", "target": "sip:help@example.com"},
]


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with ChatServer() as server:
        yield server


@pytest.fixture
async def assistant(server: ChatServer) -> AsyncIterator[MakeAssistant]:
    """Makes assistants that talk to `server`: `assistant(maxTurns=2)`."""
    made: list[Assistant] = []

    def make_one(
        *, state: dict[str, Any] | None = None, facts: CallFacts = FACTS, secret: str = "", **config: Any
    ) -> Assistant:
        config = {"baseUrl": server.base_url, "model": "local", "transferTargets": TARGETS, **config}
        one = make(ASSISTANT, config, secrets={"apiKey": "sk-test", "signingSecret": secret}, state=state, facts=facts)
        assert isinstance(one, Assistant)
        made.append(one)
        return one

    yield make_one
    for one in made:
        await one.close()
