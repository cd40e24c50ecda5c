"""Who signs in, fails to, and signs out is on record."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from calls.models import AuditEntry, User
from tests.hub.signin.test_second_factor import PASSWORD, activate, code, sign_in


@pytest.fixture(autouse=True)
def nobody_is_locked_out() -> None:
    cache.clear()


@pytest.fixture
def person(viewer: User) -> User:
    viewer.set_password(PASSWORD)
    viewer.save()
    return viewer


def entries() -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.order_by("at", "id")
    return [(row.actor_name, row.action, row.subject) for row in rows]


def test_in_and_out(person: User) -> None:
    client = Client()
    assert sign_in(client) == "/calls/"
    client.post("/logout/")
    client.post("/logout/")  # nobody is signed in any more
    assert entries() == [("viewer", "sign-in", ""), ("viewer", "sign-out", "")]
    first = AuditEntry.objects.get(action="sign-in")
    assert first.actor == person and first.detail == {"method": "password", "address": "127.0.0.1"}


def test_wrong_passwords(person: User) -> None:
    for _ in range(10):
        Client().post("/login/", {"username": "viewer", "password": "guess"})
    assert entries() == [*[("somebody", "sign-in.fail", "viewer")] * 8, ("somebody", "sign-in.locked", "viewer")]
    assert "guess" not in str([row.detail for row in AuditEntry.objects.all()])


def test_names_that_nobody_has_are_not_kept(person: User) -> None:
    for typed in ("hunter2", "correct-horse", "\0", ""):
        assert Client().post("/login/", {"username": typed, "password": "x"}).status_code == 200
    assert entries() == [("somebody", "sign-in.fail", "an unknown name, from 127.0.0.1")]


@pytest.mark.django_db(transaction=True)
def test_the_second_factor(person: User) -> None:
    client = Client()
    sign_in(client)
    secret = activate(client)
    other = Client()
    sign_in(other)
    before = len(entries())
    other.post("/account/2fa/authenticate/", {"code": "000000" if code(secret) != "000000" else "000001"})
    assert entries()[1:] == [
        ("viewer", "second-factor.add", "TOTP Authenticator"),
        ("viewer", "second-factor.add", "Recovery codes"),
        ("somebody", "sign-in.fail", "viewer"),
    ]
    assert len(entries()) == before + 1  # who is half in has not signed in
    assert AuditEntry.objects.get(action="sign-in.fail").detail["reason"] == "second factor"
