"""Embed keys of a profile, by REST."""

from __future__ import annotations

from rest_framework.test import APIClient

from calls.models import StreamingProfile
from tests.api.conftest import Problem

PROFILES = "/api/v1/profiles/"


def test_an_embed_key_is_shown_once(as_admin: APIClient, profile: StreamingProfile) -> None:
    address = f"{PROFILES}{profile.id}/"
    response = as_admin.post(f"{address}embed-keys/")
    assert response.status_code == 201
    made = response.json()
    assert list(made) == ["id", "prefix", "createdAt", "lastUsedAt", "key"]
    assert made["key"].startswith(made["prefix"])
    answer = as_admin.get(address)
    assert made["key"] not in answer.content.decode()
    assert answer.json()["embedKeys"] == [{name: made[name] for name in ("id", "prefix", "createdAt", "lastUsedAt")}]
    assert as_admin.delete(f"{address}embed-keys/{made['id']}/").status_code == 204
    assert as_admin.get(address).json()["embedKeys"] == []


def test_two_embed_keys_at_most(as_admin: APIClient, problem: Problem, profile: StreamingProfile) -> None:
    address = f"{PROFILES}{profile.id}/embed-keys/"
    first = as_admin.post(address).json()
    as_admin.post(address)
    problem(as_admin.post(address), 409, "too_many_keys")
    other = StreamingProfile.objects.create(name="Other", product_id="9")
    problem(as_admin.delete(f"{PROFILES}{other.id}/embed-keys/{first['id']}/"), 404)
    as_admin.delete(f"{address}{first['id']}/")
    assert as_admin.post(address).status_code == 201
