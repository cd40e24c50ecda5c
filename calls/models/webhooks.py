"""Webhooks: who wants to hear of which events, and the deliveries that are under way."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

from calls.models.calls import Call
from calls.models.fields import EncryptedTextField, new_id
from calls.models.profiles import StreamingProfile


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def hearing_of(self, profile_id: UUID | None) -> WebhookQuerySet:
        return self.filter(Q(every_profile=True) | Q(profiles=profile_id), enabled=True).distinct()


class Webhook(models.Model):
    """An address of an integrator's. It hears of the calls of every profile, or of some: the latter never becomes the
    former because a profile was deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    url = models.CharField(max_length=1000)
    description = models.CharField(max_length=200, blank=True)
    events = models.JSONField(default=list)  # of `services.webhook_events.EVENTS`
    every_profile = models.BooleanField(default=True)
    profiles = models.ManyToManyField(StreamingProfile, blank=True, related_name="webhooks")
    enabled = models.BooleanField(default=True)
    secret = EncryptedTextField()
    old_secret = EncryptedTextField(blank=True)  # signs beside the new one until `old_secret_until`
    old_secret_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)  # the first failure since the last success
    disabled_reason = models.TextField(blank=True)  # why the hub itself switched it off
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.description or self.url


class WebhookDelivery(models.Model):
    """One event for one webhook, and the work of delivering it: `due_at` is when it is next to be tried."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=32)
    call = models.ForeignKey(Call, null=True, on_delete=models.CASCADE, related_name="webhook_deliveries")
    body = models.TextField()  # as it is sent, each time
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    attempted_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer
    took_ms = models.PositiveIntegerField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="delivery_to_make"),
            models.Index(fields=["webhook", "-created_at"], name="delivery_of_webhook"),
            models.Index(fields=["webhook", "call", "id"], condition=Q(state="pending"), name="delivery_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.state}"
