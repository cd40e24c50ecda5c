"""What a stream at the door is measured by: the profile that it names, its secret; and a count of those turned away."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from calls.events import CallInfo
from calls.models import RefusedStream, StreamingProfile
from calls.models.fields import digest
from calls.models.profiles import SecretCheck
from calls.services import audit

MAX_REFUSED = 200  # rows kept of each vendor
MAX_TOKENS = 4  # that a stream may try at once
NOTED_EVERY = timedelta(minutes=1)  # how finely it is kept when a secret was last seen or missed
TICKET_SECONDS = 60
TICKET_SALT = "calls.test-ticket"
# What can be one at all. Anything else is not looked up.
TOKEN = re.compile(r"[A-Za-z0-9._~-]{1,200}")
SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}")

Refusal = Literal[
    "unknown_product", "unknown_token", "unknown_slug", "profile_disabled", "bad_secret", "secret_missing"
]


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


def find_profile_of_token(*, vendor: str, tokens: Sequence[str]) -> StreamingProfile | None:
    """The profile whose secret is one of these."""
    given = [token for token in dict.fromkeys(tokens) if TOKEN.fullmatch(token)][:MAX_TOKENS]
    digests = [digest(token) for token in given]
    found = StreamingProfile.objects.filter(vendor=vendor, secret_digest__in=digests).first()
    return found if found is not None and _is_among(found.secret, given) else None


def find_profile_of_slug(*, vendor: str, slug: str) -> StreamingProfile | None:
    return StreamingProfile.objects.filter(vendor=vendor, slug=slug).first() if SLUG.fullmatch(slug) else None


def needs_sub_account(*, vendor: str, info: CallInfo) -> bool:
    """Whether the sub-account decides which profile takes the product."""
    return (
        StreamingProfile.objects.filter(vendor=vendor, product_type=info.product_type, product_id=info.product_id)
        .exclude(sub_account_id="")
        .exists()
    )


def check_secret(
    profile: StreamingProfile, given: Sequence[str], *, always: bool = False, note: bool = True
) -> Refusal | None:
    """Compares what the stream carried with the profile's secret, if it has one, and notes whether it was seen. Returns
    why the stream is to be refused, or None. `note`: whether to note it at all; `always`: whatever `secret_check` says."""
    if not profile.secret or (profile.secret_check == SecretCheck.OFF and not always):
        return None
    seen = _is_among(profile.secret, given)
    field = "secret_seen_at" if seen else "secret_missed_at"
    noted: datetime | None = getattr(profile, field)
    now = timezone.now()
    if note and (noted is None or noted < now - NOTED_EVERY):
        StreamingProfile.objects.filter(id=profile.id).update(**{field: now})
    if seen or (profile.secret_check == SecretCheck.OBSERVE and not always):
        return None
    return "bad_secret" if given else "secret_missing"


def _is_among(secret: str, given: Sequence[str]) -> bool:
    """Takes as long whichever it is."""
    expected = secret.encode()
    found = False
    for candidate in given:
        found |= hmac.compare_digest(expected, candidate.encode("utf-8", "surrogateescape"))
    return found


def sign_ticket(profile_id: UUID) -> tuple[str, datetime]:
    """Stands in for a profile's secret where no header can be set, in a browser; and when it expires."""
    return signing.dumps(str(profile_id), salt=TICKET_SALT), timezone.now() + timedelta(seconds=TICKET_SECONDS)


def is_ticket_for(profile: StreamingProfile, ticket: str) -> bool:
    try:
        return bool(signing.loads(ticket, salt=TICKET_SALT, max_age=TICKET_SECONDS) == str(profile.id))
    except signing.BadSignature:
        return False


def note_refused(
    *,
    vendor: str,
    reason: Refusal,
    info: CallInfo | None = None,
    slug: str = "",
    profile: StreamingProfile | None = None,
) -> None:
    """Counts a refused stream, for the admin to see. A token is never among what is kept."""
    info = info or CallInfo()
    found_by: dict[str, Any] = {
        "vendor": vendor,
        "product_type": info.product_type[:8],
        "product_id": info.product_id[:64],
        "sub_account_id": info.sub_account_id[:64],
        "slug": slug if SLUG.fullmatch(slug) else "",
        "profile": profile,
        "reason": reason,
    }
    with transaction.atomic():
        row, created = RefusedStream.objects.get_or_create(**found_by)
        if not created:
            RefusedStream.objects.filter(id=row.id).update(count=F("count") + 1, last_at=timezone.now())
        else:
            rows = RefusedStream.objects.filter(vendor=vendor)
            newest = rows.values_list("id", flat=True)[:MAX_REFUSED]
            rows.exclude(id__in=list(newest)).delete()


def dismiss_refused(refused_id: int, *, by: audit.Requester) -> bool:
    """Takes it off the list, until the next such stream. Returns whether it was there."""
    with transaction.atomic():
        row = RefusedStream.objects.select_for_update().filter(id=refused_id).first()
        if row is None:
            return False
        audit.record(action="refused-stream.dismiss", by=by, subject=str(row), detail={"count": row.count})
        row.delete()
    return True


def forget_refused(profile: StreamingProfile) -> None:
    """The profile was made or mended: what it or nobody took is no longer offered."""
    same_product = Q(product_type=profile.product_type, product_id=profile.product_id)
    if profile.sub_account_id:
        same_product &= Q(sub_account_id__in=["", profile.sub_account_id])
    same = Q(profile=profile)
    if profile.product_id:
        same |= same_product
    if profile.slug:
        same |= Q(slug=profile.slug)
    RefusedStream.objects.filter(same, vendor=profile.vendor).delete()
