"""The embed's three steps: a profile's embed key → a bearer of 15 minutes for one call → a ticket for one socket.

The bearer is signed, not stored; revoking its key ends it. No step needs a cookie. A paired iFrame (`services.pairings`)
takes its tickets here too.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core import signing
from django.db import transaction
from django.utils import timezone

from calls.models import Call, EmbedKey, EmbedPairing, EmbedTicket, User
from calls.models.calls import CallQuerySet
from calls.models.fields import digest
from calls.services.audit import Requester, requester

BEARER_SECONDS = 15 * 60
TICKET_SECONDS = 30
SALT = "calls.embed"


class EmbedRefused(Exception):
    """The key, bearer or ticket is unknown, revoked, used or expired."""


class EmbedGrant(NamedTuple):
    """What an embed may see: calls with this vendor id of this key's profile, before and after they start."""

    key: EmbedKey
    vendor_call_id: str

    @property
    def by(self) -> Requester:
        """Agents are not signed in: an embed key is who they are."""
        return Requester(f"the iFrame of {self.key.profile.name} ({self.key.prefix}…)")

    def call(self) -> Call | None:
        return _newest(Call.objects.filter(profile=self.key.profile_id), self.vendor_call_id)


class PairedGrant(NamedTuple):
    """What a paired iFrame's ticket opens: calls with this vendor id that its person sees, or without one any socket."""

    pairing: EmbedPairing
    vendor_call_id: str

    @property
    def user(self) -> User:
        assert self.pairing.user is not None
        return self.pairing.user

    @property
    def by(self) -> Requester:
        return requester(self.user, pairing=self.pairing)

    def call(self) -> Call | None:
        return _newest(Call.objects.visible_to(self.user), self.vendor_call_id)


def _newest(calls: CallQuerySet, vendor_call_id: str) -> Call | None:
    return calls.for_display().filter(vendor_call_id=vendor_call_id).order_by("-started_at").first()


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


def create_ticket(grant: EmbedGrant | PairedGrant) -> str:
    """A ticket for one socket, good once and for 30 s."""
    ticket = secrets.token_urlsafe(24)
    EmbedTicket.objects.create(
        digest=digest(ticket),
        key=grant.key if isinstance(grant, EmbedGrant) else None,
        pairing=grant.pairing if isinstance(grant, PairedGrant) else None,
        vendor_call_id=grant.vendor_call_id,
        expires_at=timezone.now() + timedelta(seconds=TICKET_SECONDS),
    )
    return ticket


def take_ticket(ticket: str) -> EmbedGrant | PairedGrant:
    """Uses a ticket up. Raises `EmbedRefused` where it is unknown, used or expired."""
    with transaction.atomic():
        row = EmbedTicket.objects.select_related("key", "pairing__user").filter(digest=digest(ticket)).first()
        taken = EmbedTicket.objects.filter(digest=digest(ticket)).delete()[0] if row else 0
    if row is None or not taken or row.expires_at < timezone.now():
        raise EmbedRefused("This ticket was used or has expired.")
    if row.key is not None:
        return EmbedGrant(row.key, row.vendor_call_id)
    if row.pairing is None or row.pairing.user is None:
        raise EmbedRefused("This iFrame is not paired.")
    return PairedGrant(row.pairing, row.vendor_call_id)
