"""People and API keys."""

import secrets

from calls.models import ApiKey, User
from calls.models.accounts import Role
from calls.models.fields import digest


def create_api_key(*, name: str, owner: User, scope: str) -> tuple[ApiKey, str]:
    """A new key and its text, which is never shown again."""
    text = "hub_" + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(name=name, owner=owner, scope=scope, prefix=text[:8], digest=digest(text))
    return key, text


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
