"""Delivering what webhooks are to hear: at least once, in the order of a call as far as that goes.

How this works
    pending    due at `due_at`: now, or after a failed attempt
    delivered  answered with 2xx
    failed     given up after the last attempt, about three days later, or because the receiver said 410

Due rows are claimed with SKIP LOCKED by any number of sweeps; a sweep that dies loses its claim, and the row is due again.
A delivery waits for earlier ones of its call and webhook, but not behind one that failed several times. A webhook that
only fails is switched off after days, with the reason.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import httpx2
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from calls.models import Webhook, WebhookDelivery
from calls.outgoing import describe, guarded_client
from calls.services import audit
from calls.services.webhook_events import late_body
from calls.signing import sign

HOUR = 3600
PAUSES = (
    5,
    5 * 60,
    30 * 60,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)  # seconds, as Standard Webhooks
CLAIM = timedelta(minutes=2)
SECONDS = 10.0  # for one attempt
MAX_ANSWER = 64 * 1024
AT_ONCE, AT_ONCE_EACH = 32, 8
SWEEP_SECONDS = 5.0  # of claiming; the next sweep goes on, and the end of a hub waits no longer
IN_ORDER_ATTEMPTS = 3  # a delivery that failed more often holds up no later one
DISABLE_AFTER = timedelta(days=5)
KEPT = timedelta(days=7)
MAX_RETRY_AFTER = 24 * HOUR


class Outcome(NamedTuple):
    ok: bool
    status: int | None
    took_ms: int
    error: str = ""
    retry_after: int | None = None  # seconds


def deliver_due() -> int:
    """Delivers what is due, for a few seconds. Returns how many attempts were made."""
    done, deadline = 0, time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < deadline and (claimed := _claim()):
        for delivery, outcome in zip(claimed, asyncio.run(_attempt_all(claimed)), strict=True):
            _settle(delivery, outcome)
        done += len(claimed)
    return done


def deliver_now(delivery: WebhookDelivery) -> WebhookDelivery:
    """One attempt at once, for somebody who waits for its outcome; there is no second."""
    [outcome] = asyncio.run(_attempt_all([delivery]))
    delivery.attempts += 1
    delivery.state = WebhookDelivery.State.DELIVERED if outcome.ok else WebhookDelivery.State.FAILED
    _note(delivery, outcome)
    delivery.save()
    return delivery


def forget_old_deliveries() -> int:
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def _claim() -> list[WebhookDelivery]:
    now = timezone.now()
    earlier = WebhookDelivery.objects.filter(
        webhook=OuterRef("webhook"),
        call=OuterRef("call"),
        id__lt=OuterRef("id"),
        state=WebhookDelivery.State.PENDING,
        attempts__lte=IN_ORDER_ATTEMPTS,
    )
    with transaction.atomic():
        due = (
            WebhookDelivery.objects.filter(
                Q(call=None) | ~Exists(earlier),
                state=WebhookDelivery.State.PENDING,
                due_at__lte=now,
                webhook__enabled=True,
            )
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("webhook")
            .order_by("due_at", "id")[: 4 * AT_ONCE]
        )
        each: Counter[object] = Counter()
        claimed: list[WebhookDelivery] = []
        for delivery in due:
            each[delivery.webhook_id] += 1
            if each[delivery.webhook_id] > AT_ONCE_EACH or len(claimed) == AT_ONCE:
                continue
            if not delivery.body:
                body = late_body(delivery)
                if body is None:
                    delivery.delete()
                    continue
                delivery.body = body
            delivery.due_at, delivery.attempts = now + CLAIM, delivery.attempts + 1
            claimed.append(delivery)
        WebhookDelivery.objects.bulk_update(claimed, ["due_at", "attempts", "body"])
    return claimed


async def _attempt_all(deliveries: Sequence[WebhookDelivery]) -> list[Outcome]:
    async with guarded_client(seconds=SECONDS, max_bytes=MAX_ANSWER) as client:
        return list(await asyncio.gather(*(_attempt(client, delivery) for delivery in deliveries)))


async def _attempt(client: httpx2.AsyncClient, delivery: WebhookDelivery) -> Outcome:
    began = time.monotonic()
    body = delivery.body.encode()
    try:
        headers = {"Content-Type": "application/json", **signed(delivery.webhook, f"msg_{delivery.id.hex}", body)}
        async with asyncio.timeout(SECONDS):
            answer = await client.post(delivery.webhook.url, content=body, headers=headers)
    except Exception as error:  # whatever it is, it is this delivery's
        return Outcome(False, None, _ms(began), describe(error)[:500])
    ok, wait = answer.is_success, answer.headers.get("retry-after", "")
    problem = "" if ok else f"It answered {answer.status_code}."
    if answer.is_redirect:
        problem += " Redirects are not followed: configure the final URL."
    retry_after = min(int(wait), MAX_RETRY_AFTER) if wait.isascii() and wait.isdecimal() and len(wait) < 9 else None
    return Outcome(ok, answer.status_code, _ms(began), problem, retry_after)


def signed(webhook: Webhook, message_id: str, body: bytes) -> dict[str, str]:
    """The headers of one attempt; for a day after a rotation, with the signature of the old secret as well."""
    headers = sign(webhook.secret, message_id, body)
    if webhook.old_secret and webhook.old_secret_until and webhook.old_secret_until > timezone.now():
        old = sign(webhook.old_secret, message_id, body, at=int(headers["webhook-timestamp"]))
        headers["webhook-signature"] += " " + old["webhook-signature"]
    return headers


def _settle(delivery: WebhookDelivery, outcome: Outcome) -> None:
    """Writes what came of an attempt, unless somebody made the row due anew meanwhile."""
    _note(delivery, outcome)
    if outcome.ok:
        delivery.state = WebhookDelivery.State.DELIVERED
    elif outcome.status == 410 or delivery.attempts > len(PAUSES):
        delivery.state = WebhookDelivery.State.FAILED
    else:
        pause = max(PAUSES[delivery.attempts - 1] * random.uniform(0.9, 1.1), outcome.retry_after or 0)
        delivery.due_at = timezone.now() + timedelta(seconds=pause)
    fields = ("state", "due_at", "attempted_at", "status", "took_ms", "error")
    with transaction.atomic():
        WebhookDelivery.objects.filter(id=delivery.id, attempts=delivery.attempts).update(
            **{field: getattr(delivery, field) for field in fields}
        )
        _note_health(delivery.webhook, outcome)


def _note(delivery: WebhookDelivery, outcome: Outcome) -> None:
    delivery.attempted_at, delivery.status = timezone.now(), outcome.status
    delivery.took_ms, delivery.error = outcome.took_ms, outcome.error


def _note_health(webhook: Webhook, outcome: Outcome) -> None:
    row = Webhook.objects.filter(id=webhook.id)
    if outcome.ok:
        row.exclude(failing_since=None).update(failing_since=None)
        return
    row.filter(failing_since=None).update(failing_since=timezone.now())
    reason = ""
    if outcome.status == 410:
        reason = "The receiver answered 410: it wants no more."
    elif row.filter(failing_since__lt=timezone.now() - DISABLE_AFTER).exists():
        reason = f"Nothing could be delivered for {DISABLE_AFTER.days} days. The last error: {outcome.error}"
    if reason and row.filter(enabled=True).update(enabled=False, disabled_reason=reason):
        audit.record(action="webhook.disable", by=audit.THE_HUB, subject=str(webhook), detail={"reason": reason})


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
