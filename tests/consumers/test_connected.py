"""Who is connected now: every open socket answers the roll-call, and none that was closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from calls import live
from calls.models import StreamingProfile
from calls.services import accounts, connected, embeds, profiles
from tests.consumers.test_browser import HOST, ORIGIN, Socket, cookie_of, in_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def publisher() -> AsyncIterator[Any]:
    yield live.start()
    await live.close()


async def present() -> list[tuple[Any, ...]]:
    found = await in_database(connected.known)(await connected.call_roll())
    return [
        (
            one.user.username if one.user else None,
            one.kind,
            one.key.name if one.key else one.embed_key.profile.name if one.embed_key else None,
            one.call.vendor_call_id if one.call else None,
            one.sockets,
        )
        for one in found
    ]


async def test_nobody() -> None:
    assert await present() == []


async def test_people_programs_and_iframes(
    viewer: Any, supervisor: Any, profile: StreamingProfile, make_call: Any
) -> None:
    call = await in_database(make_call)(state="live", vendor_call_id="7")
    _, text = await in_database(accounts.create_api_key)(name="CRM", owner=viewer, scope="read")
    key, _ = await in_database(profiles.create_embed_key)(profile)
    ticket = await in_database(embeds.create_ticket)(embeds.EmbedGrant(key, "7"))
    cookie = await in_database(cookie_of)(supervisor)
    sockets = [
        await Socket("/ws/dashboard/", ORIGIN, HOST, cookie).open(),
        await Socket("/ws/dashboard/", ORIGIN, HOST, cookie).open(),
        await Socket(f"/ws/calls/{call.id}/", ORIGIN, HOST, cookie).open(),
        await Socket("/ws/dashboard/", (b"authorization", f"Bearer {text}".encode())).open(),
        await Socket(f"/ws/embed/?ticket={ticket}").open(),
    ]
    await sockets[-1].next()
    assert await present() == [
        ("supervisor", "call", None, "7", 1),
        ("supervisor", "dashboard", None, None, 2),
        ("viewer", "dashboard", "CRM", None, 1),
        (None, "embed", "Sales", "7", 1),
    ]
    for socket in sockets[1:]:
        await socket.disconnect()
    async with asyncio.timeout(5):
        while await present() != [("supervisor", "dashboard", None, None, 1)]:
            pass
