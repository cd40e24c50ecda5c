"""The kind `menu`: callers say or press what they want, as a document tells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from bots.base import BotConfig, BotKind, Making
from bots.conversation import Act, Action, ActRefused, BotFailed, CallFacts, Happened, Play
from bots.findings import Finding
from bots.flows.document import Flow
from bots.flows.machine import State, step
from bots.flows.overview import Preview, phrases, preview
from bots.flows.reading import Reading, read


class MenuConfig(BotConfig, frozen=True, kw_only=True):
    """All that a menu needs stands in its document."""


class MenuConversation:
    def __init__(self, flow: Flow, facts: CallFacts, state: State) -> None:
        self.flow, self.facts, self.state = flow, facts, state

    async def respond(self, event: Happened) -> AsyncIterator[Action]:
        turn = step(self.flow, self.state, event, self.facts)
        self.state = turn.state
        for action in turn.actions:
            try:
                yield action
            except ActRefused:
                if isinstance(action, Play):
                    continue  # the menu works without it
                if isinstance(action, Act) and action.type == "hangup":
                    continue  # all was said
                raise

    def dump(self) -> dict[str, Any]:
        dumped: dict[str, Any] = msgspec.to_builtins(self.state)
        return dumped

    async def close(self) -> None:
        """Nothing was started."""


def reading(document: str, config: MenuConfig) -> Reading:
    return read(document, config.language or "en-US")


def validate(document: str, config: MenuConfig) -> Sequence[Finding]:
    return reading(document, config).findings


def make(making: Making) -> MenuConversation:
    flow = read(making.document, making.config.language or making.facts.language).flow
    if flow is None:
        raise BotFailed("The menu's document has errors: correct it in the bot's editor.")
    return MenuConversation(flow, making.facts, msgspec.convert(making.state or {}, State))


def menu_phrases(document: str, config: MenuConfig) -> Sequence[str]:
    flow = reading(document, config).flow
    return [] if flow is None else phrases(flow)


def menu_preview(document: str, config: MenuConfig) -> Preview | None:
    sketch = reading(document, config).sketch
    return None if sketch is None else preview(sketch)


MENU = BotKind(
    name="menu",
    label="Menu",
    description="Offers choices that callers say or press, collects digits, and transfers.",
    config=MenuConfig,
    has_document=True,
    validate=validate,
    make=make,
    phrases=menu_phrases,
    preview=menu_preview,
)
