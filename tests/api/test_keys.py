from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from calls.api.authentication import user_and_scope_of_key
from calls.models import ApiKey, User
from calls.models.fields import digest
from tests.api.conftest import Problem

KEYS = "/api/v1/api-keys/"


def test_a_key_is_shown_once(as_admin: APIClient, admin: User) -> None:
    response = as_admin.post(KEYS, {"name": "Reports", "scope": "read"})
    assert response.status_code == 201
    made = response.json()
    assert list(made) == ["id", "name", "scope", "owner", "prefix", "createdAt", "lastUsedAt", "key"]
    assert made["owner"] == "admin" and made["key"].startswith(made["prefix"]) and made["lastUsedAt"] is None
    created = parse_datetime(made["createdAt"])
    assert created and abs(timezone.now() - created) < timedelta(seconds=10)
    assert user_and_scope_of_key(made["key"]) == (admin, "read")
    assert ApiKey.objects.get(id=made["id"]).digest == digest(made["key"])
    listed = as_admin.get(KEYS)
    assert made["key"] not in listed.content.decode()
    assert [row["name"] for row in listed.json()["results"]] == ["Reports", "test"]
    assert as_admin.delete(f"{KEYS}{made['id']}/").status_code == 204
    assert user_and_scope_of_key(made["key"]) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scope": "read"}, "name"),
        ({"name": "", "scope": "read"}, "name"),
        ({"name": "x" * 101, "scope": "read"}, "name"),
        ({"name": 5, "scope": "read"}, "name"),
        ({"name": "n"}, "scope"),
        ({"name": "n", "scope": "everything"}, "scope"),
        ({"name": "n", "scope": ["read"]}, "scope"),
        ({"name": "n", "scope": "read", "colour": "red"}, "colour"),
    ],
)
def test_wrong_input(as_admin: APIClient, problem: Problem, body: dict[str, Any], field: str) -> None:
    problem(as_admin.post(KEYS, body), 422, "invalid", field)


def command(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_the_key_alone(admin: User) -> None:
    out, err = command("Script", "--scope", "control")
    assert out.count("\n") == 1 and err == ""
    assert user_and_scope_of_key(out.strip()) == (admin, "control")


def test_the_command_takes_the_first_active_admin(db: None) -> None:
    User.objects.create_user("viewer")
    User.objects.create_user("gone", role="admin", is_active=False)
    first = User.objects.create_user("first", is_superuser=True)
    User.objects.create_user("second", role="admin")
    out, _ = command("Script", "--scope", "admin")
    assert user_and_scope_of_key(out.strip()) == (first, "admin")


def test_the_command_takes_an_owner(admin: User, viewer: User) -> None:
    out, err = command("Script", "--scope", "admin", "--owner", "viewer")
    assert user_and_scope_of_key(out.strip()) == (viewer, "read")
    assert "no more than 'read'" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("k", "--scope", "read"), "no active admin"),
        (("k", "--scope", "read", "--owner", "missing"), "no active user 'missing'"),
        ((" ", "--scope", "read"), "Give a name"),
        (("k", "--scope", "all"), "invalid choice"),
        (("k",), "--scope"),
    ],
)
def test_the_command_says_what_is_wrong(db: None, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        command(*arguments)
    assert not ApiKey.objects.exists()
