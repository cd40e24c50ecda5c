"""Who is connected at this moment: a roll-call on the live bus. Nothing is stored and nobody is told otherwise.

Each process with open browser sockets answers with all of them (`consumers.watch`). One that does not within a moment
has none, or is not well.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
from django.conf import settings

from calls import live
from calls.models import ApiKey, Call, EmbedKey, User

ASKED = "roll-call"
WAIT_SECONDS = 0.25
TIMES = 3  # with Redis: whoever asks may not be heard yet when the first answers come


class Connection(msgspec.Struct, frozen=True):
    """One socket. `kind`: dashboard, call, listen, embed, console."""

    kind: str
    user: int | None = None
    key: UUID | None = None
    embed_key: UUID | None = None
    pairing: UUID | None = None
    call: UUID | None = None


class Present(NamedTuple):
    """Sockets of the same person or program to the same thing."""

    kind: str
    user: User | None
    key: ApiKey | None
    embed_key: EmbedKey | None
    is_paired: bool
    call: Call | None
    sockets: int


async def call_roll() -> list[Connection]:
    """Takes a moment: as long as the slowest process may need."""
    name, told = f"roll-{uuid4()}", {}

    def hear(message: Any) -> None:
        told[message["process"]] = msgspec.convert(message["sockets"], list[Connection])

    listener = live.listen_process(name, hear)
    try:
        for _ in range(TIMES if settings.REDIS_URL else 1):
            await asyncio.to_thread(live.tell_everybody, {"type": ASKED, "to": name})
            await asyncio.sleep(WAIT_SECONDS)
    finally:
        await listener.close()
    return [socket for sockets in told.values() for socket in sockets]


def answer(message: Any, *, process: str, sockets: Iterable[Connection]) -> None:
    live.tell_process(message["to"], {"type": "here", "process": process, "sockets": list(sockets)})


def known(connections: Iterable[Connection]) -> list[Present]:
    """With what they stand for, people first, by name. Four queries."""
    counted = Counter(connections)
    users = User.objects.in_bulk({one.user for one in counted if one.user is not None})
    keys = ApiKey.objects.in_bulk({one.key for one in counted if one.key is not None})
    embeds = EmbedKey.objects.select_related("profile").in_bulk({one.embed_key for one in counted if one.embed_key})
    calls = Call.objects.in_bulk({one.call for one in counted if one.call is not None})
    found = [
        Present(
            one.kind,
            users.get(one.user) if one.user is not None else None,
            keys.get(one.key) if one.key else None,
            embeds.get(one.embed_key) if one.embed_key else None,
            one.pairing is not None,
            calls.get(one.call) if one.call else None,
            number,
        )
        for one, number in counted.items()
    ]
    return sorted(found, key=lambda one: (one.user is None, one.user.username if one.user else "", one.kind))
