"""`calls/{id}/commands/`: what is answered to whom."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from calls.models import ApiKey, AuditEntry, Call, Command, Stream, StreamingProfile, User
from tests.api.conftest import Problem, with_key
from tests.api.test_schema import check
from tests.conftest import MakeCall


@pytest.fixture
def call(acme: StreamingProfile, make_call: MakeCall) -> Call:
    return make_call(state="live", vendor="acme", profile=acme)


@pytest.fixture
def url(call: Call) -> str:
    return f"/api/v1/calls/{call.id}/commands/"


@pytest.fixture
def as_supervisor(supervisor: User) -> APIClient:
    return with_key(supervisor, "control")


def test_a_command_is_taken(as_supervisor: APIClient, url: str, supervisor: User) -> None:
    response = as_supervisor.post(url, {"type": "transfer", "target": "tel:+1-202-555-0123"})
    assert response.status_code == 202
    body = response.json()
    row = Command.objects.get()
    assert body == {
        "id": str(row.id), "type": "transfer", "params": {"target": "+12025550123"}, "state": "requested",
        "by": "supervisor (API key test)", "requestedAt": body["requestedAt"], "sentAt": None, "confirmedAt": None,
        "failedAt": None, "error": None, "detail": None,
    }  # fmt: skip
    assert body["requestedAt"].endswith("Z")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_name, entry.action) == (supervisor, body["by"], "command.transfer")


def test_by_a_person(supervisor: User, url: str) -> None:
    client = APIClient()
    client.force_login(supervisor)
    assert client.post(url, {"type": "break"}).json()["by"] == "supervisor"


def test_the_list_is_newest_first_and_in_pages(as_supervisor: APIClient, url: str, make_call: MakeCall) -> None:
    asked = [as_supervisor.post(url, {"type": "say", "text": str(number)}).json() for number in range(5)]
    Command.objects.filter(id=asked[0]["id"]).update(state="failed", failed_at=timezone.now(), error="busy")
    other = make_call(state="live", vendor="acme", profile=Call.objects.get().profile, key="other")
    as_supervisor.post(f"/api/v1/calls/{other.id}/commands/", {"type": "break"})
    found: list[Any] = []
    page = as_supervisor.get(url, {"limit": 2}).json()
    while True:
        found += page["results"]
        if page["next"] is None:
            break
        page = as_supervisor.get(page["next"]).json()
    assert [row["params"]["text"] for row in found] == ["4", "3", "2", "1", "0"]
    assert found[:4] == asked[:0:-1]
    assert (found[4]["state"], found[4]["error"]) == ("failed", "busy")


@pytest.mark.parametrize("target", ["abc", "", "javascript:alert(1)", "1" * 30, None, 5, ["+12025550123"]])
def test_bad_targets(as_supervisor: APIClient, url: str, problem: Problem, target: Any) -> None:
    body = problem(as_supervisor.post(url, {"type": "transfer", "target": target}), 422, "invalid", "target")
    assert [error["field"] for error in body["errors"]] == ["target"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "dance"}, "type"), ({}, "type"), ({"type": 5}, "type"), ({"type": ""}, "type"), ([], None), ("break", None),
        ({"type": "digits", "digits": "123456"}, "digits"), ({"type": "digits", "digits": 12}, "digits"),
        ({"type": "digits", "digits": "666"}, "digits"), ({"type": "break", "now": 1}, "now"),
        ({"type": "say"}, "text"), ({"type": "transfer", "params": {"target": "+12025550123"}}, "params"),
    ],
)  # fmt: skip
def test_bad_bodies(as_supervisor: APIClient, url: str, problem: Problem, body: Any, field: str | None) -> None:
    answer = problem(as_supervisor.post(url, json.dumps(body), content_type="application/json"), 422, "invalid")
    assert field in [error["field"] for error in answer["errors"]]
    assert not Command.objects.exists()


def test_what_the_vendor_can_not_do(as_supervisor: APIClient, url: str, problem: Problem) -> None:
    body = problem(as_supervisor.post(url, {"type": "play", "url": "https://example.com/a"}), 409, "unsupported")
    assert body["detail"] == "Acme plays nothing: use say instead."
    problem(as_supervisor.post(url, {"type": "hold", "state": "on"}), 409, "unsupported")
    body = problem(as_supervisor.post(url, {"type": "pauseBot"}), 409, "unsupported")
    assert "No bot answers" in body["detail"]


def test_ringcx_says_what_to_use_instead(as_supervisor: APIClient, make_call: MakeCall, problem: Problem) -> None:
    call = make_call(state="live")
    body = problem(as_supervisor.post(f"/api/v1/calls/{call.id}/commands/", {"type": "break"}), 409, "unsupported")
    assert "one-way" in body["detail"]


def test_a_call_that_is_over(as_supervisor: APIClient, url: str, problem: Problem) -> None:
    Stream.objects.update(state="ended", ended_at=timezone.now())
    problem(as_supervisor.post(url, {"type": "break"}), 409, "not_live")
    Call.objects.update(state="ended", ended_at=timezone.now())
    body = problem(as_supervisor.post(url, {"type": "break"}), 409, "not_live")
    assert body["detail"] == "The call is over."


def test_no_such_call(as_supervisor: APIClient, problem: Problem, db: None) -> None:
    url = f"/api/v1/calls/{uuid.uuid4()}/commands/"
    problem(as_supervisor.post(url, {"type": "break"}), 404)
    problem(as_supervisor.post(url, {"type": "break"}, HTTP_IDEMPOTENCY_KEY="k"), 404)
    problem(as_supervisor.get(url), 404)


class TestCheck:
    def test_tells_what_would_be_stored_and_stores_nothing(self, as_supervisor: APIClient, url: str) -> None:
        response = as_supervisor.post(f"{url}check/", {"type": "transfer", "target": "(202) 555-0123"})
        assert (response.status_code, response.json()) == (200, {
            "type": "transfer", "params": {"target": "+12025550123"},
            "numbers": {"target": {"text": "+1 202-555-0123", "region": "US"}},
        })  # fmt: skip
        assert not Command.objects.exists() and not AuditEntry.objects.exists()

    @pytest.mark.parametrize(
        ("target", "stored", "numbers"),
        [
            ("sip:Desk@example.com", "sip:Desk@example.com", {}),
            ("+800 1234 5678", "+80012345678", {"target": {"text": "+800 1234 5678", "region": None}}),
        ],
        ids=["sip", "no country"],
    )
    def test_what_has_no_country(
        self, as_supervisor: APIClient, url: str, target: str, stored: str, numbers: Any
    ) -> None:
        found = as_supervisor.post(f"{url}check/", {"type": "transfer", "target": target}).json()
        assert (found["params"], found["numbers"]) == ({"target": stored}, numbers)

    def test_refuses_what_a_command_would_be_refused_for(
        self, as_supervisor: APIClient, as_viewer: APIClient, url: str, problem: Problem
    ) -> None:
        problem(as_supervisor.post(f"{url}check/", {"type": "transfer", "target": "abc"}), 422, "invalid", "target")
        problem(as_supervisor.post(f"{url}check/", {"type": "play", "url": "x"}), 409, "unsupported")
        problem(as_viewer.post(f"{url}check/", {"type": "break"}), 403)
        Call.objects.update(state="ended", ended_at=timezone.now())
        problem(as_supervisor.post(f"{url}check/", {"type": "break"}), 409, "not_live")
        problem(as_supervisor.post(f"/api/v1/calls/{uuid.uuid4()}/commands/check/", {"type": "break"}), 404)


class TestIdempotency:
    def test_the_same_key_is_the_same_command(self, as_supervisor: APIClient, url: str, problem: Problem) -> None:
        first = as_supervisor.post(url, {"type": "say", "text": "hello"}, HTTP_IDEMPOTENCY_KEY="k-1")
        again = as_supervisor.post(url, {"type": "say", "text": "hello"}, HTTP_IDEMPOTENCY_KEY="k-1")
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json() == again.json() and Command.objects.count() == 1
        other = as_supervisor.post(url, {"type": "say", "text": "bye"}, HTTP_IDEMPOTENCY_KEY="k-1")
        problem(other, 409, "idempotency_mismatch")
        assert as_supervisor.post(url, {"type": "say", "text": "bye"}, HTTP_IDEMPOTENCY_KEY="k-2").status_code == 202
        Call.objects.update(state="ended", ended_at=timezone.now())
        replay = as_supervisor.post(url, {"type": "say", "text": "hello"}, HTTP_IDEMPOTENCY_KEY="k-1")
        assert replay.status_code == 202 and replay.json() == first.json()

    def test_each_caller_has_its_own(self, as_supervisor: APIClient, supervisor: User, url: str) -> None:
        second_key, session = with_key(supervisor, "control"), APIClient()
        session.force_login(supervisor)
        for number, client in enumerate((as_supervisor, second_key, session)):
            response = client.post(url, {"type": "say", "text": str(number)}, HTTP_IDEMPOTENCY_KEY="k")
            assert response.status_code == 202
        assert Command.objects.count() == 3

    def test_an_empty_key_is_none(self, as_supervisor: APIClient, url: str) -> None:
        for _ in range(2):
            assert as_supervisor.post(url, {"type": "break"}, HTTP_IDEMPOTENCY_KEY=" ").status_code == 202
        assert Command.objects.count() == 2

    @pytest.mark.parametrize("key", ["x" * 201, "é", "a\tb"], ids=["long", "accent", "tab"])
    def test_a_bad_key(self, as_supervisor: APIClient, url: str, problem: Problem, key: str) -> None:
        problem(as_supervisor.post(url, {"type": "break"}, HTTP_IDEMPOTENCY_KEY=key), 422, "invalid", "Idempotency-Key")
        assert as_supervisor.post(url, {"type": "break"}, HTTP_IDEMPOTENCY_KEY="x" * 200).status_code == 202


# Who, with which scope → reading the list, acting.
MATRIX = {
    ("admin", "admin"): (200, 202),
    ("admin", "control"): (200, 202),
    ("admin", "read"): (200, 403),
    ("supervisor", "admin"): (200, 202),
    ("supervisor", "control"): (200, 202),
    ("supervisor", "read"): (200, 403),
    ("agent", "admin"): (404, 403),
    ("agent", "control"): (404, 403),
    ("agent", "read"): (404, 403),
    ("viewer", "admin"): (200, 403),
    ("viewer", "control"): (200, 403),
    ("viewer", "read"): (200, 403),
    ("admin", "session"): (200, 202),
    ("supervisor", "session"): (200, 202),
    ("agent", "session"): (404, 403),
    ("viewer", "session"): (200, 403),
    ("nobody", ""): (401, 401),
}


@pytest.mark.parametrize(("role", "scope"), MATRIX)
def test_who_may_act(role: str, scope: str, request: pytest.FixtureRequest, url: str) -> None:
    client = APIClient()
    if scope == "session":
        client.force_login(request.getfixturevalue(role))
    elif role != "nobody":
        client = with_key(request.getfixturevalue(role), scope)
    found = (client.get(url).status_code, client.post(url, {"type": "break"}).status_code)
    assert found == MATRIX[role, scope]
    assert Command.objects.count() == (found[1] == 202)


def test_who_may_not_act_learns_nothing_of_the_call(viewer: User, problem: Problem, db: None) -> None:
    problem(with_key(viewer).post(f"/api/v1/calls/{uuid.uuid4()}/commands/", {"type": "break"}), 403)


def test_a_page_needs_its_token(supervisor: User, url: str, problem: Problem) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(supervisor)
    problem(client.post(url, {"type": "break"}, content_type="application/json"), 403, "csrf_failed")


def test_capabilities_are_in_the_calls_json(as_viewer: APIClient, call: Call) -> None:
    found = as_viewer.get(f"/api/v1/calls/{call.id}/").json()["capabilities"]
    assert found["play"] == {
        "supported": False, "reason": "Acme plays nothing: use say instead.", "confirms": False, "label": "Play a file",
        "parameters": [
            {
                "name": "url", "kind": "url", "label": "URL of the audio", "required": True, "choices": [], "sip": False,
                "party": False, "maxLength": 1000,
            }
        ],
    }  # fmt: skip
    assert found["break"]["supported"] and found["break"]["reason"] is None


def test_a_list_of_calls_costs_as_many_queries_as_one(
    as_viewer: APIClient, make_call: MakeCall, acme: StreamingProfile, django_assert_max_num_queries: Any
) -> None:
    for number in range(100):
        make_call(state="live", vendor="acme", profile=acme, key=str(number))
    ApiKey.objects.update(last_used_at=timezone.now())
    with django_assert_max_num_queries(5):  # the key, the calls, their streams, alerts and tags
        assert len(as_viewer.get("/api/v1/calls/", {"limit": 100}).json()["results"]) == 100


def test_acting_costs_few_queries(
    as_supervisor: APIClient, url: str, django_assert_max_num_queries: Any, django_capture_on_commit_callbacks: Any
) -> None:
    ApiKey.objects.update(last_used_at=timezone.now())
    # The key, the call, its streams, alerts and tags, a savepoint around command and audit entry.
    with django_assert_max_num_queries(9), django_capture_on_commit_callbacks(execute=True):
        assert as_supervisor.post(url, {"type": "break"}).status_code == 202


def test_answers_are_as_the_schema_says(as_supervisor: APIClient, url: str, client: Any) -> None:
    schema = json.loads(client.get("/api/schema/").content)
    check(schema, "Command", as_supervisor.post(url, {"type": "note", "data": {"a": [1]}}).json())
    check(schema, "CommandPage", as_supervisor.get(url).json())
    checked = as_supervisor.post(f"{url}check/", {"type": "transfer", "target": "+12025550123"}).json()
    check(schema, "CheckedCommand", checked)
    body = schema["paths"]["/api/v1/calls/{call_id}/commands/"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["required"] == ["type"] and "transfer" in body["schema"]["properties"]["type"]["description"]


text = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
types = st.sampled_from(["break", "digits", "transfer", "hangup", "say", "play", "hold", "note", "pauseBot"]) | text
names = st.sampled_from(["digits", "target", "text", "url", "state", "data"]) | text


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.builds(lambda type, params: {**params, "type": type}, types, st.dictionaries(names, values, max_size=3)) | values
)
def test_whatever_is_sent(as_supervisor: APIClient, url: str, body: Any) -> None:
    response = as_supervisor.post(url, json.dumps(body), content_type="application/json")
    assert response.status_code in (202, 400, 409, 422), response.content
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
    assert as_supervisor.get(url).status_code == 200
