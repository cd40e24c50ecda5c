"""An iFrame that acts for a person: it asks for a code, the person confirms the code in a window of the hub's own.

The iFrame has its bearer from the start; confirmed, it is worth the person's rights in calls (`control` at most, never
`admin`) for twelve hours, or until the person or an admin ends it, the password changes or the account is closed. After
RFC 8628, whose device and user codes these are.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from calls.models import EmbedPairing, User
from calls.models.fields import digest
from calls.services import audit
from calls.services.accounts import announce_change

PREFIX = "pair_"  # of bearers, which tells them from API keys
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so that no words come about (RFC 8628, section 6.1)
CODE_SECONDS = 10 * 60
PAIRED_HOURS = 12
MAX_OPEN = 2000  # codes that wait to be confirmed
MAX_OPEN_OF_ADDRESS = 50
USED_EVERY = timedelta(minutes=1)  # how finely `last_used_at` is kept


class TooManyPairings(Exception):
    """So many codes wait to be confirmed that no other is given out."""


def ask_pairing(*, parent: str, address: str, browser: str) -> tuple[EmbedPairing, str]:
    """A pairing with its code, and its bearer, which is never told again. Raises `TooManyPairings`."""
    now = timezone.now()
    waiting = EmbedPairing.objects.filter(confirmed_at=None, code_expires_at__gt=now)
    if waiting.count() >= MAX_OPEN or waiting.filter(address=address).count() >= MAX_OPEN_OF_ADDRESS:
        raise TooManyPairings("Too many codes wait to be confirmed. Try again in a few minutes.")
    token = PREFIX + secrets.token_urlsafe(32)
    while True:
        try:
            with transaction.atomic():
                pairing = EmbedPairing.objects.create(
                    digest=digest(token),
                    code=_new_code(),
                    code_expires_at=now + timedelta(seconds=CODE_SECONDS),
                    parent=parent[:200],
                    address=address[:45],
                    browser=browser[:200],
                )
        except IntegrityError:  # the code is somebody else's at the moment
            continue
        return pairing, token


def _new_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def find_by_code(code: str) -> EmbedPairing | None:
    """The pairing that waits with this code, however it was typed."""
    letters = "".join(letter for letter in code.upper() if letter.isalpha())[:8]
    if len(letters) < 8:
        return None
    return EmbedPairing.objects.filter(
        code=f"{letters[:4]}-{letters[4:]}", confirmed_at=None, code_expires_at__gt=timezone.now()
    ).first()


def confirm_pairing(*, pairing: EmbedPairing, user: User, by: audit.Requester) -> bool:
    """Lets the iFrame act for the user. False where it was answered or ran out meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        changed = EmbedPairing.objects.filter(id=pairing.id, confirmed_at=None, code_expires_at__gt=now).update(
            code="",
            user=user,
            session_hash=user.get_session_auth_hash(),
            confirmed_at=now,
            expires_at=now + timedelta(hours=PAIRED_HOURS),
        )
        if changed:
            detail = {"parent": pairing.parent, "address": pairing.address, "browser": pairing.browser}
            audit.record(action="embed.paired", by=by, subject=str(pairing), detail=detail)
    return bool(changed)


def refuse_pairing(pairing: EmbedPairing) -> None:
    """The code is worth nothing any more."""
    EmbedPairing.objects.filter(id=pairing.id, confirmed_at=None).delete()


def find_pairing(token: str) -> EmbedPairing | None:
    """The pairing of a bearer, whether or not it is confirmed. None where it has run out or was ended."""
    if not token.startswith(PREFIX):
        return None
    now = timezone.now()
    return (
        EmbedPairing.objects.select_related("user")
        .filter(Q(confirmed_at=None, code_expires_at__gt=now) | active_now(), digest=digest(token))
        .first()
    )


def find_paired(token: str) -> EmbedPairing | None:
    """The confirmed pairing of a bearer, noted as used. None where it does not count."""
    pairing = find_pairing(token)
    if pairing is None or pairing.user is None or pairing.session_hash != pairing.user.get_session_auth_hash():
        return None
    now = timezone.now()
    if pairing.last_used_at is None or pairing.last_used_at < now - USED_EVERY:
        EmbedPairing.objects.filter(id=pairing.id).update(last_used_at=now)
    return pairing


def active_now() -> Q:
    """Of pairings that count at this moment, but for a changed password."""
    return Q(user__is_active=True, expires_at__gt=timezone.now())


def pairings_of(user: User) -> QuerySet[EmbedPairing]:
    return EmbedPairing.objects.filter(active_now(), user=user)


def end_pairing(*, pairing_id: UUID, by: audit.Requester) -> bool:
    """Whether there was one."""
    with transaction.atomic():
        pairing = EmbedPairing.objects.filter(id=pairing_id).first()
        if pairing is None:
            return False
        pairing.delete()
        if pairing.confirmed_at:
            audit.record(action="embed.unpaired", by=by, subject=str(pairing), detail={"parent": pairing.parent})
    announce_change()
    return True


def drop_old_pairings() -> int:
    """Deletes those that ran out. Returns how many there were."""
    now = timezone.now()
    return EmbedPairing.objects.filter(Q(confirmed_at=None, code_expires_at__lt=now) | Q(expires_at__lt=now)).delete()[
        0
    ]
