"""People as admins make and change them. There is always an active admin."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Team, User
from calls.models.accounts import Role
from calls.services import audit
from calls.services.accounts import announce_change
from calls.services.audit import Requester

TAKEN = {"username": _("Somebody else has this name."), "agentId": _("Somebody else has this agent id.")}


class Taken(Exception):
    """Another person has this; `field` is a key of `TAKEN`."""

    def __init__(self, field: str) -> None:
        super().__init__(str(TAKEN[field]))
        self.field = field


class LastAdmin(Exception):
    """Without this person nobody could administer the hub."""

    def __init__(self) -> None:
        super().__init__(gettext("This is the only active admin: make another one first."))


def check_password(user: User, password: str) -> str:
    """Raises `ValidationError` for one that is too easy."""
    validate_password(password, user)
    return password


def save_user(
    user: User, *, by: Requester, password: str | None = None, teams: Collection[Team] | None = None
) -> tuple[User, str | None]:
    """Writes a person. A new one gets the password that is given, or a made one, which is returned and never shown again.
    A changed password ends the person's sessions. Raises `Taken` and `LastAdmin`."""
    made = None
    with transaction.atomic():
        stored = User.objects.select_for_update().filter(pk=user.pk).first() if user.pk else None
        if (stored is None or stored.username != user.username) and _looks_taken(user):
            raise Taken("username")
        if stored is None and password is None:
            password = made = secrets.token_urlsafe(12)
        if password is not None:
            user.set_password(password)
        try:
            with transaction.atomic():
                user.save()
        except IntegrityError:
            raise Taken(_taken(user)) from None
        detail: dict[str, Any] = {"user": user.pk, "changed": _changed(stored, user), "role": user.role}
        if teams is not None:
            before = set(user.teams.all())
            user.teams.set(teams)
            if before != set(teams):
                detail["teams"] = sorted(team.name for team in teams)
        _keep_an_admin()
        audit.record(
            action="user.create" if stored is None else "user.change", by=by, subject=user.username, detail=detail
        )
        announce_change()
    return user, made


def delete_user(user: User, *, by: Requester) -> None:
    """With the API keys. What the person did stays in the audit, under the name. Raises `LastAdmin`."""
    with transaction.atomic():
        audit.record(action="user.delete", by=by, subject=user.username, detail={"user": user.pk})
        user.delete()
        _keep_an_admin()
        announce_change()


def change_password(user: User, *, password: str, by: Requester) -> None:
    """One's own."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        audit.record(action="user.password", by=by, subject=user.username, detail={"user": user.pk})
        announce_change()


def change_own(user: User, *, first_name: str, last_name: str, email: str, by: Requester) -> None:
    """What somebody may write of the own account."""
    with transaction.atomic():
        user.first_name, user.last_name, user.email = first_name, last_name, email
        stored = User.objects.select_for_update().get(pk=user.pk)
        user.save(update_fields=["first_name", "last_name", "email"])
        detail = {"user": user.pk, "changed": _changed(stored, user)}
        audit.record(action="user.profile", by=by, subject=user.username, detail=detail)


def make_password_link(user: User, *, by: Requester) -> tuple[str, str]:
    """What the address of the page holds on which this person sets a password: good for three days (Django's
    `PASSWORD_RESET_TIMEOUT`), once, and until the person signs in or gets another password."""
    with transaction.atomic():
        audit.record(action="user.password_link", by=by, subject=user.username, detail={"user": user.pk})
        return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


def has_second_factor(user: User) -> bool:
    return bool(is_mfa_enabled(user))


def remove_second_factor(user: User, *, by: Requester) -> None:
    """For somebody who lost both the app and the recovery codes."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        audit.record(action="user.second_factor", by=by, subject=user.username, detail={"user": user.pk})


def _keep_an_admin() -> None:
    """In the transaction of the change, whose lock makes two admins who demote each other wait."""
    admins = User.objects.select_for_update().filter(Q(role=Role.ADMIN) | Q(is_superuser=True), is_active=True)
    if not list(admins.order_by("pk").values_list("pk", flat=True)):
        raise LastAdmin


def _looks_taken(user: User) -> bool:
    """Nobody tells “maria” from “Maria” on the wall or in the audit."""
    return User.objects.exclude(pk=user.pk).filter(username__iexact=user.username).exists()


def _taken(user: User) -> str:
    others = User.objects.exclude(pk=user.pk)
    return "username" if others.filter(username=user.username).exists() else "agentId"


def _changed(stored: User | None, user: User) -> list[str]:
    """Names of what is different, never the values of secrets."""
    names = {
        "username": "username",
        "first_name": "firstName",
        "last_name": "lastName",
        "email": "email",
        "role": "role",
        "agent_id": "agentId",
        "is_active": "isActive",
        "password": "password",
    }
    return [shown for name, shown in names.items() if stored is None or getattr(stored, name) != getattr(user, name)]


def clean_username(value: str) -> str:
    """Raises `ValidationError`."""
    field = User._meta.get_field("username")
    value = User.normalize_username(value)
    for validator in field.validators:
        validator(value)
    if not value:
        raise ValidationError("Give a name.", "required")
    return value
