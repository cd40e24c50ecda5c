"""Sockets of a paired iFrame: opened by a ticket, once, with what its person sees, until the pairing ends."""

from __future__ import annotations

from typing import Any

import pytest

from calls.models import AuditEntry, EmbedPairing, StreamingProfile, User
from calls.services import audit, embeds, pairings
from tests.consumers.test_browser import HOST, Socket, in_database, publisher

__all__ = ["publisher"]

pytestmark = pytest.mark.django_db(transaction=True)
FOREIGN = (b"origin", b"https://ringcx.ringcentral.com")


def pair(user: User) -> EmbedPairing:
    pairing, _ = pairings.ask_pairing(parent="https://example.com", address="127.0.0.1", browser="")
    assert pairings.confirm_pairing(pairing=pairing, user=user, by=audit.requester(user))
    return EmbedPairing.objects.select_related("user").get(id=pairing.id)


def socket(path: str, pairing: EmbedPairing, vendor_call_id: str = "") -> Socket:
    ticket = embeds.create_ticket(embeds.PairedGrant(pairing, vendor_call_id))
    return Socket(f"{path}?ticket={ticket}", HOST, FOREIGN)


@pytest.fixture
def pairing(supervisor: User) -> EmbedPairing:
    return pair(supervisor)


async def test_the_wall_shows_what_the_person_sees(pairing: EmbedPairing, make_call: Any) -> None:
    mine = await in_database(make_call)(state="live")
    elsewhere = await in_database(StreamingProfile.objects.create)(name="Elsewhere", product_id="8")
    await in_database(make_call)(state="live", profile=elsewhere)
    wall = await (await in_database(socket)("/ws/dashboard/", pairing)).open()
    snapshot = await wall.next()
    assert [entry["call"]["id"] for entry in snapshot["calls"]] == [str(mine.id)]
    await wall.disconnect()


async def test_a_call_by_either_of_its_ids(pairing: EmbedPairing, make_call: Any) -> None:
    call = await in_database(make_call)(state="live")
    for path, vendor_call_id in ((f"/ws/calls/{call.id}/", ""), ("/ws/embed/", call.vendor_call_id)):
        opened = await (await in_database(socket)(path, pairing, vendor_call_id)).open()
        assert (await opened.next())["call"]["id"] == str(call.id)
        await opened.disconnect()


async def test_a_foreign_call_stays_unknown(pairing: EmbedPairing, make_call: Any) -> None:
    elsewhere = await in_database(StreamingProfile.objects.create)(name="Elsewhere", product_id="8")
    call = await in_database(make_call)(state="live", profile=elsewhere)
    assert await (await in_database(socket)(f"/ws/calls/{call.id}/", pairing)).status() == 404
    waiting = await (await in_database(socket)("/ws/embed/", pairing, call.vendor_call_id)).open()
    assert await waiting.next() == {"type": "waiting"}
    await waiting.disconnect()


async def test_a_ticket_counts_once_and_for_its_kind_of_socket(pairing: EmbedPairing, make_call: Any) -> None:
    ticket = await in_database(embeds.create_ticket)(embeds.PairedGrant(pairing, ""))
    opened = await Socket(f"/ws/dashboard/?ticket={ticket}", HOST, FOREIGN).open()
    assert await Socket(f"/ws/dashboard/?ticket={ticket}", HOST, FOREIGN).status() == 403
    assert await (await in_database(socket)("/ws/dashboard/", pairing, "77")).status() == 403
    assert await (await in_database(socket)("/ws/embed/", pairing)).status() == 403
    await opened.disconnect()


async def test_listening_is_on_record_in_the_person_s_name(pairing: EmbedPairing, make_call: Any) -> None:
    call = await in_database(make_call)(state="live")
    listening = await (await in_database(socket)(f"/ws/calls/{call.id}/listen/", pairing)).open()
    entry = await in_database(AuditEntry.objects.get)(call=call)
    assert entry.actor_name == "supervisor (iFrame)"
    await listening.disconnect()


async def test_a_viewer_does_not_listen(viewer: User, make_call: Any) -> None:
    call = await in_database(make_call)(state="live")
    pairing = await in_database(pair)(viewer)
    assert await (await in_database(socket)(f"/ws/calls/{call.id}/listen/", pairing)).status() == 403


@pytest.mark.parametrize("end", ["ended", "password", "team"])
async def test_open_sockets_end_with_it(
    pairing: EmbedPairing, supervisor: User, team: Any, make_call: Any, end: str
) -> None:
    call = await in_database(make_call)(state="live")
    opened = await (await in_database(socket)(f"/ws/calls/{call.id}/", pairing)).open()
    await opened.next()

    def change() -> None:
        if end == "ended":
            pairings.end_pairing(pairing_id=pairing.id, by=audit.requester(supervisor))
        elif end == "password":
            supervisor.set_password("another one")
            supervisor.save()
        else:
            team.users.remove(supervisor)

    await in_database(change)()
    closed = await opened.receive_output(5)
    while closed["type"] != "websocket.close":
        closed = await opened.receive_output(5)
    assert closed["code"] == 1008
