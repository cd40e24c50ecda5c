"""What webhooks hear of. A delivery is a row written with the change that it tells of, so that neither is lost alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls import shapes
from calls.models import Call, Webhook, WebhookDelivery
from calls.models.calls import TEST as TEST_DIRECTION
from calls.models.calls import State
from calls.services.background import ring_on_commit
from calls.shape import encode
from calls.transcript_shapes import transcript_shape

EVENTS = {
    "call.started": _("A call begins."),
    "call.ended": _("A call is over, or its process died."),
    "transcript.ready": _("All that was said in a call is transcribed."),
    "recording.ready": _("The recording of a call is finished."),
    "summary.ready": _("The summary of a call is written."),
    "alert": _("A rule found something in a call."),
}
LAST_WORDS = timedelta(seconds=10)  # that a recogniser may take after the call
TEST = "test"  # what "Send a test" sends; never subscribed to


def nothing_more() -> Mapping[str, Any]:
    return {}


def emit(event: str, call_id: UUID, more: Callable[[], Mapping[str, Any]] = nothing_more) -> None:
    """Tells the webhooks that want to hear, in the transaction of the change. `more`: shapes beside the call's, made only
    where somebody listens. Test calls are nobody's business."""
    if listening := _listening(event, call_id):
        call = Call.objects.for_display().get(id=call_id)
        _deliver(listening, event, call, body=make_body(event, {"call": shapes.call_shape(call), **more()}))


def emit_transcript(call: Call) -> None:
    """The same for `transcript.ready`, of which the body is written later: last words may still be on their way."""
    if listening := _listening("transcript.ready", call.id):
        _deliver(listening, "transcript.ready", call, due_at=timezone.now() + LAST_WORDS)


def _listening(event: str, call_id: UUID) -> list[Webhook]:
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"{event}: a delivery belongs to the transaction of its change")
    profile_id, direction = Call.objects.values_list("profile", "direction").get(id=call_id)
    if direction == TEST_DIRECTION:
        return []
    return [hook for hook in Webhook.objects.hearing_of(profile_id) if event in hook.events]


def _deliver(listening: list[Webhook], event: str, call: Call, **fields: Any) -> None:
    rows = [WebhookDelivery(webhook=hook, event=event, call=call, **fields) for hook in listening]
    WebhookDelivery.objects.bulk_create(rows)
    ring_on_commit()


def late_body(delivery: WebhookDelivery) -> str | None:
    """The body of a delivery that was made without one; None where it is out of date, because the call goes on."""
    assert delivery.call_id is not None
    call = Call.objects.for_display().get(id=delivery.call_id)
    if call.state == State.LIVE:
        return None
    transcript = transcript_shape(call, call.segments.order_by("start_ms", "id"))
    return make_body(delivery.event, {"call": shapes.call_shape(call), "transcript": transcript})


def make_body(event: str, data: Mapping[str, Any]) -> str:
    """The payload that Standard Webhooks recommends."""
    return encode({"type": event, "timestamp": timezone.now(), "data": data}).decode()
