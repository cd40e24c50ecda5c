"""Where a bot's memory of a call is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from bots.runtime import pool
from bots.services.sessions import save_session
from calls.services.masking import mask_values
from calls.session.database import Serial


class Memory(Protocol):
    def save(self, state: Mapping[str, Any], *, paused: bool, ended: bool) -> None:
        """Returns at once; what is saved later wins."""

    async def finish(self) -> None:
        """Returns when everything is saved."""


class RowMemory:
    """In the call's `BotSession`, without what its profile wants masked: a bot that goes on elsewhere asks for it again."""

    def __init__(self, call_id: UUID, *, mask: Sequence[str] = (), language: str = "") -> None:
        self.call_id, self.mask, self.language = call_id, mask, language
        self.writes = Serial(pool())

    def save(self, state: Mapping[str, Any], *, paused: bool, ended: bool) -> None:
        self.writes.put(partial(self.write, state, paused=paused, ended=ended))

    def write(self, state: Mapping[str, Any], *, paused: bool, ended: bool) -> None:
        shown = mask_values(state, self.mask, self.language)
        save_session(call_id=self.call_id, state=shown, paused=paused, ended=ended)

    async def finish(self) -> None:
        await self.writes.finish()
