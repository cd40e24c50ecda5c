"""Who calls: an API key in the `Authorization` header, or a browser's session."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from calls.api.problems import ApiProblem
from calls.models import User
from calls.services.accounts import Caller, right_of, user_and_scope_of_key

__all__ = ["ApiKeyAuthentication", "CookieAuthentication", "bearer_of", "user_and_scope_of_key"]

CHALLENGE = 'Bearer realm="Call Hub"'


def bearer_of(request: Request) -> str | None:
    """The token of `Authorization: Bearer <token>`, or None where there is no such header."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, str] | None:
        """The caller; `request.auth` is what the call may do."""
        token = bearer_of(request)
        if token is None:
            return None
        caller = user_and_scope_of_key(token)
        if caller is None:
            raise AuthenticationFailed("This API key is unknown or was revoked. Ask an admin for a new one.", "bad_key")
        return caller

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class CookieAuthentication(SessionAuthentication):
    """The pages' own log-in; writes need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        found = super().authenticate(request)
        return Caller(found[0], right_of(found[0])) if found else None

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise ApiProblem(
                403,
                "csrf_failed",
                "Send the value of the cookie hub_csrf in the header X-CSRFToken, or use an API key.",
            ) from None
