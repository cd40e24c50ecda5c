"""A profile is compared with, pushed to and removed from RingCX, which is a local server here that follows the facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from calls.models import AuditEntry, StreamingProfile, VendorAccount
from tests.api.conftest import Problem
from tests.vendors.ringcx.rest_server import RingCXRest

ADDRESS = "wss://hub.example.com"
pytestmark = pytest.mark.django_db(transaction=True)  # the server is another thread's


@pytest.fixture
def ringcx() -> Iterator[RingCXRest]:
    with RingCXRest() as server:
        yield server
    assert server.violations == []


@pytest.fixture
def account(ringcx: RingCXRest, db: None) -> VendorAccount:
    return VendorAccount.objects.create(vendor="ringcx", name="Ours", fields=ringcx.fields)


@pytest.fixture
def queue(db: None) -> StreamingProfile:
    return StreamingProfile.objects.create(
        name="Support",
        product_type="QUEUE",
        product_id="1234",
        sub_account_id="99990001",
        streaming_url=ADDRESS,
        secret="s3cret",
    )


def path(profile: StreamingProfile) -> str:
    return f"/api/v1/profiles/{profile.id}/provision/"


def test_from_nothing_to_the_same_and_back(
    as_admin: APIClient, ringcx: RingCXRest, account: VendorAccount, queue: StreamingProfile
) -> None:
    assert as_admin.get(path(queue)).json() == {"state": "absent", "differences": []}
    answer = as_admin.post(path(queue))
    assert (answer.status_code, answer.json()["state"]) == (200, "same")
    assert ringcx.products[("99990001", "QUEUE", "1234")] == {
        "productType": "QUEUE",
        "productId": "1234",
        "subAccountId": "99990001",
        "mainAccountId": "99990000",
        "rcAccountId": "77770001",
        "streamingUrl": ADDRESS,
        "secret": "s3cret",
    }
    queue.refresh_from_db()
    assert (queue.main_account_id, queue.rc_account_id) == ("99990000", "77770001")
    assert as_admin.get(path(queue)).json()["state"] == "same"
    assert as_admin.delete(path(queue)).status_code == 204
    assert ringcx.products == {}
    assert as_admin.delete(path(queue)).status_code == 204
    actions = list(AuditEntry.objects.order_by("at").values_list("action", flat=True))
    assert [a for a in actions if "provision" in a] == ["profile.provision", "profile.unprovision"]


def test_differences_are_told_but_no_secret(
    as_admin: APIClient, ringcx: RingCXRest, account: VendorAccount, queue: StreamingProfile
) -> None:
    as_admin.post(path(queue))
    StreamingProfile.objects.filter(id=queue.id).update(streaming_url="wss://new.example.com", secret="0ther")
    queue.refresh_from_db()
    queue.secret = "0ther"
    queue.save()
    answer = as_admin.get(path(queue))
    assert answer.json() == {
        "state": "different",
        "differences": [
            {"field": "streamingUrl", "here": "wss://new.example.com", "there": ADDRESS},
            {"field": "secret", "here": None, "there": None},
        ],
    }
    assert b"s3cret" not in answer.content and b"0ther" not in answer.content
    assert as_admin.post(path(queue)).json()["state"] == "same"  # an update this time
    assert ringcx.products[("99990001", "QUEUE", "1234")]["secret"] == "0ther"


def test_without_credentials(as_admin: APIClient, queue: StreamingProfile, problem: Problem) -> None:
    for answer in (as_admin.get(path(queue)), as_admin.post(path(queue)), as_admin.delete(path(queue))):
        assert "REST credentials" in problem(answer, 409, "no_account")["detail"]


def test_what_has_to_be_there_first(
    as_admin: APIClient, account: VendorAccount, queue: StreamingProfile, problem: Problem
) -> None:
    plain = StreamingProfile.objects.create(name="Any", product_id="9", product_type="QUEUE")
    problem(as_admin.post(path(plain)), 409, "incomplete")
    StreamingProfile.objects.filter(id=queue.id).update(streaming_url="")
    problem(as_admin.post(path(queue)), 409, "no_public_url")
    other = StreamingProfile.objects.create(vendor="ringover", name="Ringover", secret="token")
    problem(as_admin.post(path(other)), 409, "unsupported")


@pytest.mark.parametrize("broken", [(500, "", {}), (200, "<html>", {})])
def test_what_the_vendor_does_not_do(
    as_admin: APIClient,
    ringcx: RingCXRest,
    account: VendorAccount,
    queue: StreamingProfile,
    problem: Problem,
    broken: Any,
) -> None:
    ringcx.broken = broken
    problem(as_admin.get(path(queue)), 502, "vendor_failed")
    problem(as_admin.post(path(queue)), 502, "vendor_failed")
    assert not AuditEntry.objects.filter(action="profile.provision").exists()
