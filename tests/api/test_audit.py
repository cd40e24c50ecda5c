"""`audit/`: who did what, for admins."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from calls.models import AuditEntry, Call, User
from calls.services import audit_log
from tests.api.conftest import Problem, with_key
from tests.api.test_schema import check
from tests.conftest import MakeCall

AUDIT = "/api/v1/audit/"


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call()


@pytest.fixture
def entries(call: Call, supervisor: User) -> list[AuditEntry]:
    """Five, an hour apart, the oldest first."""
    rows: list[dict[str, Any]] = [
        {"action": "command.transfer", "actor": supervisor, "actor_name": "supervisor", "call": call},
        {"action": "command.hangup", "actor": supervisor, "actor_name": "supervisor (API key Wallboard)", "call": call},
        {"action": "command.hangup", "actor_name": "bot Menu"},
        {"action": "profile.reveal", "actor_name": "root", "subject": "Sales", "detail": {"a": 1}},
        {"action": "commandeer", "actor_name": "root"},
    ]
    return [
        AuditEntry.objects.create(at=datetime(2026, 1, 15, hour, tzinfo=UTC), **row) for hour, row in enumerate(rows)
    ]


def actions(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [f"{row['at'][11:13]} {row['action']}" for row in response.json()["results"]]


def test_an_entry(as_admin: APIClient, entries: list[AuditEntry], call: Call, client: Any) -> None:
    body = as_admin.get(AUDIT).json()
    assert body["results"][1] == {
        "id": str(entries[3].id), "at": "2026-01-15T03:00:00Z", "actor": "root", "action": "profile.reveal",
        "call": None, "subject": "Sales", "detail": {"a": 1},
    }  # fmt: skip
    assert body["results"][4]["call"] == str(call.id) and body["results"][4]["subject"] is None
    check(json.loads(client.get("/api/schema/").content), "AuditPage", body)


ALL = ["04 commandeer", "03 profile.reveal", "02 command.hangup", "01 command.hangup", "00 command.transfer"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ALL),
        ({"action": "command.hangup"}, ALL[2:4]),
        ({"action": "command"}, ALL[2:]),
        ({"action": "commandeer"}, ALL[:1]),
        ({"action": "comm"}, []),
        ({"actor": "supervisor"}, ALL[3:]),
        ({"actor": "supervisor (API key Wallboard)"}, ALL[3:4]),
        ({"actor": "bot Menu"}, ALL[2:3]),
        ({"from": "2026-01-15T03:00:00Z"}, ALL[:2]),
        ({"to": "2026-01-15T01:00:00Z"}, ALL[3:]),
        ({"from": "2026-01-15T02:00:00+01:00", "to": "2026-01-15T02:00:00"}, ALL[2:4]),
        ({"from": "2026-01-15", "to": "2026-01-15"}, ALL),
        ({"to": "2026-01-14"}, []),
    ],
)
def test_filters(as_admin: APIClient, entries: list[AuditEntry], query: dict[str, str], found: list[str]) -> None:
    assert actions(as_admin.get(AUDIT, query)) == found


def test_of_one_call(as_admin: APIClient, entries: list[AuditEntry], call: Call) -> None:
    assert actions(as_admin.get(AUDIT, {"call": str(call.id)})) == ALL[3:]
    assert actions(as_admin.get(AUDIT, {"call": str(call.id), "action": "command.hangup"})) == ALL[3:4]
    assert actions(as_admin.get(AUDIT, {"call": str(uuid.uuid4())})) == []


@pytest.mark.parametrize(
    "query",
    [{"call": "5"}, {"from": "yesterday"}, {"to": "2026-13-01"}, {"from": "+12025550123"}, {"actor": "x" * 201}],
)
def test_bad_filters(as_admin: APIClient, problem: Problem, query: dict[str, str]) -> None:
    problem(as_admin.get(AUDIT, query), 422, "invalid", next(iter(query)))


def test_pages(as_admin: APIClient, entries: list[AuditEntry]) -> None:
    page = as_admin.get(AUDIT, {"limit": 2})
    found = actions(page)
    while following := page.json()["next"]:
        page = as_admin.get(following)
        found += actions(page)
    assert found == ALL
    assert actions(as_admin.get(page.json()["previous"])) == ALL[2:4]


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        ("admin", "admin", 200), ("admin", "read", 200), ("supervisor", "admin", 403), ("agent", "admin", 403),
        ("viewer", "admin", 403), ("admin", "session", 200), ("supervisor", "session", 403), ("viewer", "session", 403),
    ],
)  # fmt: skip
def test_for_admins_only(role: str, scope: str, status: int, request: pytest.FixtureRequest) -> None:
    user = request.getfixturevalue(role)
    client = APIClient()
    if scope == "session":
        client.force_login(user)
    else:
        client = with_key(user, scope)
    assert client.get(AUDIT).status_code == status


def test_not_for_nobody_and_never_written(nobody: APIClient, as_admin: APIClient, problem: Problem) -> None:
    problem(nobody.get(AUDIT), 401)
    problem(as_admin.post(AUDIT, {}), 405)
    problem(as_admin.delete(AUDIT), 405)


def rows_of(response: Any) -> list[list[str]]:
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")  # without it spreadsheets read UTF-8 wrongly
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


class TestExport:
    def test_csv_holds_what_the_filters_leave(self, as_admin: APIClient, entries: list[AuditEntry], call: Call) -> None:
        response = as_admin.get(AUDIT, {"format": "csv", "action": "command"})
        assert response["Content-Type"] == "text/csv; charset=utf-8" and response["Cache-Control"] == "no-store"
        assert re.fullmatch(r'attachment; filename="audit-[\d-]{10}\.csv"', response["Content-Disposition"])
        head, *rows = rows_of(response)
        assert head == ["at", "actor", "action", "subject", "call", "detail"]
        assert [row[2] for row in rows] == ["command.hangup", "command.hangup", "command.transfer"]
        assert rows[2] == ["2026-01-15T00:00:00Z", "supervisor", "command.transfer", "", str(call.id), "{}"]

    def test_json_lines_are_the_entries(self, as_admin: APIClient, entries: list[AuditEntry]) -> None:
        response = as_admin.get(AUDIT, {"format": "jsonl", "actor": "root"})
        assert response["Content-Type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
        assert lines == as_admin.get(AUDIT, {"actor": "root"}).json()["results"]

    def test_it_is_on_record_itself(self, as_admin: APIClient, entries: list[AuditEntry], admin: User) -> None:
        as_admin.get(AUDIT, {"format": "csv", "actor": "root"})
        entry = AuditEntry.objects.get(action="audit.export")
        assert (entry.actor, entry.subject, entry.detail) == (admin, "csv", {"filters": {"actor": "root"}})

    @pytest.mark.parametrize(
        "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", '=HYPERLINK("http://x","y")']
    )
    def test_no_cell_is_a_formula(self, as_admin: APIClient, text: str) -> None:
        AuditEntry.objects.create(actor_name=text, action="calls.search", subject=text)
        _, row = rows_of(as_admin.get(AUDIT, {"format": "csv", "action": "calls"}))
        assert row[1] == row[3] == f"'{text}"

    def test_all_of_a_long_audit_in_order(self, as_admin: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit_log, "BATCH", 7)
        at = datetime(2026, 1, 15, tzinfo=UTC)
        AuditEntry.objects.bulk_create(
            AuditEntry(at=at + timedelta(seconds=number // 4), actor_name="x", action="bulk", subject=str(number))
            for number in range(50)
        )
        _, *rows = rows_of(as_admin.get(AUDIT, {"format": "csv", "action": "bulk"}))
        times = [row[0] for row in rows]
        assert sorted(int(row[3]) for row in rows) == list(range(50)) and times == sorted(times, reverse=True)

    def test_other_formats_are_refused(self, as_admin: APIClient, problem: Problem) -> None:
        problem(as_admin.get(AUDIT, {"format": "xml"}), 422, "invalid", "format")


def test_several_actions(as_admin: APIClient, entries: list[AuditEntry]) -> None:
    assert actions(as_admin.get(AUDIT, {"action": "command.transfer,profile"})) == [ALL[1], ALL[4]]
