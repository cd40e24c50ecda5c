"""What django-allauth tells of signing in, put on record."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from allauth.mfa import signals as mfa
from django.dispatch import receiver
from django.http import HttpRequest

from calls.models import User
from calls.services import signins


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@receiver(user_logged_in)
def on_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    method = "single sign-on" if kwargs.get("sociallogin") else "password"
    signins.note_sign_in(user, method=method, address=address_of(request))


@receiver(mfa.authentication_failed)
def on_wrong_code(request: HttpRequest, user: User, **kwargs: Any) -> None:
    signins.note_failure(user.username, reason="second factor", address=address_of(request))


@receiver(mfa.authenticator_added)
def on_added(user: User, authenticator: Any, **kwargs: Any) -> None:
    signins.note_second_factor(user, act="add", kind=authenticator.get_type_display())


@receiver(mfa.authenticator_removed)
def on_removed(user: User, authenticator: Any, **kwargs: Any) -> None:
    signins.note_second_factor(user, act="remove", kind=authenticator.get_type_display())


@receiver(mfa.authenticator_reset)
def on_reset(user: User, authenticator: Any, **kwargs: Any) -> None:
    signins.note_second_factor(user, act="reset", kind=authenticator.get_type_display())
