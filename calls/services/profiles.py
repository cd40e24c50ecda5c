"""Streaming profiles as admins write them, and their embed keys."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_noop as _

from calls.models import EmbedKey, StreamingProfile
from calls.models.fields import digest
from calls.models.profiles import SecretCheck
from calls.services import audit
from calls.services.accounts import announce_change
from calls.services.stream_access import forget_refused, sign_ticket
from calls.vendors import VENDORS

MAX_EMBED_KEYS = 2
PRODUCT_FIELDS = ("product_type", "product_id", "main_account_id", "sub_account_id", "rc_account_id", "streaming_url")

TAKEN = {
    "product_id": _(
        "Another profile takes the streams of this product and sub-account: change that one, or give another product or "
        "sub-account."
    ),
    "slug": _("Another profile has this slug: give another."),
    "secret": _("Another profile has this token: give another, or none to have one made."),
}


class Taken(Exception):
    """Another profile takes the streams that this one would. `field` is the one to change, a key of `TAKEN`."""

    def __init__(self, field: str, other: StreamingProfile) -> None:
        super().__init__(TAKEN[field])
        self.field, self.other = field, other


class VersionConflict(Exception):
    """Somebody else wrote the profile since it was read."""


# Written by streams, not by people.
OBSERVED = ("secret_seen_at", "secret_missed_at")
UNTOLD = ("id", "version", "secret_digest", "created_at", "updated_at", *OBSERVED)  # follow from the rest


def save_profile(
    profile: StreamingProfile, *, by: audit.Requester = audit.THE_HUB, expected_version: int | None = None
) -> StreamingProfile:
    """Writes a profile that was validated; its version grows with each write after the first. A new secret was neither
    seen nor missed yet. Raises `Taken`, and `VersionConflict` where the stored version isn't the expected one."""
    with transaction.atomic():
        stored = StreamingProfile.objects.select_for_update().filter(id=profile.id).first()
        if stored is not None and expected_version not in (None, stored.version):
            raise VersionConflict
        _complete(profile)
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
            check_taken(profile)
            raise
        profile.refresh_from_db()
        detail: dict[str, object] = {"profile": str(profile.id)}
        if stored is None:
            audit.record(action="profile.create", by=by, subject=profile.name, detail=detail)
        else:
            detail["changed"] = _changed(stored, profile)
            audit.record(action="profile.change", by=by, subject=profile.name, detail=detail)
        forget_refused(profile)
        announce_change()  # an embed ends with its profile
    return profile


def delete_profile(profile: StreamingProfile, *, by: audit.Requester) -> None:
    """With its embed keys. Its calls are kept, for as long as it said."""
    with transaction.atomic():
        audit.record(action="profile.delete", by=by, subject=profile.name, detail={"profile": str(profile.id)})
        if profile.retention_days is not None:
            profile.calls.update(retention_days=profile.retention_days)
        profile.delete()
        announce_change()


def _changed(stored: StreamingProfile, profile: StreamingProfile) -> list[str]:
    """Names of what is different, never the values: a secret is among them."""
    return sorted(
        camel(field.name)
        for field in profile._meta.concrete_fields
        if field.name not in UNTOLD and getattr(stored, field.attname) != getattr(profile, field.attname)
    )


def _complete(profile: StreamingProfile) -> None:
    """Makes what finds the profile, where nobody gave it, and leaves out what its vendor has no use for."""
    found_by = VENDORS[profile.vendor].endpoint.profile_by
    profile.secret_digest = ""
    if found_by == "token":
        profile.secret = profile.secret or secrets.token_urlsafe(32)
        profile.secret_digest = digest(profile.secret)
    if found_by == "slug":
        profile.slug = profile.slug or free_slug(profile)
    else:
        profile.slug = ""
    if found_by != "product":
        for name in PRODUCT_FIELDS:
            setattr(profile, name, "")
        profile.secret_check = SecretCheck.ENFORCE if profile.secret else SecretCheck.OFF


def free_slug(profile: StreamingProfile) -> str:
    """A slug made of the name that no other profile has."""
    wish = slugify(profile.name)[:56].strip("-_") or profile.vendor
    others = StreamingProfile.objects.exclude(id=profile.id).filter(slug__startswith=wish)
    taken = set(others.values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := wish if n == 1 else f"{wish}-{n}") not in taken)


def check_taken(profile: StreamingProfile) -> None:
    """Raises `Taken` where another profile takes the streams that this one would."""
    others = StreamingProfile.objects.exclude(id=profile.id)
    found_by = ("vendor", "product_type", "product_id", "sub_account_id")
    rules: dict[str, dict[str, str]] = {
        "product_id": {name: getattr(profile, name) for name in found_by} if profile.product_id else {},
        "slug": {"slug": profile.slug} if profile.slug else {},
        "secret": {"vendor": profile.vendor, "secret_digest": profile.secret_digest} if profile.secret_digest else {},
    }
    for field, same in rules.items():
        if same and (other := others.filter(**same).first()):
            raise Taken(field, other)


def camel(name: str) -> str:
    """As the API spells a field."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def reveal_secret(profile: StreamingProfile, *, by: audit.Requester) -> str:
    """The secret, to be shown to whoever asks; that they did is on record."""
    with transaction.atomic():
        audit.record(action="profile.reveal", by=by, subject=profile.name, detail={"profile": str(profile.id)})
        return profile.secret


class NoTicket(Exception):
    """The vendor's address needs none; the message says why."""


def make_test_ticket(profile: StreamingProfile, *, by: audit.Requester) -> tuple[str, datetime]:
    """What opens the profile's socket in a browser, for a minute, and until when. Raises `NoTicket`."""
    vendor = VENDORS[profile.vendor]
    if vendor.endpoint.profile_by != "slug":
        raise NoTicket(f"A stream of {vendor.label} needs no ticket: all that it shows is in its address.")
    with transaction.atomic():
        audit.record(action="profile.test_ticket", by=by, subject=profile.name, detail={"profile": str(profile.id)})
        return sign_ticket(profile.id)


class TooManyKeys(Exception):
    """Two embed keys are active; one must be revoked before a new one."""


def create_embed_key(profile: StreamingProfile, *, by: audit.Requester = audit.THE_HUB) -> tuple[EmbedKey, str]:
    """A new embed key and its text, which is never shown again. Raises `TooManyKeys`."""
    with transaction.atomic():
        StreamingProfile.objects.select_for_update().get(id=profile.id)
        if profile.embed_keys.count() >= MAX_EMBED_KEYS:
            raise TooManyKeys(f"A profile has at most {MAX_EMBED_KEYS} embed keys: revoke one first.")
        text = "emb_" + secrets.token_urlsafe(24)
        key = EmbedKey.objects.create(profile=profile, prefix=text[:8], digest=digest(text))
        audit.record(action="embed-key.create", by=by, subject=profile.name, detail=_key_detail(key))
    return key, text


def revoke_embed_key(profile: StreamingProfile, key_id: UUID, *, by: audit.Requester = audit.THE_HUB) -> bool:
    """Whether there was one."""
    with transaction.atomic():
        key = profile.embed_keys.select_for_update().filter(id=key_id).first()
        if key is None:
            return False
        audit.record(action="embed-key.revoke", by=by, subject=profile.name, detail=_key_detail(key))
        key.delete()
        announce_change()
    return True


def _key_detail(key: EmbedKey) -> dict[str, str]:
    return {"profile": str(key.profile_id), "key": str(key.id), "prefix": key.prefix}
