"""What to watch calls for, and what was found."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models.calls import Call, Segment
from calls.models.fields import new_id
from calls.models.profiles import StreamingProfile

SHOWN_ALERTS = 5  # in a call's shape


class AlertKind(models.TextChoices):
    PHRASE = "phrase", _("Words and phrases")
    SILENCE = "silence", _("Silence")
    LONG = "long", _("Long call")
    CONFIDENCE = "confidence", _("Low confidence")
    MOOD = "mood", _("Mood")


class AlertRule(models.Model):
    """Watches the calls of every profile, or of some: the latter never becomes the former because a profile was deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=AlertKind)
    track = models.CharField(max_length=8, blank=True)  # empty: any, or both together
    expression = models.TextField(blank=True)  # of a phrase rule
    threshold = models.FloatField(null=True)  # of the others, in the unit of `calls.alerts.kinds`
    every_profile = models.BooleanField(default=True)
    profiles = models.ManyToManyField(StreamingProfile, blank=True, related_name="alert_rules")
    enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> AlertQuerySet:
        """Those that somebody should look at."""
        return self.filter(ended_at=None, acknowledged_at=None)

    def open_first(self) -> AlertQuerySet:
        closed = Coalesce("acknowledged_at", "ended_at")
        return self.order_by(closed.desc(nulls_first=True), "-raised_at", "-id")

    def in_call(self, wanted: str) -> models.Exists | None:
        """As a condition on calls: an alert of the rule with this id, or `any`. None where it is neither."""
        rows = self.filter(call=models.OuterRef("pk"))
        if wanted == "any":
            return models.Exists(rows)
        try:
            return models.Exists(rows.filter(rule=UUID(wanted)))
        except ValueError:
            return None

    def count_of_call(self) -> Any:
        """As an annotation of calls."""
        counts = self.filter(call=models.OuterRef("pk")).order_by().values("call").annotate(number=models.Count("pk"))
        return Coalesce(models.Subquery(counts.values("number")), 0)


class Alert(models.Model):
    """A rule found something in a call. Name and kind are the rule's at that time, and stay when it goes.

    A phrase is a moment; silence, length, confidence and mood are states: a call has one of a rule at a time, until
    `ended_at`. With the call, all end.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="alerts")
    rule = models.ForeignKey(AlertRule, null=True, on_delete=models.SET_NULL, related_name="alerts")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=AlertKind)
    track = models.CharField(max_length=8, blank=True)
    at_ms = models.PositiveIntegerField()  # on the call's timeline
    text = models.TextField(blank=True)  # the words that were found
    value = models.FloatField(null=True)  # what was measured, in the unit of the rule's threshold
    segment = models.ForeignKey(Segment, null=True, on_delete=models.SET_NULL, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "rule"],
                condition=Q(ended_at=None) & ~Q(kind="phrase"),
                name="one_open_state_a_call_and_rule",
            ),
            models.UniqueConstraint(
                fields=["rule", "segment"], condition=Q(kind="phrase"), name="one_phrase_alert_a_segment"
            ),
        ]
        indexes = [
            models.Index(fields=["call", "-raised_at", "-id"], name="alert_of_call"),
            models.Index(fields=["kind"], condition=Q(ended_at=None), name="alert_open"),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.at_ms} ms"
