"""The page of the address book: made, changed and deleted by admins, shown to nobody else."""

from __future__ import annotations

import pytest
from django.test import Client

from calls.models import AuditEntry, StreamingProfile, TransferTarget, User

LIST = "/team/transfer-targets/"


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_an_empty_book_says_what_to_do(client: Client) -> None:
    assert "Add the first entry" in text_of(client, LIST)
    assert LIST in text_of(client, "/team/")


def test_made_changed_and_deleted(client: Client, profile: StreamingProfile) -> None:
    made = client.post(f"{LIST}new/", {"name": "Billing", "target": "+1 202 555 0123", "profile": ""})
    assert made.status_code == 302
    entry = TransferTarget.objects.get()
    assert (entry.target, entry.profile) == ("+12025550123", None)
    assert "+1 202-555-0123" in text_of(client, LIST) and "every profile" in text_of(client, LIST)
    address = f"{LIST}{entry.id}/"
    form = {"name": "Refunds", "target": "0044 20 7946 0123", "profile": str(profile.id)}
    assert client.post(address, form).status_code == 302
    entry.refresh_from_db()
    assert (entry.name, entry.target, entry.profile) == ("Refunds", "+442079460123", profile)
    assert "Delete “Refunds”?" in text_of(client, f"{address}delete/")
    assert client.post(f"{address}delete/").status_code == 302
    assert not TransferTarget.objects.exists()
    actions = list(AuditEntry.objects.filter(action__startswith="target.").values_list("action", flat=True))
    assert sorted(actions) == ["target.change", "target.create", "target.delete"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": ""}, "Give a name"),
        ({"target": ""}, "Give the number"),
        ({"target": "2025550123"}, "Give a whole phone number"),
        ({"name": "billing"}, "Another entry for the same calls has this name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client: Client, fields: dict[str, str], says: str) -> None:
    TransferTarget.objects.create(name="Billing", target="+12025550123")
    answer = client.post(f"{LIST}new/", {"name": "Night", "target": "+12025550124", "profile": "", **fields})
    assert answer.status_code == 422 and says in answer.content.decode()
    assert TransferTarget.objects.count() == 1


def test_an_entry_keeps_its_own_name(client: Client) -> None:
    entry = TransferTarget.objects.create(name="Billing", target="+12025550123")
    form = {"name": "Billing", "target": "+12025550199", "profile": ""}
    assert client.post(f"{LIST}{entry.id}/", form).status_code == 302
    entry.refresh_from_db()
    assert entry.target == "+12025550199"
