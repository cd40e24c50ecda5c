"""Deliveries as rows: made with the change, claimed, attempted over real HTTP, tried again, given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from calls.models import AuditEntry, StreamingProfile, Webhook, WebhookDelivery
from calls.services import audit, webhook_deliveries, webhook_events, webhooks
from calls.services.calls import end_call
from tests.conftest import MakeCall
from tests.webhook_receiver import Receiver, receiver

BY = audit.Requester("admin")
ALL = list(webhook_events.EVENTS)


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture
def hook(db: None, there: Receiver) -> Webhook:
    return webhooks.save_webhook(Webhook(url=there.url, events=ALL), by=BY)


def emit(event: str, call: Any, **more: Any) -> None:
    with transaction.atomic():
        webhook_events.emit(event, call.id, lambda: more)


def make_due() -> None:
    WebhookDelivery.objects.filter(state="pending").update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_call_is_told_of_signed_and_in_order(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    call = make_call(said=[("customer", 0, 900, "hello")], state="live")
    emit("call.started", call)
    with transaction.atomic():
        end_call(call)
    assert webhook_deliveries.deliver_due() == 2  # the transcript waits for last words
    make_due()
    assert webhook_deliveries.deliver_due() == 1 and webhook_deliveries.deliver_due() == 0
    told = [came.verified(hook.secret) for came in there.came]
    assert [body["type"] for body in told] == ["call.started", "call.ended", "transcript.ready"]
    assert [body["data"]["call"]["id"] for body in told] == [str(call.id)] * 3
    assert told[1]["data"]["call"]["state"] == "ended"
    assert [row["text"] for row in told[2]["data"]["transcript"]["segments"]] == ["hello"]
    assert len({came.headers["webhook-id"] for came in there.came}) == 3
    assert set(WebhookDelivery.objects.values_list("state", "status", "attempts")) == {("delivered", 204, 1)}


def test_nothing_is_told_of_a_change_that_did_not_happen(hook: Webhook, make_call: MakeCall) -> None:
    call = make_call()
    with pytest.raises(RuntimeError), transaction.atomic():
        webhook_events.emit("call.ended", call.id)
        raise RuntimeError
    assert not WebhookDelivery.objects.exists()


def test_who_hears_of_what(there: Receiver, profile: StreamingProfile, make_call: MakeCall) -> None:
    other = StreamingProfile.objects.create(name="Other", product_id="9")

    def made(*, profiles: list[StreamingProfile] | None = None, **fields: Any) -> Webhook:
        fields = {"url": there.url, "events": ["call.ended"], "every_profile": profiles is None, **fields}
        return webhooks.save_webhook(Webhook(**fields), by=BY, profiles=profiles)

    hearing = {made(), made(profiles=[profile, other])}
    made(profiles=[other])
    made(profiles=[])  # its profiles are gone: it hears of none, not of all
    made(events=["alert"])
    made(enabled=False)
    emit("call.ended", make_call())
    assert {row.webhook for row in WebhookDelivery.objects.all()} == hearing
    emit("call.ended", make_call(direction="test"))
    assert WebhookDelivery.objects.count() == 2


def test_a_failure_is_tried_again_and_the_call_waits(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    call, other = make_call(), make_call()
    emit("call.started", call)
    emit("call.ended", call)
    there.answers = [500]
    webhook_deliveries.deliver_due()
    assert there.events() == ["call.started"]  # the end waits behind its start
    emit("call.started", other)
    webhook_deliveries.deliver_due()
    assert there.came[1].event["data"]["call"]["id"] == str(other.id)  # others don't
    failed = WebhookDelivery.objects.get(state="pending", event="call.started")
    assert (failed.status, failed.error, failed.attempts) == (500, "It answered 500.", 1)
    assert timedelta() < failed.due_at - timezone.now() < timedelta(seconds=6)
    make_due()
    webhook_deliveries.deliver_due()
    assert there.events()[2:] == ["call.started", "call.ended"]
    same = [came.headers["webhook-id"] for came in there.came if came.headers["webhook-id"] == f"msg_{failed.id.hex}"]
    assert len(same) == 2  # the same id, so that a receiver can tell
    hook.refresh_from_db()
    assert hook.failing_since is None


def test_one_that_keeps_failing_holds_nobody_up_for_ever(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    call = make_call()
    emit("call.started", call)
    emit("call.ended", call)
    WebhookDelivery.objects.filter(event="call.started").update(attempts=4, due_at=timezone.now() + timedelta(hours=1))
    webhook_deliveries.deliver_due()
    assert there.events() == ["call.ended"]


def test_the_last_attempt_gives_up(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    emit("call.ended", make_call())
    WebhookDelivery.objects.update(attempts=len(webhook_deliveries.PAUSES))
    there.answers = [503]
    webhook_deliveries.deliver_due()
    assert WebhookDelivery.objects.get().state == "failed"
    hook.refresh_from_db()
    assert hook.failing_since is not None


def test_a_receiver_says_when_to_come_back(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    emit("call.ended", make_call())
    there.answers = [(429, {"Retry-After": "600"})]
    webhook_deliveries.deliver_due()
    assert WebhookDelivery.objects.get().due_at > timezone.now() + timedelta(seconds=590)


def test_redirects_are_not_followed(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    emit("call.ended", make_call())
    there.answers = [(302, {"Location": there.url})]
    webhook_deliveries.deliver_due()
    assert len(there.came) == 1
    assert "Redirects are not followed" in WebhookDelivery.objects.get().error


def test_addresses_that_lead_inside_are_not_called(there: Receiver, settings: Any, make_call: MakeCall) -> None:
    hook = webhooks.save_webhook(Webhook(url=there.url.replace("127.0.0.1", "localhost"), events=ALL), by=BY)
    settings.PRODUCTION = True
    emit("call.ended", make_call())
    webhook_deliveries.deliver_due()
    assert not there.came
    assert "is no public address" in hook.deliveries.get().error


def test_a_receiver_that_hangs_costs_its_own_time_only(
    hook: Webhook, there: Receiver, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_deliveries, "SECONDS", 0.3)
    there.hangs.set()
    emit("call.ended", make_call())
    with receiver() as quick:
        webhooks.save_webhook(Webhook(url=quick.url, events=ALL), by=BY)
        emit("call.started", make_call())
        webhook_deliveries.deliver_due()
        assert quick.events() == ["call.started"]
    assert hook.deliveries.filter(error="it did not answer in time").count() == 2


def test_gone_is_the_end_of_it(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    emit("call.ended", make_call())
    there.answers = [410]
    webhook_deliveries.deliver_due()
    hook.refresh_from_db()
    assert not hook.enabled and "410" in hook.disabled_reason
    assert AuditEntry.objects.filter(action="webhook.disable", actor_name="the hub").exists()
    hook.enabled = True
    webhooks.save_webhook(hook, by=BY)
    assert hook.disabled_reason == ""


def test_days_of_failure_switch_it_off(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    emit("call.ended", make_call())
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=6))
    there.answers = [500]
    webhook_deliveries.deliver_due()
    hook.refresh_from_db()
    assert not hook.enabled and "5 days" in hook.disabled_reason and "It answered 500." in hook.disabled_reason


def test_both_secrets_sign_for_a_day(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    old = hook.secret
    new = webhooks.rotate_secret(hook, by=BY)
    emit("call.ended", make_call())
    webhook_deliveries.deliver_due()
    assert new != old
    assert there.came[0].verified(old) == there.came[0].verified(new)
    Webhook.objects.update(old_secret_until=timezone.now())
    emit("call.ended", make_call())
    webhook_deliveries.deliver_due()
    there.came[1].verified(new)
    with pytest.raises(Exception, match="No matching signature"):
        there.came[1].verified(old)


def test_a_claim_that_was_lost_is_due_again(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    emit("call.ended", make_call())
    assert len(webhook_deliveries._claim()) == 1
    assert webhook_deliveries.deliver_due() == 0  # somebody has it
    make_due()
    assert webhook_deliveries.deliver_due() == 1 and there.events() == ["call.ended"]


def test_a_delivery_can_be_made_anew(hook: Webhook, there: Receiver, make_call: MakeCall) -> None:
    emit("call.ended", make_call())
    webhook_deliveries.deliver_due()
    delivery = hook.deliveries.get()
    again = webhooks.retry_delivery(hook, delivery.id, by=BY)
    assert again is not None and webhook_deliveries.deliver_due() == 1
    assert there.came[0].body == there.came[1].body


def test_a_transcript_of_a_call_that_goes_on_is_not_told(hook: Webhook, make_call: MakeCall) -> None:
    call = make_call(state="live")
    with transaction.atomic():
        end_call(call)
    call.state, call.ended_at = "live", None
    call.save()
    make_due()
    webhook_deliveries.deliver_due()
    assert set(hook.deliveries.values_list("event", flat=True)) == {"call.ended"}


def test_the_number_is_bounded(db: None, there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MAX_WEBHOOKS", 1)
    webhooks.save_webhook(Webhook(url=there.url, events=ALL), by=BY)
    with pytest.raises(webhooks.TooManyWebhooks):
        webhooks.save_webhook(Webhook(url=there.url, events=ALL), by=BY)


def test_old_deliveries_are_forgotten(hook: Webhook, make_call: MakeCall) -> None:
    emit("call.ended", make_call())
    emit("call.ended", make_call())
    WebhookDelivery.objects.filter(id=WebhookDelivery.objects.earliest("id").id).update(
        created_at=timezone.now() - timedelta(days=8)
    )
    assert webhook_deliveries.forget_old_deliveries() == 1
