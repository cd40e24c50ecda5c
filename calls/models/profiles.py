"""What admins configure: streaming profiles, their embed keys, and the streams that found no profile."""

import hashlib
import hmac

from django.conf import settings
from django.db import models
from django.utils import timezone

from calls.models.fields import EncryptedTextField, new_id


class Vendor(models.TextChoices):
    RINGCX = "ringcx", "RingCX"


class ProductType(models.TextChoices):
    QUEUE = "QUEUE", "Queue"
    CAMPAIGN = "CAMPAIGN", "Campaign"
    MANUAL = "MANUAL", "Manual"


class SecretCheck(models.TextChoices):
    OFF = "off", "Off: the secret is not looked at"
    OBSERVE = "observe", "Observe: accept, and note whether it was seen"
    ENFORCE = "enforce", "Enforce: refuse streams without it"


class StreamingProfile(models.Model):
    """One streaming set-up at a vendor: which product streams to us, how it proves itself, and what is done with its calls."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    vendor = models.CharField(max_length=16, choices=Vendor, default=Vendor.RINGCX)
    name = models.CharField(max_length=100)
    enabled = models.BooleanField(default=True)
    product_type = models.CharField(max_length=8, choices=ProductType, default=ProductType.QUEUE)
    product_id = models.CharField(max_length=64)
    main_account_id = models.CharField(max_length=64, blank=True)
    sub_account_id = models.CharField(max_length=64, blank=True, help_text="Empty matches any sub-account.")
    rc_account_id = models.CharField(max_length=64, blank=True)
    streaming_url = models.CharField(max_length=500, blank=True)
    secret = EncryptedTextField(blank=True)
    secret_check = models.CharField(max_length=8, choices=SecretCheck, default=SecretCheck.OFF)
    secret_seen_at = models.DateTimeField(null=True, editable=False)  # last stream that carried the right secret
    secret_missed_at = models.DateTimeField(null=True, editable=False)  # last stream that did not
    language = models.CharField(max_length=16, default="en-US")
    recognizer = models.CharField(max_length=32, blank=True, help_text="Empty: the installation's default.")
    record = models.BooleanField(default=True)
    phrases = models.JSONField(default=list, blank=True)
    frame_ancestors = models.JSONField(default=list, blank=True)
    options = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "product_type", "product_id", "sub_account_id"],
                name="profile_of_a_product_is_unique",
                violation_error_message="Another profile already takes the streams of this product.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def secret_fingerprint(self) -> str | None:
        """Eight hex digits that tell two secrets apart and give nothing away (keyed, so they can't be guessed offline)."""
        if not self.secret:
            return None
        return hmac.new(settings.SECRET_KEY.encode(), self.secret.encode(), hashlib.sha256).hexdigest()[:8]

    @property
    def embed_ancestors(self) -> list[str]:
        return self.frame_ancestors or settings.HUB_EMBED_ANCESTORS


class EmbedKey(models.Model):
    """Opens `/embed/` for the calls of one profile, read only. Shown once, stored as a digest; two may be active."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    profile = models.ForeignKey(StreamingProfile, on_delete=models.CASCADE, related_name="embed_keys")
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class EmbedTicket(models.Model):
    """Opens one embed socket once, within 30 s. The row is deleted by whoever takes it."""

    digest = models.CharField(max_length=64, primary_key=True)
    key = models.ForeignKey(EmbedKey, on_delete=models.CASCADE)
    vendor_call_id = models.CharField(max_length=200)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"ticket for {self.vendor_call_id}"


class RefusedStream(models.Model):
    """A product whose streams were refused, so that an admin can make a profile of it. Counted, one row a product."""

    vendor = models.CharField(max_length=16, choices=Vendor)
    product_type = models.CharField(max_length=8, blank=True)
    product_id = models.CharField(max_length=64, blank=True)
    sub_account_id = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=32)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "product_type", "product_id", "sub_account_id", "reason"],
                name="refused_stream_is_counted_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_type} {self.product_id} ({self.reason})"
