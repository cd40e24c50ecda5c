"""Who came in, who went, and who was turned away: on record, and never so often that guessing fills the audit."""

from __future__ import annotations

from django.db import transaction

from calls.models import User
from calls.services import audit, reading
from calls.services.audit import Requester, requester

SOMEBODY = Requester("somebody")


def note_sign_in(user: User, *, method: str, address: str) -> None:
    with transaction.atomic():
        audit.record(action="sign-in", by=requester(user), detail={"method": method, "address": address})


def note_sign_out(user: User, *, address: str) -> None:
    with transaction.atomic():
        audit.record(action="sign-out", by=requester(user), detail={"address": address})


def note_failure(name: str, *, reason: str, address: str) -> None:
    """`name` is kept only where an account has it: people type passwords into the wrong field. All who try made-up names
    from one address, or go on after they were locked out, are one entry an hour."""
    known = User.objects.filter(username=name).first()
    if known is None:
        reading.note(
            "sign-in.fail", by=SOMEBODY, subject=f"an unknown name, from {address}", detail={"address": address}
        )
    elif reason == "locked":
        detail = {"user": known.pk, "reason": reason, "address": address}
        reading.note("sign-in.locked", by=SOMEBODY, subject=known.username, detail=detail)
    else:
        with transaction.atomic():
            detail = {"user": known.pk, "reason": reason, "address": address}
            audit.record(action="sign-in.fail", by=SOMEBODY, subject=known.username, detail=detail)


def note_second_factor(user: User, *, act: str, kind: str) -> None:
    """`act`: add, remove, or reset (new recovery codes)."""
    with transaction.atomic():
        audit.record(action=f"second-factor.{act}", by=requester(user), subject=kind, detail={"user": user.pk})
