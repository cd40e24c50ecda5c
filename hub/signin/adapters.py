"""What django-allauth asks us."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext as _

from calls.models import User
from calls.models.accounts import Role
from calls.models.fields import decrypt, encrypt
from calls.services import audit
from calls.services.accounts import announce_change
from hub.signin.roles import role_of

SINGLE_SIGN_ON = audit.Requester("single sign-on")


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # admins make local accounts


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Whoever the identity provider sends gets the role that its claims name, at each log-in anew."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        role = role_of(_claims(sociallogin), settings.HUB_OIDC_ROLE_CLAIM, settings.HUB_OIDC_ROLES)
        user = sociallogin.user
        if role is None and settings.HUB_OIDC_ROLE_CLAIM and not settings.HUB_OIDC_DEFAULT_ROLE:
            raise ImmediateHttpResponse(
                render(request, "socialaccount/no_role.html", {"claim": settings.HUB_OIDC_ROLE_CLAIM}, status=403)
            )
        if not isinstance(user, User):
            return
        if user.pk is None:
            user.role = role or settings.HUB_OIDC_DEFAULT_ROLE or Role.VIEWER
        elif settings.HUB_OIDC_ROLE_CLAIM and user.role != (role or settings.HUB_OIDC_DEFAULT_ROLE):
            user.role = role or settings.HUB_OIDC_DEFAULT_ROLE
            with transaction.atomic():
                user.save(update_fields=["role"])
                detail = {"user": user.pk, "changed": ["role"], "role": user.role}
                audit.record(action="user.change", by=SINGLE_SIGN_ON, subject=user.username, detail=detail)
                announce_change()

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        with transaction.atomic():
            user = super().save_user(request, sociallogin, form)
            detail = {"user": user.pk, "role": user.role}
            audit.record(action="user.create", by=SINGLE_SIGN_ON, subject=user.username, detail=detail)
        return user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        text = _("The sign-in service answered with an error. Try again; if it stays, tell an admin.")
        raise ImmediateHttpResponse(
            render(request, "socialaccount/authentication_error.html", {"text": text, "error": error}, status=502)
        )


class MFAAdapter(DefaultMFAAdapter):
    """Keys of authenticator apps and recovery codes are encrypted at rest, as all secrets are."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return "Call Hub"

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()


def _claims(sociallogin: SocialLogin) -> dict[str, Any]:
    """Of the ID token and of the user information, which counts where they differ."""
    data = sociallogin.account.extra_data
    return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}
