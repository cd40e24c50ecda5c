"""Finds out who answers a call."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

from bots.base import BotConfig, BotKind, Making
from bots.conversation import Action, BotFailed, CallFacts, Conversation, Happened
from bots.driver import BotDriver
from bots.findings import Finding
from bots.kinds import KINDS, read_config
from bots.memory import RowMemory
from bots.runtime import database
from bots.services.sessions import OpenedSession, open_session
from calls.session.participants import Answer, Line

log = logging.getLogger(__name__)


async def make_answer(line: Line) -> Answer | None:
    """The bot of the call's profile, where the call left it; None where nobody is to answer."""
    session = await database(open_session, call_id=line.call_id, bot_id=line.profile.bot_id)
    if session is None:
        return None
    kind = KINDS[session.kind]
    config = read_config(kind, session.config)
    if isinstance(config, Finding):
        detail = f"Its settings don't fit this version of the hub: {config.field}: {config.detail}"
        return driver(line, session, BotConfig(), Unusable(detail))
    if kind.answer_audio is not None and not line.takes_text:
        return kind.answer_audio(line, session.name, config)
    try:
        conversation = kind.make(making_of(line, session, config))
    except Exception as error:
        log.exception("the bot %s can't answer call %s", session.name, line.call_id)
        conversation = Unusable(str(error))
    return driver(line, session, config, conversation, kind)


def making_of(line: Line, session: OpenedSession, config: BotConfig) -> Making:
    return Making(
        bot_id=str(session.bot_id),
        bot_name=session.name,
        document=session.document,
        config=config,
        secrets=session.secrets,
        facts=facts_of(line),
        state=session.state,
    )


def facts_of(line: Line) -> CallFacts:
    return CallFacts(
        call_id=str(line.call_id),
        vendor=line.profile.vendor,
        from_number=line.info.from_number,
        to_number=line.info.to_number,
        language=line.profile.language,
        fallback_number=line.profile.fallback_number,
    )


def driver(
    line: Line, session: OpenedSession, config: BotConfig, conversation: Conversation, kind: BotKind | None = None
) -> BotDriver:
    return BotDriver(
        line=line,
        name=session.name,
        config=config,
        conversation=conversation,
        memory=RowMemory(line.call_id, mask=line.profile.mask, language=line.profile.language),
        expected=() if kind is None else kind.phrases(session.document, config),
        resumed=session.state is not None,
        paused=session.paused,
    )


class Unusable:
    """Stands for a bot that can't be made: the caller hears an apology and gets to people."""

    def __init__(self, detail: str) -> None:
        self.detail = detail

    async def respond(self, event: Happened) -> AsyncIterator[Action]:
        raise BotFailed(self.detail)
        yield

    def dump(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None:
        """Nothing was started."""
