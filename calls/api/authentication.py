"""Who calls: an API key or a paired iFrame's bearer in the `Authorization` header, or a browser's session."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from calls.api.problems import ApiProblem
from calls.models import ApiKey, EmbedPairing, User
from calls.services.accounts import find_api_key, right_in_iframe, right_of, scope_of_key, user_and_scope_of_key
from calls.services.audit import Requester, requester
from calls.services.pairings import PREFIX, find_paired

__all__ = [
    "ApiKeyAuthentication",
    "CookieAuthentication",
    "PairingAuthentication",
    "bearer_of",
    "user_and_scope_of_key",
]

CHALLENGE = 'Bearer realm="Call Hub"'


class Credential(NamedTuple):
    """What a request goes by (`request.auth`), and the most that it may do."""

    scope: str
    key: ApiKey | None = None
    pairing: EmbedPairing | None = None  # neither: a person's own session


def requester_of(request: Request) -> Requester:
    """Who asks, for commands and the audit."""
    credential = cast(Credential, request.auth)
    return requester(cast(User, request.user), credential.key, credential.pairing)


def bearer_of(request: Request | HttpRequest) -> str | None:
    """The token of `Authorization: Bearer <token>`, or None where there is no such header."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        token = bearer_of(request)
        if token is None or token.startswith(PREFIX):
            return None
        key = find_api_key(token)
        if key is None:
            raise AuthenticationFailed("This API key is unknown or was revoked. Ask an admin for a new one.", "bad_key")
        return key.owner, Credential(scope_of_key(key), key)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class PairingAuthentication(BaseAuthentication):
    """The bearer of an iFrame that a person has paired with the own log-in."""

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        token = bearer_of(request)
        if token is None or not token.startswith(PREFIX):
            return None
        pairing = find_paired(token)
        if pairing is None or pairing.user is None:
            raise AuthenticationFailed("This iFrame is not paired, or not any more: pair it again.", "not_paired")
        return pairing.user, Credential(right_in_iframe(pairing.user), pairing=pairing)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class CookieAuthentication(SessionAuthentication):
    """The pages' own log-in; writes need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        found = super().authenticate(request)
        return (found[0], Credential(right_of(found[0]))) if found else None

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise ApiProblem(
                403,
                "csrf_failed",
                "Send the value of the cookie hub_csrf in the header X-CSRFToken, or use an API key.",
            ) from None
