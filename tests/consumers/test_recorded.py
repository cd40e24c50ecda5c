"""Following a call, the wall or an iFrame's call is reading, and on record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from calls import live
from calls.models import AuditEntry, StreamingProfile
from calls.services import embeds, profiles
from tests.consumers.test_browser import HOST, ORIGIN, Socket, cookie_of, in_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def publisher() -> AsyncIterator[Any]:
    yield live.start()
    await live.close()


def entries() -> list[tuple[str, str, Any]]:
    return [*AuditEntry.objects.order_by("at", "id").values_list("actor_name", "action", "call")]


async def test_a_call_and_the_wall(viewer: Any, supervisor: Any, make_call: Any) -> None:
    call = await in_database(make_call)(state="live")
    for user in (viewer, supervisor, viewer):
        headers = ORIGIN, HOST, await in_database(cookie_of)(user)
        socket = await Socket(f"/ws/calls/{call.id}/", *headers).open()
        await socket.next()
        await socket.disconnect()
    wall = await Socket("/ws/dashboard/", ORIGIN, HOST, await in_database(cookie_of)(viewer)).open()
    await wall.disconnect()
    assert await in_database(entries)() == [
        ("viewer", "call.read", call.id),
        ("supervisor", "call.read", call.id),
        ("viewer", "wall.read", None),
    ]


async def test_who_is_not_let_in_has_read_nothing(agent: Any, make_call: Any) -> None:
    call = await in_database(make_call)(state="live", agent_id="999")
    headers = ORIGIN, HOST, await in_database(cookie_of)(agent)
    assert await Socket(f"/ws/calls/{call.id}/", *headers).status() == 404
    assert await Socket("/ws/dashboard/", ORIGIN, HOST).status() == 401
    assert await in_database(entries)() == []


async def test_an_iframe_is_known_by_its_key(profile: StreamingProfile, make_call: Any) -> None:
    key, _ = await in_database(profiles.create_embed_key)(profile)
    call = await in_database(make_call)(state="live", vendor_call_id="7")
    for number in ("7", "8", "7"):
        ticket = await in_database(embeds.create_ticket)(embeds.EmbedGrant(key, number))
        socket = await Socket(f"/ws/embed/?ticket={ticket}").open()
        await socket.next()
        await socket.disconnect()
    assert (await in_database(entries)())[1:] == [(f"the iFrame of Sales ({key.prefix}…)", "call.read", call.id)]
