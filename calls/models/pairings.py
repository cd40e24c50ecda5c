"""iFrames that act for a person: each asks with a code, and does so once the person has confirmed it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from calls.models.accounts import User
from calls.models.fields import new_id
from calls.models.profiles import EmbedKey


class EmbedPairing(models.Model):
    """One iFrame's bearer: worth nothing until a person confirms `code`, then worth that person's rights in calls."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.CharField(max_length=64, unique=True)  # of the bearer
    code = models.CharField(max_length=9, blank=True)  # until it was confirmed or refused
    code_expires_at = models.DateTimeField()
    parent = models.CharField(
        max_length=200, blank=True
    )  # the origin of the page around the iFrame, as the browser says
    address = models.CharField(max_length=45, blank=True)  # of the browser that asked
    browser = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="pairings")
    session_hash = models.CharField(max_length=128, blank=True)  # of the user's password: a new one ends the pairing
    confirmed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-confirmed_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="one_pairing_a_code")]

    def __str__(self) -> str:
        return f"iFrame in {self.parent or 'an unknown page'}"


class EmbedTicket(models.Model):
    """Opens one socket once, within 30 s, for an embed key's session or a paired iFrame. The row is deleted by whoever
    takes it. `vendor_call_id` may be empty for a pairing only: it then opens any of its person's sockets."""

    digest = models.CharField(max_length=64, primary_key=True)
    key = models.ForeignKey(EmbedKey, null=True, on_delete=models.CASCADE)
    pairing = models.ForeignKey(EmbedPairing, null=True, on_delete=models.CASCADE)
    vendor_call_id = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(key__isnull=False, pairing=None) & ~Q(vendor_call_id="")
                | Q(key=None, pairing__isnull=False),
                name="ticket_has_one_holder",
            )
        ]

    def __str__(self) -> str:
        return f"ticket for {self.vendor_call_id or 'a person'}"
