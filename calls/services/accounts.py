"""People, API keys, and what either may do."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone

from calls.models import ApiKey, User
from calls.models.accounts import Role
from calls.models.fields import digest

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


def includes(scope: str, needed: str) -> bool:
    return RIGHTS.index(scope) >= RIGHTS.index(needed)


def user_and_scope_of_key(text: str) -> Caller | None:
    """Whose key this is and what it may do: never more than its owner. None where it is unknown or its owner inactive."""
    key = ApiKey.objects.select_related("owner").filter(digest=digest(text), owner__is_active=True).first()
    if key is None:
        return None
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        unused = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(unused, id=key.id).update(last_used_at=now)
    return Caller(key.owner, min(key.scope, right_of(key.owner), key=RIGHTS.index))


def create_api_key(*, name: str, owner: User, scope: str) -> tuple[ApiKey, str]:
    """A new key and its text, which is never shown again."""
    text = "hub_" + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(name=name, owner=owner, scope=scope, prefix=text[:8], digest=digest(text))
    return key, text


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
    user.save(update_fields=["password"])
    return user, password
