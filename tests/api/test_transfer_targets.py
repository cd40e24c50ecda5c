"""The address book of transfers: who reads it, who writes it, and what a target may be."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from calls.models import AuditEntry, StreamingProfile, Team, TransferTarget, User
from calls.services import address_book
from tests.api.conftest import Problem, with_key
from tests.conftest import MakeCall

BOOK = "/api/v1/transfer-targets/"


@pytest.fixture
def audiocodes(team: Team) -> StreamingProfile:
    """Takes SIP addresses; national numbers are American."""
    profile = StreamingProfile.objects.create(name="Desk", vendor="audiocodes", slug="desk", default_region="US")
    team.profiles.add(profile)
    return profile


def names(client: APIClient, **query: Any) -> list[str]:
    answer = client.get(BOOK, query)
    assert answer.status_code == 200, answer.content
    return [entry["name"] for entry in answer.json()["results"]]


def test_made_read_changed_and_deleted(as_admin: APIClient, audiocodes: StreamingProfile) -> None:
    made = as_admin.post(BOOK, {"name": "Billing", "target": "+1 (202) 555-0123"})
    assert made.status_code == 201
    entry = made.json()
    assert (entry["target"], entry["profile"]) == ("+12025550123", None)
    address = f"{BOOK}{entry['id']}/"
    changed = as_admin.patch(address, {"profile": str(audiocodes.id), "target": "202 555 0199"})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["target"], changed.json()["profile"]) == ("+12025550199", str(audiocodes.id))
    assert as_admin.get(address).json() == changed.json()
    assert as_admin.patch(address, changed.json()).status_code == 200  # what was read can be sent back
    assert as_admin.delete(address).status_code == 204
    assert names(as_admin) == []
    assert list(AuditEntry.objects.order_by("at").values_list("action", "subject")) == [
        ("target.create", "Billing"),
        ("target.change", "Billing"),
        ("target.change", "Billing"),
        ("target.delete", "Billing"),
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "", "target": "+12025550123"}, "name"),
        ({"name": "Short", "target": "12"}, "target"),
        ({"name": "National", "target": "2025550123"}, "target"),  # of which country?
        ({"name": "Far", "target": "+12025550123", "profile": "01939f9e-0000-7000-8000-000000000000"}, "profile"),
        ({"name": "More", "target": "+12025550123", "colour": "red"}, "colour"),
    ],
)
def test_what_is_refused(as_admin: APIClient, problem: Problem, fields: dict[str, str], field: str) -> None:
    problem(as_admin.post(BOOK, fields), 422, field=field)
    assert not TransferTarget.objects.exists()


def test_sip_addresses_are_for_vendors_that_take_them(
    as_admin: APIClient, problem: Problem, profile: StreamingProfile, audiocodes: StreamingProfile
) -> None:
    entry = {"name": "Desk", "target": "sip:desk@example.com"}
    problem(as_admin.post(BOOK, {**entry, "profile": str(profile.id)}), 422, field="target")
    made = as_admin.post(BOOK, {**entry, "profile": str(audiocodes.id)}).json()
    problem(as_admin.patch(f"{BOOK}{made['id']}/", {"profile": str(profile.id)}), 422, field="target")


def test_a_name_is_there_once_for_the_same_calls(
    as_admin: APIClient, problem: Problem, profile: StreamingProfile
) -> None:
    for target in ({}, {"profile": str(profile.id)}):
        assert as_admin.post(BOOK, {"name": "Billing", "target": "+12025550123", **target}).status_code == 201
        refused = as_admin.post(BOOK, {"name": "BILLING", "target": "+12025550124", **target})
        assert problem(refused, 422, field="name")["errors"][0]["code"] == "unique"


def test_it_is_bounded(as_admin: APIClient, problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_book, "MAX_TARGETS", 1)
    assert as_admin.post(BOOK, {"name": "One", "target": "+12025550123"}).status_code == 201
    refused = as_admin.post(BOOK, {"name": "Two", "target": "+12025550123"})
    assert problem(refused, 422, field="name")["errors"][0]["code"] == "too_many"


def test_people_read_what_their_calls_need(
    supervisor: User, profile: StreamingProfile, audiocodes: StreamingProfile, make_call: MakeCall, problem: Problem
) -> None:
    elsewhere = StreamingProfile.objects.create(name="Elsewhere", product_id="9")
    for name, of in (("All", None), ("Sales", profile), ("Desk", audiocodes), ("Other", elsewhere)):
        TransferTarget.objects.create(name=name, target="+12025550123", profile=of)
    client = with_key(supervisor, "control")
    assert names(client) == ["All", "Desk", "Sales"]
    assert names(client, call=make_call().id) == ["All", "Sales"]
    problem(client.get(BOOK, {"call": "x"}), 422, field="call")
    assert client.get(BOOK, {"call": make_call(profile=elsewhere).id}).status_code == 404
    hidden = TransferTarget.objects.get(name="Other")
    assert client.get(f"{BOOK}{hidden.id}/").status_code == 404
    problem(client.post(BOOK, {"name": "Mine", "target": "+12025550123"}), 403)


def test_entries_go_with_their_profile(profile: StreamingProfile) -> None:
    TransferTarget.objects.create(name="Sales", target="+12025550123", profile=profile)
    profile.delete()
    assert not TransferTarget.objects.exists()
