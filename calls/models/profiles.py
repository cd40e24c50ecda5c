"""What admins configure: streaming profiles, their embed keys, and the streams that found no profile."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from calls.models.accounts import Team, User
from calls.models.fields import EncryptedTextField, new_id
from calls.vendors import VENDORS


def vendor_choices() -> list[tuple[str, str]]:
    return [(vendor.name, vendor.label) for vendor in VENDORS.values()]


class ProductType(models.TextChoices):
    QUEUE = "QUEUE", "Queue"
    CAMPAIGN = "CAMPAIGN", "Campaign"
    MANUAL = "MANUAL", "Manual"


class SecretCheck(models.TextChoices):
    OFF = "off", "Off: the secret is not looked at"
    OBSERVE = "observe", "Observe: accept, and note whether it was seen"
    ENFORCE = "enforce", "Enforce: refuse streams without it"


class StreamingProfileQuerySet(models.QuerySet["StreamingProfile"]):
    def visible_to(self, user: User | AnonymousUser) -> StreamingProfileQuerySet:
        """An admin's are all, everybody else's those of their teams."""
        if isinstance(user, User) and user.is_admin:
            return self
        return self.filter(id__in=Team.profiles.through.objects.filter(team__users=user.pk).values("streamingprofile"))


class StreamingProfile(models.Model):
    """One streaming set-up at a vendor: which product streams to us, how it proves itself, and what is done with its calls."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    vendor = models.CharField(max_length=16, choices=vendor_choices, default="ringcx")
    name = models.CharField(max_length=100)
    enabled = models.BooleanField(default=True)
    product_type = models.CharField(max_length=8, choices=ProductType, default=ProductType.QUEUE)
    product_id = models.CharField(max_length=64, blank=True)
    slug = models.SlugField(max_length=64, blank=True)  # of vendors whose profile is named by the address
    main_account_id = models.CharField(max_length=64, blank=True)
    sub_account_id = models.CharField(max_length=64, blank=True, help_text="Empty matches any sub-account.")
    rc_account_id = models.CharField(max_length=64, blank=True)
    streaming_url = models.CharField(max_length=500, blank=True)
    secret = EncryptedTextField(blank=True)
    secret_digest = models.CharField(max_length=64, blank=True, editable=False)  # finds a profile by its token
    secret_check = models.CharField(max_length=8, choices=SecretCheck, default=SecretCheck.OFF)
    secret_seen_at = models.DateTimeField(null=True, editable=False)  # last stream that carried the right secret
    secret_missed_at = models.DateTimeField(null=True, editable=False)  # last stream that did not
    language = models.CharField(max_length=16, default="en-US")
    recognizer = models.CharField(max_length=32, blank=True, help_text="Empty: the installation's default.")
    record = models.BooleanField(default=True)
    mask = models.JSONField(default=list, db_default=[], blank=True)  # kinds of `calls.privacy.finding`
    retention_days = models.PositiveIntegerField(null=True, blank=True)  # after a call's end; null: it is kept
    bot = models.ForeignKey("bots.Bot", null=True, blank=True, on_delete=models.SET_NULL, related_name="profiles")
    fallback_number = models.CharField(max_length=200, blank=True)  # where a bot that fails transfers to
    default_region = models.CharField(max_length=2, blank=True)  # of national numbers, such as US
    phrases = models.JSONField(default=list, blank=True)
    frame_ancestors = models.JSONField(default=list, blank=True)
    options = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StreamingProfileQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "product_type", "product_id", "sub_account_id"],
                condition=~models.Q(product_id=""),
                name="profile_of_a_product_is_unique",
                violation_error_message="Another profile already takes the streams of this product.",
            ),
            models.UniqueConstraint(fields=["slug"], condition=~models.Q(slug=""), name="profile_of_a_slug_is_unique"),
            models.UniqueConstraint(
                fields=["vendor", "secret_digest"],
                condition=~models.Q(secret_digest=""),
                name="profile_of_a_token_is_unique",
            ),
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


class RefusedStream(models.Model):
    """Streams that were refused, counted: one row a product, address or profile, so that an admin can mend it. A token is
    never kept."""

    vendor = models.CharField(max_length=16, choices=vendor_choices)
    product_type = models.CharField(max_length=8, blank=True)
    product_id = models.CharField(max_length=64, blank=True)
    sub_account_id = models.CharField(max_length=64, blank=True)
    slug = models.CharField(max_length=64, blank=True)
    # the one that refused it, where there is one
    profile = models.ForeignKey(StreamingProfile, null=True, on_delete=models.CASCADE, related_name="refused_streams")
    reason = models.CharField(max_length=32)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "product_type", "product_id", "sub_account_id", "slug", "reason"],
                condition=models.Q(profile=None),
                name="refused_stream_is_counted_once",
            ),
            models.UniqueConstraint(
                fields=["profile", "product_type", "product_id", "sub_account_id", "reason"],
                condition=models.Q(profile__isnull=False),
                name="refused_stream_of_a_profile_is_counted_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.product_type} {self.product_id}{self.slug} ({self.reason})"
