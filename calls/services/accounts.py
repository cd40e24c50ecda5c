"""People, API keys, and what either may do."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from calls import live
from calls.models import ApiKey, User
from calls.models.accounts import Role
from calls.models.fields import digest
from calls.services import audit

RIGHTS = ("read", "control", "admin")  # each includes those before it; the names are those of `ApiKey.Scope`
USED_EVERY = timedelta(minutes=1)  # how finely `last_used_at` is kept


class Caller(NamedTuple):
    """Who calls, and the most that this call may do: one of `RIGHTS`."""

    user: User
    scope: str


def right_of(user: User | AnonymousUser) -> str:
    """The most that a person may do."""
    if isinstance(user, User) and user.is_admin:
        return "admin"
    return "control" if isinstance(user, User) and user.role == Role.SUPERVISOR else "read"


def right_in_iframe(user: User) -> str:
    """The most that a person may do from an iFrame that was paired: calls, no administration."""
    return min("control", right_of(user), key=RIGHTS.index)


def includes(scope: str, needed: str) -> bool:
    return RIGHTS.index(scope) >= RIGHTS.index(needed)


def find_api_key(text: str) -> ApiKey | None:
    """The key, noted as used. None where it is unknown or its owner inactive."""
    key = ApiKey.objects.select_related("owner").filter(digest=digest(text), owner__is_active=True).first()
    if key is None:
        return None
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        unused = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(unused, id=key.id).update(last_used_at=now)
    return key


def scope_of_key(key: ApiKey) -> str:
    """What it may do: never more than its owner."""
    return min(key.scope, right_of(key.owner), key=RIGHTS.index)


def user_and_scope_of_key(text: str) -> Caller | None:
    """Whose key this is and what it may do. None where it does not count."""
    key = find_api_key(text)
    return None if key is None else Caller(key.owner, scope_of_key(key))


def create_api_key(*, name: str, owner: User, scope: str, by: audit.Requester = audit.THE_HUB) -> tuple[ApiKey, str]:
    """A new key and its text, which is never shown again."""
    text = "hub_" + secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(name=name, owner=owner, scope=scope, prefix=text[:8], digest=digest(text))
        audit.record(action="api-key.create", by=by, subject=str(key), detail=_key_detail(key))
    return key, text


def revoke_api_key(key_id: UUID, *, by: audit.Requester, owner: User | None = None) -> bool:
    """Whether there was one, of this owner where one is given."""
    with transaction.atomic():
        keys = ApiKey.objects.select_for_update(of=("self",)).select_related("owner")
        key = (keys if owner is None else keys.filter(owner=owner)).filter(id=key_id).first()
        if key is None:
            return False
        audit.record(action="api-key.revoke", by=by, subject=str(key), detail=_key_detail(key))
        key.delete()
        announce_change()
    return True


def _key_detail(key: ApiKey) -> dict[str, str]:
    return {"key": str(key.id), "owner": key.owner.get_username(), "scope": key.scope}


def first_admin() -> User | None:
    """The admin who has been here longest."""
    return User.objects.filter(Q(role=Role.ADMIN) | Q(is_superuser=True), is_active=True).order_by("id").first()


def ensure_admin(*, username: str, password: str = "") -> tuple[User, str | None]:
    """The first admin. Returns its new password (the one given, else a made one), or None if the account existed."""
    user, created = User.objects.get_or_create(
        username=username, defaults={"role": Role.ADMIN, "is_superuser": True, "is_staff": True}
    )
    if not created:
        return user, None
    password = password or secrets.token_urlsafe(12)
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        audit.record(
            action="user.create", by=audit.THE_HUB, subject=username, detail={"user": user.pk, "role": user.role}
        )
    return user, password


def announce_change() -> None:
    """Has open sockets looked at again everywhere, once the transaction is committed. They would be within seconds,
    too, if nobody did."""
    transaction.on_commit(partial(live.tell_everybody, {"type": "access"}), robust=True)
