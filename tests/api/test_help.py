"""An agent asks for help in a live call, a supervisor comes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from calls import shapes
from calls.models import AuditEntry, Call, HelpRequest, StreamingProfile, User
from calls.services.embeds import open_session
from calls.services.profiles import create_embed_key
from tests.api.conftest import Problem, with_key
from tests.conftest import MakeCall


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call(state="live", agent_id="123", vendor_call_id="uii-7")


@pytest.fixture
def path(call: Call) -> str:
    return f"/api/v1/calls/{call.id}/help/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_agent(agent: User) -> Client:
    return signed_in(agent)


@pytest.fixture
def as_supervisor(supervisor: User) -> Client:
    return signed_in(supervisor)


@pytest.fixture
def iframe(call: Call, profile: StreamingProfile) -> APIClient:
    token, _ = open_session(key=create_embed_key(profile)[1], vendor_call_id=call.vendor_call_id)
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")


def ask(client: Client, path: str, note: str | None = None) -> Any:
    return client.post(path, {} if note is None else {"note": note}, content_type="application/json")


def shown(call: Call) -> shapes.HelpShape | None:
    return shapes.call_shape(Call.objects.for_display().get(id=call.id)).help


def audited() -> list[tuple[str, str]]:
    return list(
        AuditEntry.objects.filter(action__startswith="help.").order_by("at").values_list("action", "actor_name")
    )


def test_an_agent_asks_and_a_supervisor_comes(
    call: Call, path: str, as_agent: Client, as_supervisor: Client, django_capture_on_commit_callbacks: Any
) -> None:
    answer = ask(as_agent, path, " Refund over my limit ")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["by"], body["note"]) == ("agent", "Refund over my limit")
    seen = as_supervisor.get(f"/api/v1/calls/{call.id}/").json()["help"]
    assert seen == body
    assert as_supervisor.delete(path).status_code == 204
    assert shown(call) is None
    wish = HelpRequest.objects.get()
    assert (wish.state, wish.ended_by) == ("resolved", "supervisor")
    assert audited() == [("help.ask", "agent"), ("help.resolve", "supervisor")]
    assert AuditEntry.objects.get(action="help.resolve").detail["by"] == "agent"


def test_everybody_who_watches_is_told(
    call: Call, path: str, as_agent: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[Any] = []
    monkeypatch.setattr("calls.live.publish", lambda call_id, kind, **payload: told.append((call_id, kind, payload)))
    with django_capture_on_commit_callbacks(execute=True):
        ask(as_agent, path, "please")
        as_agent.delete(path)
    helps = [payload["call"].help for call_id, kind, payload in told if (call_id, kind) == (call.id, "call.updated")]
    assert [wish and wish.note for wish in helps] == [None, None]  # both were committed when the first is told
    told.clear()
    with django_capture_on_commit_callbacks(execute=True):
        ask(as_agent, path, "again")
    assert told[0][2]["call"].help.note == "again"


def test_asking_again_changes_the_note_and_keeps_the_time(call: Call, path: str, as_agent: Client) -> None:
    first = ask(as_agent, path).json()
    assert first["note"] is None
    second = ask(as_agent, path, "about a refund").json()
    assert (second["note"], second["requestedAt"]) == ("about a refund", first["requestedAt"])
    ask(as_agent, path, "about a refund")
    assert [action for action, _ in audited()] == ["help.ask", "help.ask"]


def test_an_agent_withdraws_and_may_ask_anew(call: Call, path: str, as_agent: Client) -> None:
    first = ask(as_agent, path).json()
    assert as_agent.delete(path).status_code == 204
    assert shown(call) is None and HelpRequest.objects.get().state == "withdrawn"
    again = ask(as_agent, path).json()
    assert again["requestedAt"] > first["requestedAt"]
    assert shown(call) is not None
    assert [action for action, _ in audited()] == ["help.ask", "help.withdraw", "help.ask"]


def test_withdrawing_what_nobody_asked_is_nothing(path: str, as_agent: Client) -> None:
    assert as_agent.delete(path).status_code == 204
    assert audited() == []


def test_the_iframe_of_the_call_asks_without_a_person(call: Call, path: str, iframe: APIClient) -> None:
    answer = iframe.post(path, {"note": "now"}, format="json")
    assert answer.status_code == 201 and answer.json()["by"] == "agent 123 (iFrame)"
    assert iframe.delete(path).status_code == 204
    assert audited() == [("help.ask", "agent 123 (iFrame)"), ("help.withdraw", "agent 123 (iFrame)")]


def test_an_iframe_asks_in_its_own_call_only(iframe: APIClient, make_call: MakeCall, problem: Problem) -> None:
    other = make_call(state="live", vendor_call_id="uii-8")
    problem(iframe.post(f"/api/v1/calls/{other.id}/help/", {}, format="json"), 404)
    problem(iframe.delete(f"/api/v1/calls/{other.id}/help/"), 404)


def test_only_the_agent_asks(
    path: str, as_supervisor: Client, viewer: User, admin: User, agent: User, nobody: APIClient, problem: Problem
) -> None:
    for client in (as_supervisor, signed_in(viewer), signed_in(admin), with_key(agent, "read")):
        problem(ask(client, path), 403)
    problem(nobody.post(path), 401)
    problem(APIClient(HTTP_AUTHORIZATION="Bearer no:such:token").post(path), 401)
    assert not HelpRequest.objects.exists()


def test_who_only_looks_on_resolves_nothing(
    path: str, as_agent: Client, viewer: User, supervisor: User, problem: Problem
) -> None:
    ask(as_agent, path)
    problem(signed_in(viewer).delete(path), 403)
    problem(with_key(supervisor, "read").delete(path), 403)
    assert with_key(supervisor, "control").delete(path).status_code == 204


def test_a_foreign_agent_sees_no_such_call(path: str, problem: Problem) -> None:
    other = User.objects.create_user("other", role="agent", agent_id="999")
    problem(ask(signed_in(other), path), 404)


def test_a_call_that_is_over_needs_no_help(make_call: MakeCall, as_agent: Client, problem: Problem) -> None:
    call = make_call(agent_id="123")
    problem(ask(as_agent, f"/api/v1/calls/{call.id}/help/"), 409, "not_live")


def test_what_waits_ends_with_the_call(call: Call, path: str, as_agent: Client) -> None:
    ask(as_agent, path)
    Call.objects.filter(id=call.id).update(state="ended", ended_at=call.started_at)
    assert shown(call) is None


@pytest.mark.parametrize("body", [{"note": "x" * 201}, {"note": 7}, {"text": "x"}, [1]])
def test_nonsense_is_refused(path: str, as_agent: Client, problem: Problem, body: Any) -> None:
    problem(as_agent.post(path, body, content_type="application/json"), 422)
