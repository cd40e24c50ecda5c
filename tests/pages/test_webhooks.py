"""The pages of webhooks: made, tried, rotated, deleted; deliveries made anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from calls.models import StreamingProfile, User, Webhook
from calls.services import webhook_deliveries, webhook_events
from tests.conftest import MakeCall
from tests.webhook_receiver import Receiver, receiver

LIST = "/team/webhooks/"


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def create(client: Client, there: Receiver, **fields: Any) -> Webhook:
    fields = {"url": there.url, "events": ["call.ended"], "scope": "every", "enabled": "on", **fields}
    answer = client.post(f"{LIST}new/", fields)
    assert answer.status_code == 201, answer.content.decode()
    webhook = Webhook.objects.get()
    assert webhook.secret in answer.content.decode()
    return webhook


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    assert "Add the first webhook" in text_of(client, LIST)


def test_made_changed_and_deleted(client: Client, there: Receiver, profile: StreamingProfile) -> None:
    webhook = create(client, there, scope="some", profiles=[str(profile.id)])
    assert list(webhook.profiles.all()) == [profile] and not webhook.every_profile
    address = f"{LIST}{webhook.id}/"
    text = text_of(client, address)
    assert webhook.secret not in text and "None in the last seven days" in text
    form = {"url": there.url, "events": ["alert"], "scope": "every", "description": "CRM", "version": "1"}
    assert client.post(address, form).status_code == 302
    webhook.refresh_from_db()
    assert (webhook.events, webhook.every_profile, webhook.enabled, webhook.version) == (["alert"], True, False, 2)
    conflict = client.post(address, form)
    assert conflict.status_code == 409 and 'name="version" value="2"' in conflict.content.decode()
    assert "CRM" in text_of(client, LIST)
    assert "Delete “CRM”?" in text_of(client, f"{address}delete/")
    client.post(f"{address}delete/")
    assert not Webhook.objects.exists()


def test_what_is_wrong_is_said_where_it_is(client: Client) -> None:
    answer = client.post(f"{LIST}new/", {"url": "nonsense", "scope": "every"})
    text = answer.content.decode()
    assert answer.status_code == 422 and "Give a full URL" in text and "Choose one event at least." in text


def test_a_test_says_what_came_of_it(client: Client, there: Receiver) -> None:
    webhook = create(client, there)
    address = f"{LIST}{webhook.id}/test/"
    assert "It answered 204 after" in client.post(address, follow=True).content.decode()
    there.answers = [500]
    assert "could not be delivered: It answered 500." in client.post(address, follow=True).content.decode()


def test_a_failed_delivery_can_be_made_anew(client: Client, there: Receiver, make_call: MakeCall) -> None:
    webhook = create(client, there)
    with transaction.atomic():
        webhook_events.emit("call.ended", make_call().id)
    there.answers = [500]
    webhook_deliveries.deliver_due()
    assert "Tried in vain" in text_of(client, f"{LIST}{webhook.id}/")
    assert "Failing" in text_of(client, LIST)
    delivery = webhook.deliveries.get()
    client.post(f"{LIST}{webhook.id}/deliveries/{delivery.id}/retry/")
    webhook_deliveries.deliver_due()
    assert "Delivered" in text_of(client, f"{LIST}{webhook.id}/")


def test_a_new_secret_is_shown_once(client: Client, there: Receiver) -> None:
    webhook = create(client, there)
    shown = client.post(f"{LIST}{webhook.id}/rotate/").content.decode()
    old, webhook = webhook.secret, Webhook.objects.get()
    assert webhook.secret in shown and webhook.secret != old
    assert webhook.secret not in text_of(client, f"{LIST}{webhook.id}/")


def test_one_that_was_switched_off_says_why(client: Client, there: Receiver) -> None:
    webhook = create(client, there)
    Webhook.objects.update(enabled=False, disabled_reason="The receiver answered 410: it wants no more.")
    assert "answered 410" in text_of(client, f"{LIST}{webhook.id}/") and "answered 410" in text_of(client, LIST)


def test_it_is_the_admins(client: Client, there: Receiver, supervisor: User) -> None:
    webhook = create(client, there)
    client.force_login(supervisor)
    for address in (LIST, f"{LIST}new/", f"{LIST}{webhook.id}/"):
        assert client.get(address).status_code == 403
