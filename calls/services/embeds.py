"""The embed's three steps: a profile's embed key → a bearer of 15 minutes for one call → a ticket for one socket.

The bearer is signed, not stored; revoking its key ends it. No step needs a cookie.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core import signing
from django.db import transaction
from django.utils import timezone

from calls.models import Call, EmbedKey, EmbedTicket
from calls.models.fields import digest

BEARER_SECONDS = 15 * 60
TICKET_SECONDS = 30
SALT = "calls.embed"


class EmbedRefused(Exception):
    """The key, bearer or ticket is unknown, revoked, used or expired."""


class EmbedGrant(NamedTuple):
    """What an embed may see: calls with this vendor id of this key's profile, before and after they start."""

    key: EmbedKey
    vendor_call_id: str

    def call(self) -> Call | None:
        return (
            Call.objects.for_display()
            .filter(vendor_call_id=self.vendor_call_id, profile=self.key.profile_id)
            .order_by("-started_at")
            .first()
        )


def open_session(*, key: str, vendor_call_id: str) -> tuple[str, datetime]:
    """A bearer for one call and when it expires. Raises `EmbedRefused`."""
    row = EmbedKey.objects.filter(digest=digest(key), profile__enabled=True).first()
    if row is None:
        raise EmbedRefused("This embed key is unknown or was revoked. Ask an admin for the profile's current one.")
    EmbedKey.objects.filter(id=row.id).update(last_used_at=timezone.now())
    return sign_bearer(EmbedGrant(row, vendor_call_id))


def sign_bearer(grant: EmbedGrant) -> tuple[str, datetime]:
    expires_at = timezone.now() + timedelta(seconds=BEARER_SECONDS)
    return signing.dumps([str(grant.key.id), grant.vendor_call_id], salt=SALT), expires_at


def read_bearer(token: str) -> EmbedGrant:
    """What a bearer grants. Raises `EmbedRefused`."""
    try:
        key_id, vendor_call_id = signing.loads(token, salt=SALT, max_age=BEARER_SECONDS)
    except signing.BadSignature:
        raise EmbedRefused("This embed session has expired or never was: open the page again.") from None
    key = EmbedKey.objects.filter(id=key_id, profile__enabled=True).first()
    if key is None:
        raise EmbedRefused("The embed key of this session was revoked.")
    return EmbedGrant(key, vendor_call_id)


def create_ticket(grant: EmbedGrant) -> str:
    """A ticket for one socket, good once and for 30 s."""
    ticket = secrets.token_urlsafe(24)
    EmbedTicket.objects.create(
        digest=digest(ticket),
        key=grant.key,
        vendor_call_id=grant.vendor_call_id,
        expires_at=timezone.now() + timedelta(seconds=TICKET_SECONDS),
    )
    return ticket


def take_ticket(ticket: str) -> EmbedGrant:
    """Uses a ticket up. Raises `EmbedRefused` where it is unknown, used or expired."""
    with transaction.atomic():
        row = EmbedTicket.objects.select_related("key").filter(digest=digest(ticket)).first()
        taken = EmbedTicket.objects.filter(digest=digest(ticket)).delete()[0] if row else 0
    if row is None or not taken or row.expires_at < timezone.now():
        raise EmbedRefused("This ticket was used or has expired.")
    return EmbedGrant(row.key, row.vendor_call_id)
