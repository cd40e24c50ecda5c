"""Embed key → bearer → ticket, without any cookie."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from calls.models import EmbedKey, EmbedTicket, StreamingProfile, User
from calls.services import embeds
from calls.services.profiles import create_embed_key
from tests.api.conftest import Problem, with_key

SESSIONS, TICKETS = "/api/v1/embed/sessions/", "/api/v1/embed/tickets/"
CALL = "202601150930120132050000012345"


@pytest.fixture
def browser() -> APIClient:
    """As in an iFrame of another site: no cookies, and CSRF checks wherever there are any."""
    return APIClient(enforce_csrf_checks=True)


@pytest.fixture
def key(profile: StreamingProfile) -> str:
    return create_embed_key(profile)[1]


def bearer(token: str) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def open_session(browser: APIClient, key: str) -> str:
    response = browser.post(SESSIONS, {"key": key, "callId": CALL})
    assert response.status_code == 201, response.content
    token: str = response.json()["token"]
    return token


def test_from_key_to_ticket(browser: APIClient, key: str, profile: StreamingProfile) -> None:
    response = browser.post(SESSIONS, {"key": key, "callId": CALL})
    assert response.status_code == 201 and not response.cookies
    session = response.json()
    assert list(session) == ["token", "expiresAt"]
    expires = parse_datetime(session["expiresAt"])
    assert expires and timedelta(minutes=14) < expires - timezone.now() <= timedelta(minutes=15)
    response = browser.post(TICKETS, **bearer(session["token"]))
    assert response.status_code == 201 and not response.cookies
    assert list(response.json()) == ["ticket"]
    grant = embeds.take_ticket(response.json()["ticket"])
    assert (grant.key.profile_id, grant.vendor_call_id) == (profile.id, CALL)
    with pytest.raises(embeds.EmbedRefused):
        embeds.take_ticket(response.json()["ticket"])


def test_a_session_is_renewed_while_it_lasts(
    browser: APIClient, key: str, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = open_session(browser, key)
    for body in ({}, {"callId": CALL}, None):
        response = browser.post(SESSIONS, body, **bearer(token))
        assert response.status_code == 201, response.content
        assert embeds.read_bearer(response.json()["token"]).vendor_call_id == CALL
    problem(browser.post(SESSIONS, {"callId": "another"}, **bearer(token)), 422, field="callId")
    monkeypatch.setattr(embeds, "BEARER_SECONDS", -1)
    problem(browser.post(SESSIONS, {}, **bearer(token)), 401, "embed_refused")


@pytest.mark.parametrize("body", [{"key": "emb_wrong", "callId": CALL}, {"key": "\u00e9", "callId": CALL}])
def test_a_wrong_key(browser: APIClient, problem: Problem, db: None, body: dict[str, str]) -> None:
    response = browser.post(SESSIONS, body)
    problem(response, 401, "bad_key")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "key"),
        ({"callId": CALL}, "key"),
        ({"key": ""}, "key"),
        ({"key": 5, "callId": CALL}, "key"),
        ({"key": "emb_x"}, "callId"),
        ({"key": "emb_x", "callId": ""}, "callId"),
        ({"key": "emb_x", "callId": "x" * 201}, "callId"),
        ({"key": "emb_x", "callId": "a\x00b"}, "callId"),
        ({"key": "emb_x", "callId": CALL, "colour": 1}, "colour"),
    ],
)
def test_wrong_input(browser: APIClient, problem: Problem, db: None, body: dict[str, Any], field: str) -> None:
    problem(browser.post(SESSIONS, body), 422, field=field)


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Bearer a:b:c", ""])
def test_tickets_need_a_session(browser: APIClient, problem: Problem, db: None, header: str) -> None:
    problem(browser.post(TICKETS, HTTP_AUTHORIZATION=header), 401)
    assert not EmbedTicket.objects.exists()


def test_what_ends_a_session(browser: APIClient, key: str, problem: Problem, profile: StreamingProfile) -> None:
    token = open_session(browser, key)
    profile.enabled = False
    profile.save()
    problem(browser.post(TICKETS, **bearer(token)), 401, "embed_refused")
    profile.enabled = True
    profile.save()
    assert browser.post(TICKETS, **bearer(token)).status_code == 201
    EmbedKey.objects.all().delete()
    problem(browser.post(TICKETS, **bearer(token)), 401, "embed_refused")
    problem(browser.post(SESSIONS, {"key": key, "callId": CALL}), 401, "bad_key")


def test_a_session_opens_nothing_else(browser: APIClient, key: str, problem: Problem, admin: User) -> None:
    """Neither does an API key open an embed."""
    problem(browser.get("/api/v1/calls/", **bearer(open_session(browser, key))), 401, "bad_key")
    problem(with_key(admin).post(TICKETS), 401, "embed_refused")


def test_a_cookie_opens_no_embed(browser: APIClient, problem: Problem, admin: User) -> None:
    browser.force_login(admin)
    problem(browser.post(TICKETS), 401, "not_authenticated")


def test_a_bearer_of_another_kind(browser: APIClient, problem: Problem, db: None) -> None:
    problem(browser.post(TICKETS, **bearer(signing.dumps(["x", "y"], salt="another"))), 401, "embed_refused")


def test_the_use_of_a_key_is_noted(browser: APIClient, key: str) -> None:
    open_session(browser, key)
    assert EmbedKey.objects.get().last_used_at
