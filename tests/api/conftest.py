from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from calls.models import ApiKey, User
from calls.models.fields import digest


def with_key(user: User, scope: str = "admin") -> APIClient:
    """A program with an API key of this user."""
    text = f"hub_{secrets.token_hex(8)}"
    ApiKey.objects.create(name="test", owner=user, scope=scope, prefix=text[:8], digest=digest(text))
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {text}")


@pytest.fixture
def as_admin(admin: User) -> APIClient:
    return with_key(admin)


@pytest.fixture
def as_viewer(viewer: User) -> APIClient:
    return with_key(viewer, "read")


@pytest.fixture
def nobody(db: None) -> APIClient:
    return APIClient()


Problem = Callable[..., dict[str, Any]]


@pytest.fixture
def problem() -> Problem:
    """Asserts that an answer is a problem, whole and of this status and code, and returns it."""

    def check(response: Any, status: int, code: str | None = None, field: str | None = None) -> dict[str, Any]:
        assert response.status_code == status, response.content
        assert response["Content-Type"] == "application/problem+json"
        assert response["Cache-Control"] == "no-store"
        body: dict[str, Any] = response.json()
        assert list(body) == ["type", "title", "status", "code", "detail", "errors"]
        assert body["status"] == status and body["title"] and body["detail"]
        assert all(list(error) == ["field", "code", "detail"] for error in body["errors"])
        if code:
            assert body["code"] == code, body
        if field:
            assert field in [error["field"] for error in body["errors"]], body
        return body

    return check
