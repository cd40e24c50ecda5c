"""Streaming profiles: found for a stream, written by admins; their embed keys; the streams that found none."""

from __future__ import annotations

import hmac
import logging
import secrets
from typing import Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from calls.events import CallInfo
from calls.models import EmbedKey, RefusedStream, StreamingProfile
from calls.models.fields import digest
from calls.models.profiles import SecretCheck

log = logging.getLogger(__name__)

MAX_REFUSED = 200  # products remembered as refused
MAX_EMBED_KEYS = 2

Refusal = Literal["unknown_product", "profile_disabled", "bad_secret", "secret_missing"]


def find_profile(*, vendor: str, info: CallInfo) -> StreamingProfile | None:
    """The profile of a product: the one for this sub-account, else the one for any."""
    return (
        StreamingProfile.objects.filter(
            Q(sub_account_id=info.sub_account_id) | Q(sub_account_id=""),
            vendor=vendor,
            product_type=info.product_type,
            product_id=info.product_id,
        )
        .order_by("-sub_account_id")
        .first()
    )


def needs_sub_account(*, vendor: str, info: CallInfo) -> bool:
    """Whether the sub-account decides which profile takes the product."""
    return (
        StreamingProfile.objects.filter(vendor=vendor, product_type=info.product_type, product_id=info.product_id)
        .exclude(sub_account_id="")
        .exists()
    )


def check_secret(profile: StreamingProfile, given: tuple[str, ...]) -> Refusal | None:
    """Compares, in constant time, what the stream carried with the profile's secret. Notes when it was seen or missed.
    Returns why the stream is to be refused, or None."""
    if profile.secret_check == SecretCheck.OFF or not profile.secret:
        return None
    expected = profile.secret.encode()
    seen = False
    for candidate in given:
        seen |= hmac.compare_digest(expected, candidate.encode("utf-8", "surrogateescape"))
    moment = {"secret_seen_at": timezone.now()} if seen else {"secret_missed_at": timezone.now()}
    StreamingProfile.objects.filter(id=profile.id).update(**moment)
    if seen or profile.secret_check == SecretCheck.OBSERVE:
        return None
    return "bad_secret" if given else "secret_missing"


def note_refused(*, vendor: str, info: CallInfo, reason: Refusal) -> None:
    """Counts a refused stream under its product, for the admin to see. Keeps the newest `MAX_REFUSED` products."""
    product: dict[str, Any] = {
        "vendor": vendor,
        "product_type": info.product_type[:8],
        "product_id": info.product_id[:64],
        "sub_account_id": info.sub_account_id[:64],
        "reason": reason,
    }
    with transaction.atomic():
        row, created = RefusedStream.objects.get_or_create(**product)
        if not created:
            RefusedStream.objects.filter(id=row.id).update(count=F("count") + 1, last_at=timezone.now())
        else:
            newest = RefusedStream.objects.values_list("id", flat=True)[:MAX_REFUSED]
            RefusedStream.objects.exclude(id__in=list(newest)).delete()


def forget_refused(profile: StreamingProfile) -> None:
    """A profile now takes this product: it is no longer offered."""
    rows = RefusedStream.objects.filter(
        vendor=profile.vendor, product_type=profile.product_type, product_id=profile.product_id
    )
    if profile.sub_account_id:
        rows = rows.filter(sub_account_id__in=["", profile.sub_account_id])
    rows.delete()


class ProductTaken(Exception):
    """Another profile takes the streams of this product."""


class VersionConflict(Exception):
    """Somebody else wrote the profile since it was read."""


# Written by streams, not by people.
OBSERVED = ("secret_seen_at", "secret_missed_at")


def save_profile(profile: StreamingProfile, *, expected_version: int | None = None) -> StreamingProfile:
    """Writes a profile that was validated; its version grows with each write after the first. A new secret was neither
    seen nor missed yet. Raises `ProductTaken`, and `VersionConflict` where the stored version isn't the expected one."""
    others = StreamingProfile.objects.exclude(id=profile.id).filter(
        vendor=profile.vendor,
        product_type=profile.product_type,
        product_id=profile.product_id,
        sub_account_id=profile.sub_account_id,
    )
    with transaction.atomic():
        stored = StreamingProfile.objects.select_for_update().filter(id=profile.id).first()
        if stored is not None and expected_version not in (None, stored.version):
            raise VersionConflict
        try:
            with transaction.atomic():
                if stored is None:
                    profile.save(force_insert=True)
                else:
                    profile.version = stored.version + 1
                    observed = OBSERVED if profile.secret == stored.secret else ()
                    profile.secret_seen_at = profile.secret_missed_at = None
                    names = {field.name for field in profile._meta.concrete_fields if not field.primary_key}
                    profile.save(update_fields=names - {"created_at", *observed})
        except IntegrityError:
            if others.exists():
                raise ProductTaken from None
            raise
        profile.refresh_from_db()
        forget_refused(profile)
    return profile


class TooManyKeys(Exception):
    """Two embed keys are active; one must be revoked before a new one."""


def create_embed_key(profile: StreamingProfile) -> tuple[EmbedKey, str]:
    """A new embed key and its text, which is never shown again. Raises `TooManyKeys`."""
    with transaction.atomic():
        StreamingProfile.objects.select_for_update().get(id=profile.id)
        if profile.embed_keys.count() >= MAX_EMBED_KEYS:
            raise TooManyKeys(f"A profile has at most {MAX_EMBED_KEYS} embed keys: revoke one first.")
        text = "emb_" + secrets.token_urlsafe(24)
        key = EmbedKey.objects.create(profile=profile, prefix=text[:8], digest=digest(text))
    return key, text


def revoke_embed_key(profile: StreamingProfile, key_id: UUID) -> bool:
    return bool(profile.embed_keys.filter(id=key_id).delete()[0])
