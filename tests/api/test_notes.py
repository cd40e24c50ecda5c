"""Notes and tags of calls: who writes them, who reads them, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from calls import live
from calls.models import AuditEntry, Call, Note, Tag, User
from calls.services import notes as service
from tests.api.conftest import Problem, with_key
from tests.conftest import MakeCall


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call(agent_id="123")


@pytest.fixture
def address(call: Call) -> str:
    return f"/api/v1/calls/{call.id}/"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What goes to the live bus."""
    found: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(live, "publish", lambda call_id, kind, **payload: found.append((kind, payload)))
    return found


def audited() -> list[tuple[str, str]]:
    entries = AuditEntry.objects.exclude(action__endswith=".read").order_by("id")
    return list(entries.values_list("action", "actor_name"))


def test_a_note_is_written_changed_and_deleted(
    supervisor: User, address: str, published: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    client = with_key(supervisor, "control")
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{address}notes/", {"text": " Promised a refund.\r\nCheck on Monday. ", "atMs": 61_500})
    assert response.status_code == 201
    note = response.json()
    assert list(note) == ["id", "author", "authorId", "text", "atMs", "createdAt", "updatedAt"]
    assert note["text"] == "Promised a refund.\nCheck on Monday." and note["atMs"] == 61_500
    assert note["author"] == "supervisor (API key test)" and note["authorId"] == supervisor.pk
    assert note["updatedAt"] is None
    with django_capture_on_commit_callbacks(execute=True):
        changed = client.patch(f"{address}notes/{note['id']}/", {"text": "Refund promised."}).json()
    assert changed["text"] == "Refund promised." and changed["atMs"] == 61_500 and changed["updatedAt"]
    assert client.patch(f"{address}notes/{note['id']}/", {"atMs": None}).json()["atMs"] is None
    assert [row["id"] for row in client.get(f"{address}notes/").json()["results"]] == [note["id"]]
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(f"{address}notes/{note['id']}/").status_code == 204
    assert client.get(f"{address}notes/").json() == {"next": None, "previous": None, "results": []}
    assert [(kind, payload["note"] and payload["note"].text) for kind, payload in published] == [
        ("note.updated", note["text"]), ("note.updated", "Refund promised."), ("note.updated", None),
    ]  # fmt: skip
    assert str(published[-1][1]["noteId"]) == note["id"]
    who = "supervisor (API key test)"
    assert audited() == [(f"note.{act}", who) for act in ("create", "change", "change", "delete")]


def test_what_a_note_refuses(as_admin: APIClient, address: str, problem: Problem, make_call: MakeCall) -> None:
    notes = f"{address}notes/"
    for text in (None, "", "  \n ", "a\0b", 7, "x" * 4001):
        problem(as_admin.post(notes, {"text": text}), 422, field="text")
    problem(as_admin.post(notes, {}), 422, field="text")
    for at in (-1, 2**31, "soon", 1.5):
        problem(as_admin.post(notes, {"text": "x", "atMs": at}), 422, field="atMs")
    problem(as_admin.post(notes, {"text": "x", "colour": "red"}), 422, field="colour")
    note = as_admin.post(notes, {"text": "x" * 4000}).json()
    problem(as_admin.patch(f"{notes}{note['id']}/", {"text": ""}), 422, field="text")
    elsewhere = f"/api/v1/calls/{make_call().id}/notes/{note['id']}/"
    problem(as_admin.patch(elsewhere, {"text": "y"}), 404)
    problem(as_admin.delete(elsewhere), 404)


def test_only_its_author_or_an_admin_changes_a_note(
    as_admin: APIClient, supervisor: User, agent: User, address: str, call: Call, problem: Problem
) -> None:
    note = with_key(supervisor, "control").post(f"{address}notes/", {"text": "mine"}).json()
    one = f"{address}notes/{note['id']}/"
    other = User.objects.create_user("second", role="supervisor")
    supervisor.teams.get().users.add(other)
    for client in (with_key(other, "control"), with_key(agent, "control"), with_key(supervisor, "read")):
        problem(client.patch(one, {"text": "yours"}), 403, "forbidden")
        problem(client.delete(one), 403, "forbidden")
    assert as_admin.patch(one, {"text": "ours"}).json()["author"] == "supervisor (API key test)"
    assert as_admin.delete(one).status_code == 204


def test_an_agent_writes_about_an_own_call_and_a_viewer_reads(
    agent: User, as_viewer: APIClient, viewer: User, address: str, make_call: MakeCall, problem: Problem
) -> None:
    writer = with_key(agent, "control")
    assert writer.post(f"{address}notes/", {"text": "called back"}).status_code == 201
    assert writer.post(f"{address}tags/", {"name": "callback"}).status_code == 201
    problem(with_key(agent, "read").post(f"{address}notes/", {"text": "x"}), 403)
    problem(writer.post(f"/api/v1/calls/{make_call(agent_id='9').id}/notes/", {"text": "x"}), 404)
    for client in (as_viewer, with_key(viewer, "admin")):
        assert len(client.get(f"{address}notes/").json()["results"]) == 1
        assert len(client.get(f"{address}tags/").json()["results"]) == 1
        problem(client.post(f"{address}notes/", {"text": "x"}), 403)
        problem(client.post(f"{address}tags/", {"name": "x"}), 403)
        problem(client.delete(f"{address}tags/callback/"), 403)
    session = APIClient()
    session.force_login(agent)
    assert session.post(f"{address}notes/", {"text": "from the page"}).status_code == 201


def test_tags_are_few_words_once_each(
    as_admin: APIClient, address: str, call: Call, published: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    tags = f"{address}tags/"
    with django_capture_on_commit_callbacks(execute=True):
        added = as_admin.post(tags, {"name": "  Angry   Customer "})
    assert added.status_code == 201
    assert added.json() | {"createdAt": ""} == {
        "name": "angry customer", "by": "admin (API key test)", "createdAt": "",
    }  # fmt: skip
    assert as_admin.post(tags, {"name": "ANGRY customer"}).status_code == 200
    as_admin.post(tags, {"name": "Äpfel 50%?#"})
    assert [row["name"] for row in as_admin.get(tags).json()["results"]] == ["angry customer", "äpfel 50%?#"]
    assert as_admin.get(address).json()["tags"] == ["angry customer", "äpfel 50%?#"]
    assert as_admin.delete(f"{tags}Angry%20Customer/").status_code == 204
    assert as_admin.delete(f"{tags}{'äpfel 50%25%3F%23'}/").status_code == 204
    assert as_admin.delete(f"{tags}angry%20customer/").status_code == 404
    assert not Tag.objects.exists()
    assert [kind for kind, _ in published] == ["tags.updated", "call.updated"]
    assert published[1][1]["call"].tags == ["angry customer"]
    assert [action for action, _ in audited()] == ["tag.add", "tag.add", "tag.remove", "tag.remove"]


@pytest.mark.parametrize("name", [None, "", "  ", "...", "a/b", "a,b", "a\\b", "a\tb\0", "x" * 41, 7, ["a"]])
def test_what_a_tag_refuses(as_admin: APIClient, address: str, problem: Problem, name: Any) -> None:
    problem(as_admin.post(f"{address}tags/", {"name": name}), 422, field="name")


def test_a_call_holds_so_many_and_no_more(
    as_admin: APIClient, address: str, call: Call, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_NOTES", 1)
    monkeypatch.setattr(service, "MAX_TAGS", 1)
    as_admin.post(f"{address}notes/", {"text": "one"})
    as_admin.post(f"{address}tags/", {"name": "one"})
    problem(as_admin.post(f"{address}notes/", {"text": "two"}), 409, "too_many_notes")
    problem(as_admin.post(f"{address}tags/", {"name": "two"}), 409, "too_many_tags")
    assert as_admin.post(f"{address}tags/", {"name": "One"}).status_code == 200


def test_nothing_is_written_where_the_audit_fails(
    as_admin: APIClient, address: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(service.audit, "record", fail)
    as_admin.raise_request_exception = False
    assert as_admin.post(f"{address}notes/", {"text": "x"}).status_code == 500
    assert as_admin.post(f"{address}tags/", {"name": "x"}).status_code == 500
    assert not Note.objects.exists() and not Tag.objects.exists()


def test_a_note_outlives_its_author(as_admin: APIClient, supervisor: User, address: str) -> None:
    with_key(supervisor, "control").post(f"{address}notes/", {"text": "mine"})
    supervisor.delete()
    [note] = as_admin.get(f"{address}notes/").json()["results"]
    assert note["author"] == "supervisor (API key test)" and note["authorId"] is None


def test_calls_are_found_by_tag(as_admin: APIClient, make_call: MakeCall, call: Call) -> None:
    other = make_call()
    for one, names in ((call, ["vip", "refund"]), (other, ["refund"])):
        for name in names:
            as_admin.post(f"/api/v1/calls/{one.id}/tags/", {"name": name})

    def found(**query: str) -> set[str]:
        return {row["id"] for row in as_admin.get("/api/v1/calls/", query).json()["results"]}

    assert found(tag="VIP") == {str(call.id)}
    assert found(tag=" refund ") == {str(call.id), str(other.id)}
    assert found(tag="ref") == set()
    assert found(tag="refund", state="live") == set()
