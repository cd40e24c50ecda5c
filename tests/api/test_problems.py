"""Every error is a problem, and says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import exceptions
from rest_framework.test import APIClient

from calls.api import profile_views
from calls.api.problems import problem_handler
from calls.models import StreamingProfile
from tests.api.conftest import Problem

PROFILES = "/api/v1/profiles/"
NOWHERE = "01920000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("get", "/api/v1/nonsense/", {}, 404, "not_found"),
        ("get", "/api/", {}, 404, "not_found"),
        ("post", "/api/v2/calls/", {}, 404, "not_found"),
        ("get", "/api/v1/calls/not-a-uuid/", {}, 404, "not_found"),
        ("get", f"/api/v1/calls/{NOWHERE}/", {}, 404, "not_found"),
        ("get", f"/api/v1/calls/{NOWHERE}/transcript/", {}, 404, "not_found"),
        ("get", f"/api/v1/calls/{NOWHERE}/recording/", {}, 404, "not_found"),
        ("get", f"{PROFILES}{NOWHERE}/", {}, 404, "not_found"),
        ("put", f"{PROFILES}{NOWHERE}/", {"data": {}}, 404, "not_found"),
        ("delete", f"{PROFILES}{NOWHERE}/", {}, 404, "not_found"),
        ("post", f"{PROFILES}{NOWHERE}/embed-keys/", {}, 404, "not_found"),
        ("delete", f"/api/v1/api-keys/{NOWHERE}/", {}, 404, "not_found"),
        ("delete", PROFILES, {}, 405, "method_not_allowed"),
        ("post", "/api/v1/calls/", {"data": {}}, 405, "method_not_allowed"),
        ("options", "/api/v1/calls/", {}, 405, "method_not_allowed"),
        ("get", PROFILES, {"HTTP_ACCEPT": "text/csv"}, 406, "not_acceptable"),
        ("post", PROFILES, {"data": "a=1", "content_type": "text/plain"}, 415, "unsupported_media_type"),
        ("post", PROFILES, {"data": "", "content_type": "application/json"}, 422, "invalid"),
    ],
)
def test_every_error_is_a_problem(
    as_admin: APIClient, problem: Problem, method: str, path: str, options: dict[str, Any], status: int, code: str
) -> None:
    problem(getattr(as_admin, method)(path, **options), status, code)


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"", b"nonsense", b'{"name": NaN}', b"\xff\xfe", b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"[" * 100_000,
        b'{"a": 1} {"a": 2}', b"{'name': 1}",
    ],
)  # fmt: skip
def test_malformed_json(as_admin: APIClient, problem: Problem, body: bytes) -> None:
    response = as_admin.post(PROFILES, body, content_type="application/json")
    if body:
        problem(response, 400, "malformed")
    else:
        problem(response, 422)


def test_a_body_of_another_kind_is_told_so(as_admin: APIClient, problem: Problem) -> None:
    for body in (b"[]", b'"text"', b"1", b"null", b"true"):
        found = problem(as_admin.post(PROFILES, body, content_type="application/json"), 422)
        if body != b"null":
            assert found["errors"] == [{"field": None, "code": "invalid", "detail": "Send one JSON object."}]


def test_a_body_that_is_too_large(as_admin: APIClient, problem: Problem) -> None:
    body = b'{"name": "' + b"x" * (1 << 20) + b'"}'
    problem(as_admin.post(PROFILES, body, content_type="application/json"), 413, "too_large")


def test_not_allowed_names_the_methods(as_admin: APIClient) -> None:
    assert as_admin.put("/api/v1/calls/")["Allow"] == "GET, HEAD"


def test_a_missing_slash_is_hinted_at(as_admin: APIClient, problem: Problem) -> None:
    assert "slash" in problem(as_admin.post("/api/v1/profiles", {}), 404)["detail"]
    assert "slash" not in problem(as_admin.post("/api/v1/nonsense", {}), 404)["detail"]


def test_without_log_in(nobody: APIClient, problem: Problem) -> None:
    response = nobody.get(PROFILES)
    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_failure_is_logged_and_tells_nothing(
    as_admin: APIClient, problem: Problem, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("inner detail")

    monkeypatch.setattr(profile_views, "profile_rows", fail)
    body = problem(as_admin.get(PROFILES), 500, "server_error")
    assert "inner" not in str(body) and "inner detail" in caplog.text


def test_too_many_requests(problem: Problem) -> None:
    response = problem_handler(exceptions.Throttled(wait=7), {})
    response.json = lambda: __import__("json").loads(response.content)  # type: ignore[attr-defined]
    problem(response, 429, "throttled")
    assert response["Retry-After"] == "7"


def test_nested_fields_are_named_with_a_dot(as_admin: APIClient, problem: Problem, profile: StreamingProfile) -> None:
    body = {"options": {"secretIn": "nowhere", "colour": 1}, "phrases": ["ok", "x" * 101], "language": "english!"}
    found = problem(as_admin.patch(f"{PROFILES}{profile.id}/", body), 422, "invalid")
    assert {(error["field"], error["code"]) for error in found["errors"]} == {
        ("options.secretIn", "invalid_choice"),
        ("options.colour", "unknown"),
        ("phrases.1", "max_length"),
        ("language", "invalid"),
    }
