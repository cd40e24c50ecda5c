"""`vendor-accounts/`: secrets go in and never come out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from calls.models import AuditEntry, VendorAccount
from tests.api.conftest import Problem, with_key
from tests.vendors.ringcx.rest_server import ACCOUNT, CLIENT_SECRET, JWT, RingCXRest

ACCOUNTS = "/api/v1/vendor-accounts/"
FIELDS = {"clientId": "the-client", "clientSecret": CLIENT_SECRET, "jwt": JWT}
NEW = {"vendor": "ringcx", "accountId": 99990001, "fields": FIELDS}


@pytest.fixture
def server() -> Iterator[RingCXRest]:
    with RingCXRest() as server:
        yield server
    assert server.violations == []


@pytest.fixture
def account(db: None) -> VendorAccount:
    fields = {
        **FIELDS,
        "platformUrl": "https://platform.ringcentral.com",
        "ringcxUrl": "https://ringcx.ringcentral.com",
    }
    return VendorAccount.objects.create(vendor="ringcx", name="Ours", account_id="99990001", fields=fields)


def address(account: VendorAccount) -> str:
    return f"{ACCOUNTS}{account.id}/"


def audited() -> list[tuple[str, str, dict[str, Any]]]:
    return list(AuditEntry.objects.order_by("id").values_list("actor_name", "action", "detail"))


def test_secrets_are_never_returned(as_admin: APIClient) -> None:
    response = as_admin.post(ACCOUNTS, NEW)
    assert response.status_code == 201
    made = response.json()
    assert list(made) == [
        "id", "vendor", "name", "accountId", "fields", "secretsSet", "version", "createdAt", "updatedAt",
    ]  # fmt: skip
    assert made["name"] == "RingCX 99990001" and made["accountId"] == "99990001" and made["version"] == 1
    assert made["fields"] == {
        "clientId": "the-client",
        "platformUrl": "https://platform.ringcentral.com",
        "ringcxUrl": "https://ringcx.ringcentral.com",
    }
    assert made["secretsSet"] == ["clientSecret", "jwt"]
    answers = [response, as_admin.get(ACCOUNTS), as_admin.get(f"{ACCOUNTS}{made['id']}/")]
    answers.append(as_admin.patch(f"{ACCOUNTS}{made['id']}/", {"name": "New"}))
    for answer in answers:
        assert JWT not in answer.content.decode() and CLIENT_SECRET not in answer.content.decode()
    assert VendorAccount.objects.get().fields["jwt"] == JWT


def test_the_database_holds_no_secret_in_clear(as_admin: APIClient) -> None:
    as_admin.post(ACCOUNTS, NEW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM calls_vendoraccount")
        stored = repr(cursor.fetchall())
        cursor.execute("SELECT * FROM calls_auditentry")
        stored += repr(cursor.fetchall())
    assert JWT not in stored and CLIENT_SECRET not in stored


def test_each_write_is_audited_by_the_names_of_what_changed(as_admin: APIClient) -> None:
    made = as_admin.post(ACCOUNTS, NEW).json()
    as_admin.patch(f"{ACCOUNTS}{made['id']}/", {"fields": {"jwt": "eyJ.new.sig"}})
    as_admin.put(f"{ACCOUNTS}{made['id']}/", {**made, "name": "Renamed", "version": 2})
    as_admin.delete(f"{ACCOUNTS}{made['id']}/")
    who = "admin (API key test)"
    everything = ["accountId", "clientId", "clientSecret", "jwt", "name", "platformUrl", "ringcxUrl"]
    assert audited() == [
        (who, "vendor-account.create", {"changed": everything}),
        (who, "vendor-account.change", {"changed": ["jwt"]}),
        (who, "vendor-account.change", {"changed": ["name"]}),
        (who, "vendor-account.delete", {}),
    ]
    assert AuditEntry.objects.first().subject == "RingCX: Renamed"


def test_what_was_read_can_be_sent_back(as_admin: APIClient, account: VendorAccount) -> None:
    read = as_admin.get(address(account)).json()
    response = as_admin.put(address(account), read)
    assert response.status_code == 200
    written = response.json()
    assert written["version"] == 2
    assert {**written, "version": 1, "updatedAt": None} == {**read, "updatedAt": None}
    account.refresh_from_db()
    assert account.fields["jwt"] == JWT


def test_a_patch_changes_single_fields(as_admin: APIClient, account: VendorAccount) -> None:
    as_admin.patch(address(account), {"fields": {"jwt": " eyJ.new.sig\n"}})
    account.refresh_from_db()
    assert account.fields["jwt"] == "eyJ.new.sig"
    assert account.fields["clientSecret"] == CLIENT_SECRET and account.name == "Ours"


def test_a_replacement_resets_what_is_absent_but_secrets(as_admin: APIClient, account: VendorAccount) -> None:
    body = {"vendor": "ringcx", "fields": {"clientId": "other"}}
    assert as_admin.put(address(account), body).json()["accountId"] is None
    account.refresh_from_db()
    assert (account.name, account.account_id, account.fields["clientId"]) == ("RingCX", "", "other")
    assert account.fields["jwt"] == JWT


def test_a_changed_address_asks_for_the_secrets_again(
    as_admin: APIClient, account: VendorAccount, problem: Problem
) -> None:
    """Else whoever may write could have them sent to a host of theirs."""
    elsewhere = {"ringcxUrl": "https://ringcx.example.com"}
    refused = problem(as_admin.patch(address(account), {"fields": elsewhere}), 422, "invalid")
    assert [error["field"] for error in refused["errors"]] == ["fields.clientSecret", "fields.jwt"]
    half = {**elsewhere, "clientSecret": "new"}
    problem(as_admin.patch(address(account), {"fields": half}), 422, "invalid", "fields.jwt")
    problem(as_admin.put(address(account), {**NEW, "fields": {**elsewhere, "clientId": "c"}}), 422, "invalid")
    assert as_admin.patch(address(account), {"fields": {**half, "jwt": "eyJ.new.sig"}}).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"vendor": None}, "vendor"),
        ({"vendor": "acme"}, "vendor"),
        ({"colour": "red"}, "colour"),
        ({"accountId": "a b"}, "accountId"),
        ({"accountId": "x" * 65}, "accountId"),
        ({"name": "x" * 101}, "name"),
        ({"fields": None}, "fields"),
        ({"fields": "jwt"}, "fields"),
        ({"fields": {}}, "fields.jwt"),
        ({"fields": {**FIELDS, "jwt": ""}}, "fields.jwt"),
        ({"fields": {**FIELDS, "jwt": None}}, "fields.jwt"),
        ({"fields": {**FIELDS, "jwt": 5}}, "fields.jwt"),
        ({"fields": {**FIELDS, "jwt": ["x"]}}, "fields.jwt"),
        ({"fields": {**FIELDS, "jwt": "a\nb"}}, "fields.jwt"),
        ({"fields": {**FIELDS, "jwt": "x" * 4001}}, "fields.jwt"),
        ({"fields": {**FIELDS, "password": "x"}}, "fields.password"),
        ({"fields": {**FIELDS, "ringcxUrl": "http://ringcx.ringcentral.com"}}, "fields.ringcxUrl"),
    ],
)
def test_wrong_input(as_admin: APIClient, problem: Problem, change: dict[str, Any], field: str) -> None:
    body = problem(as_admin.post(ACCOUNTS, {**NEW, **change}), 422, "invalid", field)
    assert JWT not in json.dumps(body)
    assert not VendorAccount.objects.exists() and not AuditEntry.objects.exists()


def test_one_account_a_sub_account(as_admin: APIClient, problem: Problem, account: VendorAccount) -> None:
    problem(as_admin.post(ACCOUNTS, NEW), 422, "invalid", "accountId")
    any_other = as_admin.post(ACCOUNTS, {**NEW, "accountId": None})
    assert any_other.status_code == 201
    moved = as_admin.patch(f"{ACCOUNTS}{any_other.json()['id']}/", {"accountId": "99990001"})
    problem(moved, 422, "invalid", "accountId")


def test_an_account_keeps_its_vendor(
    as_admin: APIClient, problem: Problem, account: VendorAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.vendor = "ringcx-of-old"
    from calls.vendors import VENDORS

    monkeypatch.setitem(VENDORS, "ringcx-of-old", VENDORS["ringcx"])
    account.save()
    problem(as_admin.patch(address(account), {"vendor": "ringcx"}), 422, "invalid", "vendor")


def test_a_write_after_somebody_elses_is_refused(as_admin: APIClient, problem: Problem, account: VendorAccount) -> None:
    assert as_admin.patch(address(account), {"name": "A", "version": 1}).json()["version"] == 2
    problem(as_admin.patch(address(account), {"name": "B", "version": 1}), 409, "version_conflict")
    assert as_admin.patch(address(account), {"name": "B", "version": 2}).json()["name"] == "B"


def test_a_check_logs_in(as_admin: APIClient, server: RingCXRest) -> None:
    made = as_admin.post(ACCOUNTS, {**NEW, "fields": server.fields}).json()
    check = f"{ACCOUNTS}{made['id']}/check/"
    told = "Logged in to RingCX main account 99990000. It shows the live calls of sub-account 99990001."
    assert ACCOUNT == "99990001"
    assert as_admin.post(check).json() == {"ok": True, "detail": told}
    server.jwt = "another"
    failed = as_admin.post(check)
    assert failed.status_code == 200
    assert failed.json()["ok"] is False and "JWT" in failed.json()["detail"]
    assert [entry for entry in audited() if "check" in entry[1]] == [
        ("admin (API key test)", "vendor-account.check", {"ok": True}),
        ("admin (API key test)", "vendor-account.check", {"ok": False}),
    ]


MATRIX = {
    ("admin", "admin"): (200, 200, 201, 200, 200, 200, 204),
    ("admin", "control"): (403,) * 7,
    ("admin", "read"): (403,) * 7,
    ("supervisor", "admin"): (403,) * 7,
    ("agent", "admin"): (403,) * 7,
    ("viewer", "admin"): (403,) * 7,
    ("admin", "session"): (200, 200, 201, 200, 200, 200, 204),
    ("supervisor", "session"): (403,) * 7,
    ("agent", "session"): (403,) * 7,
    ("viewer", "session"): (403,) * 7,
    ("nobody", ""): (401,) * 7,
}


@pytest.mark.parametrize(("role", "scope"), MATRIX)
def test_who_may_do_what(
    role: str, scope: str, request: pytest.FixtureRequest, account: VendorAccount, server: RingCXRest
) -> None:
    account.fields = server.fields
    account.save()
    if role == "nobody":
        client = APIClient()
    elif scope == "session":
        client = APIClient()
        client.force_login(request.getfixturevalue(role))
    else:
        client = with_key(request.getfixturevalue(role), scope)
    found = (
        client.get(ACCOUNTS).status_code,
        client.get(address(account)).status_code,
        client.post(ACCOUNTS, {**NEW, "accountId": "5"}).status_code,
        client.put(address(account), {**NEW, "fields": server.fields}).status_code,
        client.patch(address(account), {"name": "New"}).status_code,
        client.post(f"{address(account)}check/").status_code,
        client.delete(address(account)).status_code,
    )
    assert found == MATRIX[role, scope]
    if 200 not in found:
        assert server.exchanges == [] and VendorAccount.objects.get().name == "Ours"
