"""What is written about a call, on its socket: an old snapshot and the events since are what a new snapshot says."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from calls import live
from calls.models import Call, Note, Summary, User
from calls.services import audit, notes, summaries
from tests.conftest import MakeCall
from tests.consumers.test_browser import HOST, ORIGIN, Socket, cookie_of

pytestmark = pytest.mark.django_db(transaction=True)
in_database = database_sync_to_async
BY = audit.Requester("maria")


@pytest.fixture(autouse=True)
async def publisher() -> Any:
    yield live.start()
    await live.close()


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call(said=[("customer", 0, 2000, "i want to cancel my order from last week")])


@pytest.fixture
def cookie(viewer: User) -> tuple[bytes, bytes]:
    return cookie_of(viewer)


def take(state: dict[str, Any], event: dict[str, Any]) -> None:
    """As a client does it."""
    match event["type"]:
        case "note.updated":
            state["notes"] = [note for note in state["notes"] if note["id"] != event["noteId"]]
            state["notes"] += [event["note"]] if event["note"] else []
        case "tags.updated":
            state["tags"] = event["tags"]
        case "summary.ready":
            state["summary"] = event["summary"]
        case "call.updated":
            state["call"] = event["call"]


async def test_a_snapshot_and_its_events_are_the_next_snapshot(call: Call, cookie: Any) -> None:
    await in_database(notes.add_note)(call_id=call.id, text="before", at_ms=None, by=BY)
    socket = await Socket(f"/ws/calls/{call.id}/", ORIGIN, HOST, cookie).open()
    state = await socket.next()
    assert [note["text"] for note in state["notes"]] == ["before"]
    assert state["tags"] == [] and state["summary"] is None and state["call"]["tags"] == []

    def write() -> None:
        first = Note.objects.get()
        second = notes.add_note(call_id=call.id, text="at a moment", at_ms=1500, by=BY)
        second.text = "changed"
        notes.change_note(second, by=BY)
        notes.delete_note(first, by=BY)
        for name in ("vip", "refund"):
            notes.add_tag(call_id=call.id, name=name, by=BY)
        notes.remove_tag(call_id=call.id, name="vip", by=BY)
        Summary.objects.create(call=call, due_at=timezone.now())
        assert summaries.write_due_summaries() == 1

    await in_database(write)()
    seqs = []
    while state["summary"] is None:
        event = await socket.next()
        seqs.append(event["seq"])
        take(state, event)
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    await socket.send_to(text_data='{"type":"snapshot"}')
    fresh = await socket.next()
    assert fresh["type"] == "snapshot"
    for name in ("notes", "tags", "summary", "call"):
        assert state[name] == fresh[name], name
    assert [note["text"] for note in fresh["notes"]] == ["changed"]
    assert fresh["call"]["tags"] == ["refund"] and fresh["summary"]["reason"][0]["startMs"] == 0
    await socket.disconnect()
