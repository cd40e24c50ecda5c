"""Alerts as rows: raised, ended, acknowledged; each is published, and webhooks hear of new ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from calls import live, shapes
from calls.models import Alert, AlertRule, Call, Segment
from calls.services import audit, webhook_events

JOIN_MS = 4000  # a speaker who pauses no longer goes on with the same sentence
A_MINUTE = 5  # alerts that one phrase rule raises in one call; what more is said is the same trouble


def raise_alert(alert: Alert) -> bool:
    """Stores an alert and tells everybody. False where there is one already: of the state, or of the segment; or where the
    call, rule or segment is gone."""
    try:
        with transaction.atomic():
            alert.save(force_insert=True)
            webhook_events.emit("alert", alert.call_id, lambda: {"alert": shapes.alert_shape(alert)})
            _publish(alert)
    except (IntegrityError, Call.DoesNotExist):
        return False
    return True


def is_too_much(*, call_id: UUID, rule_id: UUID) -> bool:
    """Whether a phrase rule has said enough of this call for the moment."""
    since = timezone.now() - timedelta(minutes=1)
    return Alert.objects.filter(call=call_id, rule=rule_id, raised_at__gt=since).count() >= A_MINUTE


def end_alert(alert: Alert) -> None:
    """A state is over."""
    with transaction.atomic():
        alert.ended_at = timezone.now()
        if Alert.objects.filter(id=alert.id, ended_at=None).update(ended_at=alert.ended_at):
            _publish(alert)


def end_alerts_of(rule: AlertRule) -> None:
    """The rule is no longer in force: what it found is over."""
    for alert in rule.alerts.filter(ended_at=None):
        end_alert(alert)


def end_alerts_in(call: Call) -> None:
    """The call is over, and all alerts with it. Told with the call's own end."""
    call.alerts.filter(ended_at=None).update(ended_at=timezone.now())


def forget_words(segments: Iterable[Segment]) -> None:
    """These segments have another text now. What can no longer be read in them, the alerts don't repeat."""
    for segment in segments:
        told = Alert.objects.filter(
            call=segment.call_id, at_ms__gte=segment.start_ms, at_ms__lte=segment.end_ms + JOIN_MS
        )
        for alert in told.exclude(text=""):
            if alert.text not in segment.text:
                alert.text = ""
                alert.save(update_fields=["text"])
                _publish(alert)


def acknowledge(alert: Alert, *, by: audit.Requester) -> Alert:
    """Somebody looks after it. The first one counts."""
    with transaction.atomic():
        alert = Alert.objects.select_for_update(of=("self",)).get(id=alert.id)
        if alert.acknowledged_at is None:
            alert.acknowledged_at, alert.acknowledged_by = timezone.now(), by.name[:150]
            alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
            audit.record(
                action="alert.acknowledge",
                by=by,
                call=alert.call,
                subject=alert.name,
                detail={"alert": str(alert.id), "kind": alert.kind},
            )
            _publish(alert)
    return alert


def _publish(alert: Alert) -> None:
    shape = shapes.alert_shape(alert)
    transaction.on_commit(lambda: live.publish(alert.call_id, "alert", alert=shape))
