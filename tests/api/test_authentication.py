"""Keys, sessions, and what each may do."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from calls.api.authentication import user_and_scope_of_key
from calls.models import ApiKey, StreamingProfile, User
from calls.services.accounts import create_api_key
from tests.api.conftest import Problem, with_key
from tests.conftest import MakeCall

PROFILES, CALLS, KEYS = "/api/v1/profiles/", "/api/v1/calls/", "/api/v1/api-keys/"
NEW = {"productType": "QUEUE", "productId": "77"}


@pytest.mark.parametrize("header", ["Bearer hub_wrong", "bearer", "Bearer ", "Bearer \xe9", "Bearer a b"])
def test_a_bad_key(nobody: APIClient, problem: Problem, header: str) -> None:
    response = nobody.get(CALLS, HTTP_AUTHORIZATION=header)
    problem(response, 401, "bad_key")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_and_an_inactive_owner(admin: User, problem: Problem) -> None:
    client = with_key(admin)
    assert client.get(CALLS).status_code == 200
    admin.is_active = False
    admin.save()
    problem(client.get(CALLS), 401, "bad_key")
    admin.is_active = True
    admin.save()
    ApiKey.objects.all().delete()
    problem(client.get(CALLS), 401, "bad_key")


def test_the_scheme_is_of_any_case(admin: User, nobody: APIClient) -> None:
    _, text = create_api_key(name="k", owner=admin, scope="read")
    assert nobody.get(CALLS, HTTP_AUTHORIZATION=f"bEARER {text}").status_code == 200


def test_use_is_noted_once_a_minute(admin: User) -> None:
    key, text = create_api_key(name="k", owner=admin, scope="read")
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {text}")
    client.get(CALLS)
    key.refresh_from_db()
    first = key.last_used_at
    assert first
    client.get(CALLS)
    key.refresh_from_db()
    assert key.last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    client.get(CALLS)
    key.refresh_from_db()
    assert key.last_used_at and key.last_used_at > first


def test_for_sockets(supervisor: User, agent: User) -> None:
    assert user_and_scope_of_key("hub_wrong") is None
    for owner, scope, expected in (
        (supervisor, "read", "read"), (supervisor, "admin", "control"), (agent, "admin", "read")
    ):  # fmt: skip
        _, text = create_api_key(name="k", owner=owner, scope=scope)
        assert user_and_scope_of_key(text) == (owner, expected)


def test_a_session_reads_without_a_token_and_writes_with_one(admin: User, problem: Problem) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    assert client.get(PROFILES).status_code == 200
    problem(client.post(PROFILES, NEW, content_type="application/json"), 403, "csrf_failed")
    token = "a" * 32
    client.cookies["hub_csrf"] = token
    response = client.post(PROFILES, NEW, content_type="application/json", headers={"X-CSRFToken": token})
    assert response.status_code == 201


def test_a_bad_key_is_not_saved_by_a_session(admin: User, problem: Problem) -> None:
    client = Client()
    client.force_login(admin)
    problem(client.get(CALLS, headers={"Authorization": "Bearer hub_wrong"}), 401, "bad_key")


# Who, with which scope → what each of the requests below answers.
MATRIX = {
    ("admin", "admin"): (200, 200, 200, 201, 200, 204, 201, 200, 200, 201, 204),
    ("admin", "control"): (200, 200, 200, 403, 403, 403, 403, 200, 403, 403, 403),
    ("admin", "read"): (200, 200, 200, 403, 403, 403, 403, 200, 403, 403, 403),
    ("supervisor", "admin"): (200, 200, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    ("supervisor", "read"): (200, 200, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    ("agent", "admin"): (200, 404, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    ("viewer", "admin"): (200, 200, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    ("admin", "session"): (200, 200, 200, 201, 200, 204, 201, 200, 200, 201, 204),
    ("supervisor", "session"): (200, 200, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    ("agent", "session"): (200, 404, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    ("viewer", "session"): (200, 200, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    ("nobody", ""): (401,) * 11,
}


@pytest.mark.parametrize(("role", "scope"), MATRIX)
def test_who_may_do_what(
    role: str, scope: str, request: pytest.FixtureRequest, make_call: MakeCall, profile: StreamingProfile
) -> None:
    call = make_call()
    other = StreamingProfile.objects.create(name="Other", product_id="9")
    owner = User.objects.create_user("owner", role="admin")
    key, _ = create_api_key(name="k", owner=owner, scope="read")
    if role == "nobody":
        client = APIClient()
    elif scope == "session":
        client = APIClient()
        client.force_login(request.getfixturevalue(role))
    else:
        client = with_key(request.getfixturevalue(role), scope)
    found = (
        client.get(CALLS).status_code,
        client.get(f"{CALLS}{call.id}/transcript/").status_code,
        client.get(PROFILES).status_code,
        client.post(PROFILES, NEW).status_code,
        client.patch(f"{PROFILES}{profile.id}/", {"name": "New"}).status_code,
        client.delete(f"{PROFILES}{other.id}/").status_code,
        client.post(f"{PROFILES}{profile.id}/embed-keys/").status_code,
        client.get("/api/v1/refused-streams/").status_code,
        client.get(KEYS).status_code,
        client.post(KEYS, {"name": "n", "scope": "read"}).status_code,
        client.delete(f"{KEYS}{key.id}/").status_code,
    )
    assert found == MATRIX[role, scope]


def test_what_nobody_may_know_is_not_told(viewer: User) -> None:
    """Without the right, an address that exists looks like one that doesn't."""
    client = with_key(viewer)
    assert client.get(f"{PROFILES}{uuid.uuid4()}/").status_code == 403
