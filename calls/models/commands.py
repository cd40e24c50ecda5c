"""What was asked of calls, what became of it, and who did what."""

from __future__ import annotations

from django.db import models
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone

from calls.models.accounts import User
from calls.models.calls import Call, Stream
from calls.models.fields import EncryptedJSONField, new_id


class Command(models.Model):
    """One command to a live call. `requested → sent → confirmed | failed`, or `requested → failed | expired`."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        SENT = "sent"
        CONFIRMED = "confirmed"
        FAILED = "failed"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="commands")
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="commands")  # which is to carry it out
    type = models.CharField(max_length=32)
    params = models.JSONField(default=dict)
    is_masked = models.BooleanField(default=False, db_default=False)  # `params` lack what was sensitive in them
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    by = models.CharField(max_length=150)  # a user's name, `<user> (API key <name>)`, or `bot <name>`
    idempotency_key = models.CharField(max_length=200, blank=True)
    caller = models.CharField(max_length=64, blank=True)  # whose key it is
    fingerprint = models.CharField(max_length=64, blank=True)  # of the request's body
    requested_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)  # or expired
    error = models.TextField(blank=True)
    detail = models.TextField(blank=True)  # what the vendor told with its confirmation

    class Meta:
        ordering = ["requested_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "caller", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="one_command_an_idempotency_key",
            )
        ]
        indexes = [
            models.Index(fields=["call", "requested_at"], name="command_of_call"),
            models.Index(fields=["requested_at"], condition=Q(state="requested"), name="command_to_send"),
            models.Index(fields=["requested_at"], condition=~Q(idempotency_key=""), name="command_with_key"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.state}"


class AuditEntry(models.Model):
    """Who did what, written in the same transaction as the act itself. Outlives what it speaks of."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=40)  # `command.transfer`, `profile.reveal`, …
    call = models.ForeignKey(Call, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=True)
    subject = models.CharField(max_length=200, blank=True)  # what it was done to, in words
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest_first"),
            models.Index(fields=["call", "-at"], name="audit_of_call"),
            models.Index(fields=["actor_name", "-at"], name="audit_of_name"),
            models.Index(fields=["action", "-at"], name="audit_of_action"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action}"


class VendorAccountQuerySet(models.QuerySet["VendorAccount"]):
    def of_call(self) -> VendorAccountQuerySet:
        """As a subquery of calls: the accounts that may act on each. A call's key begins with vendor and sub-account."""
        key = models.ExpressionWrapper(OuterRef("key"), models.CharField())
        scope = Concat("vendor", Value(":"), "account_id", Value(":"))
        return self.alias(call_key=key).filter(
            Q(account_id="") | Q(call_key__startswith=scope), vendor=OuterRef("vendor")
        )


class VendorAccount(models.Model):
    """Credentials for a vendor's REST API. A profile without one of its own uses the one of its vendor and sub-account."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    vendor = models.CharField(max_length=16)
    name = models.CharField(max_length=100)
    account_id = models.CharField(max_length=64, blank=True, help_text="RingCX: the sub-account. Empty: any.")
    fields = EncryptedJSONField(default=dict)  # by `AccountField.name`
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = VendorAccountQuerySet.as_manager()

    class Meta:
        ordering = ["vendor", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["vendor", "account_id"], name="one_vendor_account_an_account"),
        ]

    def __str__(self) -> str:
        return self.name
