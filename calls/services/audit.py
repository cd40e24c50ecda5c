"""Who did what: an entry is written with the act itself, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connection
from django.db.transaction import TransactionManagementError

from calls.models import ApiKey, AuditEntry, Call, EmbedPairing, User


class Requester(NamedTuple):
    """Who asks: `name` is what people see, `user` whose right it is, `id` whose idempotency keys count."""

    name: str
    user: User | None = None
    id: str = ""


def requester(user: User, key: ApiKey | None = None, pairing: EmbedPairing | None = None) -> Requester:
    """A person at a page or in a paired iFrame, or a program with a key of that person."""
    name = user.get_username()
    if pairing is not None:
        return Requester(f"{name} (iFrame)", user, f"pairing:{pairing.id}")
    if key is None:
        return Requester(name, user, f"user:{user.pk}")
    return Requester(f"{name} (API key {key.name})", user, f"key:{key.id}")


THE_HUB = Requester("the hub")  # of its own accord, or by a command on its machine


def record(
    *, action: str, by: Requester, call: Call | None = None, subject: str = "", detail: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Writes an entry in the caller's transaction, which there must be. `subject` is what it was done to, in words."""
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"{action}: an audit entry belongs to the transaction of its act")
    return AuditEntry.objects.create(
        actor=by.user,
        actor_name=by.name[:150],
        action=action,
        call=call,
        subject=subject[:200],
        detail=dict(detail or {}),
    )
