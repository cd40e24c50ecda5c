"""Webhooks as admins write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calls.models import StreamingProfile, Webhook, WebhookDelivery
from calls.outgoing import check_url
from calls.services import audit
from calls.services.background import ring_on_commit
from calls.services.webhook_events import EVENTS, TEST, make_body
from calls.signing import new_secret

OLD_SECRET = timedelta(hours=24)  # for which the old one signs, too
MAX_WEBHOOKS = 50


class VersionConflict(Exception):
    """Somebody else wrote the webhook since it was read."""


class TooManyWebhooks(Exception):
    """There are as many as the hub serves."""


def clean_url(url: str) -> str:
    """Raises `ValidationError` with what is wrong, as far as that can be told without asking the network."""
    url = url.strip()
    if problem := check_url(url):
        raise ValidationError(problem, "invalid")
    return url


def clean_events(events: Iterable[str]) -> list[str]:
    chosen = set(events)
    if unknown := chosen - set(EVENTS):
        raise ValidationError(f"There is no event {min(unknown)}: choose among {', '.join(EVENTS)}.", "invalid_choice")
    if not chosen:
        raise ValidationError("Choose one event at least.", "required")
    return [event for event in EVENTS if event in chosen]


def save_webhook(
    webhook: Webhook,
    *,
    by: audit.Requester,
    profiles: Iterable[StreamingProfile] | None = None,
    expected_version: int | None = None,
) -> Webhook:
    """Writes a webhook that was validated, and of which profiles' calls it hears (None: as it is). A new one gets its
    secret. Switched on again, it begins anew. Raises `VersionConflict` and `TooManyWebhooks`."""
    with transaction.atomic():
        stored = Webhook.objects.select_for_update().filter(id=webhook.id).first()
        if stored is None:
            if Webhook.objects.count() >= MAX_WEBHOOKS:
                raise TooManyWebhooks(f"A hub has at most {MAX_WEBHOOKS} webhooks: delete one first.")
            webhook.secret = webhook.secret or new_secret()
        else:
            if expected_version not in (None, stored.version):
                raise VersionConflict
            webhook.version = stored.version + 1
            webhook.secret, webhook.old_secret = stored.secret, stored.old_secret
            webhook.old_secret_until, webhook.failing_since = stored.old_secret_until, stored.failing_since
        if webhook.enabled and (stored is None or not stored.enabled or stored.url != webhook.url):
            webhook.failing_since, webhook.disabled_reason = None, ""
        webhook.save()
        if profiles is not None:
            webhook.profiles.set(profiles)
        audit.record(
            action="webhook.create" if stored is None else "webhook.update",
            by=by,
            subject=str(webhook),
            detail={"webhook": str(webhook.id), "url": webhook.url, "enabled": webhook.enabled},
        )
        ring_on_commit()  # what waited while it was off
    return webhook


def delete_webhook(webhook: Webhook, *, by: audit.Requester) -> None:
    with transaction.atomic():
        audit.record(action="webhook.delete", by=by, subject=str(webhook), detail={"webhook": str(webhook.id)})
        webhook.delete()


def rotate_secret(webhook: Webhook, *, by: audit.Requester) -> str:
    """A new secret, shown once. Both sign for a day, so that receivers can change over."""
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update().get(id=webhook.id)
        webhook.old_secret, webhook.old_secret_until = webhook.secret, timezone.now() + OLD_SECRET
        webhook.secret = new_secret()
        webhook.save(update_fields=["secret", "old_secret", "old_secret_until"])
        audit.record(action="webhook.rotate", by=by, subject=str(webhook), detail={"webhook": str(webhook.id)})
    return webhook.secret


def make_test(webhook: Webhook, *, by: audit.Requester) -> WebhookDelivery:
    """A delivery that says only that it is a test. Whoever asks for it delivers it."""
    with transaction.atomic():
        audit.record(action="webhook.test", by=by, subject=str(webhook), detail={"webhook": str(webhook.id)})
        body = make_body(TEST, {"webhook": str(webhook.id), "description": webhook.description})
        far = timezone.now() + timedelta(minutes=5)  # nobody else takes it meanwhile
        return WebhookDelivery.objects.create(webhook=webhook, event=TEST, body=body, due_at=far)


def retry_delivery(webhook: Webhook, delivery_id: UUID, *, by: audit.Requester) -> WebhookDelivery | None:
    """Makes a delivery due now, also one that was made or given up. None where there is none."""
    with transaction.atomic():
        delivery = webhook.deliveries.select_for_update().filter(id=delivery_id).first()
        if delivery is None:
            return None
        delivery.state, delivery.due_at, delivery.attempts = WebhookDelivery.State.PENDING, timezone.now(), 0
        delivery.save(update_fields=["state", "due_at", "attempts"])
        audit.record(action="webhook.retry", by=by, subject=str(webhook), detail={"delivery": str(delivery.id)})
        ring_on_commit()
    return delivery
