"""What a bot remembers of the call it is in: one row a call, so that any process can go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from bots.models import Bot, BotSession, BotVersion
from calls.services import calls


class OpenedSession(msgspec.Struct, frozen=True, kw_only=True):
    """The bot as it is for this call, and where it was. `state` is None in a new call."""

    bot_id: UUID
    name: str
    kind: str
    document: str
    config: Mapping[str, Any]
    secrets: Mapping[str, str]
    state: Mapping[str, Any] | None
    paused: bool


def open_session(*, call_id: UUID, bot_id: UUID | None) -> OpenedSession | None:
    """For a call whose profile has this bot. A call that comes back keeps the bot, and the version of it, that it began
    with. None: nobody is to answer, because there is no bot, or it is disabled, or has done its part in this call."""
    session = BotSession.objects.filter(call_id=call_id).first()
    if session is not None:
        bot_id = session.bot_id
    bot = None if bot_id is None else Bot.objects.filter(id=bot_id, enabled=True).first()
    if bot is None or (session is not None and session.ended):
        return None
    if session is None:
        begin = {"bot": bot, "bot_version": bot.version}
        session, created = BotSession.objects.get_or_create(call_id=call_id, defaults=begin)
        if created:
            calls.publish_change(call_id)  # it can be paused now
    pinned: Bot | BotVersion = bot
    if session.bot_version != bot.version:
        pinned = bot.versions.filter(version=session.bot_version).first() or bot
    return OpenedSession(
        bot_id=bot.id,
        name=pinned.name,
        kind=pinned.kind,
        document=pinned.document,
        config=pinned.config,
        secrets=bot.secrets,
        state=session.state or None,
        paused=session.paused,
    )


def save_session(*, call_id: UUID, state: Mapping[str, Any], paused: bool, ended: bool) -> None:
    """After a turn. A call that was deleted meanwhile has nothing to remember."""
    BotSession.objects.filter(call_id=call_id).update(
        state=state, paused=paused, ended=ended, updated_at=timezone.now()
    )
    if ended:
        calls.publish_change(call_id)
