"""Drives a conversation as the driver does, one action at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from bots.base import BotKind, Making
from bots.conversation import Act, Action, ActRefused, CallFacts, Conversation, Happened, Play, Say
from bots.kinds import read_config

FACTS = CallFacts(
    call_id="0192c7de-0000-7000-8000-000000000001",
    vendor="audiocodes",
    from_number="+12025550100",
    to_number="+12025550199",
    fallback_number="+12025550111",
)


def make(
    kind: BotKind,
    config: Mapping[str, Any],
    *,
    secrets: Mapping[str, str] | None = None,
    state: Mapping[str, Any] | None = None,
    facts: CallFacts = FACTS,
) -> Conversation:
    read = read_config(kind, config)
    assert isinstance(read, kind.config), read
    errors = [finding for finding in kind.validate("", read) if finding.severity == "error"]
    assert not errors, errors
    making = Making(
        bot_id="1", bot_name="Test", document="", config=read, secrets=secrets or {}, facts=facts, state=state
    )
    return kind.make(making)


async def answer(conversation: Conversation, event: Happened, *, refuse: str = "") -> list[Action]:
    """All actions of a turn. `refuse`: the call can't do any command, and says this."""
    actions: list[Action] = []
    turn = conversation.respond(event)
    try:
        async with asyncio.timeout(20):
            action = await next_action(turn)
            while action is not None:
                actions.append(action)
                if refuse and isinstance(action, Act | Play):
                    try:
                        action = await turn.athrow(ActRefused(refuse))  # type: ignore[attr-defined]
                    except StopAsyncIteration:
                        action = None
                else:
                    action = await next_action(turn)
    finally:
        await close(turn)
    return actions


async def next_action(turn: AsyncIterator[Action]) -> Action | None:
    async with asyncio.timeout(10):
        return await anext(turn, None)


async def close(turn: AsyncIterator[Action]) -> None:
    """The caller broke in."""
    await turn.aclose()  # type: ignore[attr-defined]


def said(actions: list[Action]) -> list[str]:
    return [action.text for action in actions if isinstance(action, Say)]
