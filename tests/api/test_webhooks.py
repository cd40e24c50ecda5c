"""`webhooks/`: written, tried, rotated; their deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from calls.models import AuditEntry, StreamingProfile
from calls.services import webhook_deliveries, webhook_events
from tests.api.conftest import Problem
from tests.conftest import MakeCall
from tests.webhook_receiver import Receiver, receiver

ADDRESS = "/api/v1/webhooks/"


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


def create(client: APIClient, there: Receiver, **fields: Any) -> dict[str, Any]:
    answer = client.post(ADDRESS, {"url": there.url, "events": ["call.ended"], **fields})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def test_the_secret_is_told_once(as_admin: APIClient, there: Receiver) -> None:
    made = create(as_admin, there, description="CRM")
    assert made["secret"].startswith("whsec_")
    assert made["profiles"] is None and made["enabled"] and made["lastDelivery"] is None
    read = as_admin.get(f"{ADDRESS}{made['id']}/").json()
    assert read == {name: value for name, value in made.items() if name != "secret"}
    assert as_admin.get(ADDRESS).json()["results"] == [read]
    assert AuditEntry.objects.filter(action="webhook.create").exists()


def test_what_is_wrong_is_said(as_admin: APIClient, problem: Problem) -> None:
    for body, field in [
        ({"events": ["call.ended"]}, "url"),
        ({"url": "ftp://x/", "events": ["call.ended"]}, "url"),
        ({"url": "https://x.example/", "events": []}, "events"),
        ({"url": "https://x.example/", "events": ["call.exploded"]}, "events"),
        ({"url": "https://x.example/", "events": ["alert"], "profiles": ["x"]}, "profiles.0"),
        ({"url": "https://x.example/", "events": ["alert"], "secrets": 1}, "secrets"),
    ]:
        told = problem(as_admin.post(ADDRESS, body), 422, "invalid")
        assert [error["field"].split(".")[0] for error in told["errors"]] == [field.split(".")[0]], told


def test_replace_and_patch(as_admin: APIClient, there: Receiver, profile: StreamingProfile, problem: Problem) -> None:
    made = create(as_admin, there, profiles=[str(profile.id)], description="CRM")
    assert made["profiles"] == [str(profile.id)]
    address = f"{ADDRESS}{made['id']}/"
    patched = as_admin.patch(address, {"enabled": False}).json()
    assert (patched["enabled"], patched["profiles"], patched["version"]) == (False, [str(profile.id)], 2)
    problem(as_admin.patch(address, {"description": "x", "version": 1}), 409, "version_conflict")
    replaced = as_admin.put(address, {"url": there.url, "events": ["alert", "call.started"]}).json()
    assert (replaced["events"], replaced["profiles"], replaced["enabled"]) == (["call.started", "alert"], None, True)
    assert replaced["description"] is None
    assert as_admin.delete(address).status_code == 204 and as_admin.get(address).status_code == 404


def test_a_deleted_profile_does_not_widen_it(as_admin: APIClient, there: Receiver, profile: StreamingProfile) -> None:
    made = create(as_admin, there, profiles=[str(profile.id)])
    profile.delete()
    assert as_admin.get(f"{ADDRESS}{made['id']}/").json()["profiles"] == []


def test_a_test_is_sent_at_once(as_admin: APIClient, there: Receiver) -> None:
    made = create(as_admin, there)
    told = as_admin.post(f"{ADDRESS}{made['id']}/test/").json()
    assert (told["state"], told["status"], told["event"], told["dueAt"]) == ("delivered", 204, "test", None)
    body = there.came[0].verified(made["secret"])
    assert body["type"] == "test" and body["data"]["webhook"] == made["id"]
    there.answers = [500]
    told = as_admin.post(f"{ADDRESS}{made['id']}/test/").json()
    assert (told["state"], told["error"]) == ("failed", "It answered 500.")
    last = as_admin.get(f"{ADDRESS}{made['id']}/").json()["lastDelivery"]
    assert last["id"] == told["id"]


def test_deliveries_can_be_looked_at_and_made_anew(as_admin: APIClient, there: Receiver, make_call: MakeCall) -> None:
    made = create(as_admin, there)
    call = make_call()
    with transaction.atomic():
        webhook_events.emit("call.ended", call.id)
    address = f"{ADDRESS}{made['id']}/deliveries/"
    [row] = as_admin.get(address).json()["results"]
    assert (row["state"], row["call"], row["attempts"]) == ("pending", str(call.id), 0) and row["dueAt"]
    there.answers = [500]
    webhook_deliveries.deliver_due()
    assert as_admin.get(f"{address}?state=pending").json()["results"][0]["status"] == 500
    assert as_admin.get(f"{address}?state=delivered").json()["results"] == []
    assert as_admin.post(f"{address}{row['id']}/retry/").status_code == 202
    webhook_deliveries.deliver_due()
    [row] = as_admin.get(f"{address}?state=delivered").json()["results"]
    assert (row["attempts"], row["error"]) == (1, None)


def test_a_rotated_secret_is_told_once(as_admin: APIClient, there: Receiver) -> None:
    made = create(as_admin, there)
    told = as_admin.post(f"{ADDRESS}{made['id']}/rotate/").json()
    assert told["secret"] != made["secret"] and told["oldSecretUntil"]


def test_it_is_the_admins(as_viewer: APIClient, as_admin: APIClient, there: Receiver, nobody: APIClient) -> None:
    made = create(as_admin, there)
    for client, status in ((as_viewer, 403), (nobody, 401)):
        assert client.get(ADDRESS).status_code == status
        assert client.post(f"{ADDRESS}{made['id']}/test/").status_code == status
        assert client.post(f"{ADDRESS}{made['id']}/rotate/").status_code == status
