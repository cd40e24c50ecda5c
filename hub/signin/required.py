"""Roles that must have a second factor (`HUB_REQUIRE_2FA_ROLES`): until they have one, they see the page that sets it up.

API keys are programs' and stay as they are. Whoever came by single sign-on was asked by the identity provider.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.http.cookie import parse_cookie
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from calls.api.authentication import bearer_of
from calls.api.problems import problem_response
from calls.consumers.viewer import Headers
from calls.models import User

# What leads there and out again, and what knows no person.
OPEN = ("/account/", "/login/", "/logout/", "/language/", "/words/", "/livez", "/health", "/readyz", "/metrics")


def lacks_second_factor(request: HttpRequest, user: Any) -> bool:
    if not isinstance(user, User) or not settings.HUB_REQUIRE_2FA_ROLES:
        return False
    role = "admin" if user.is_admin else user.role
    if role not in settings.HUB_REQUIRE_2FA_ROLES or is_mfa_enabled(user):
        return False
    return all(record.get("method") != "socialaccount" for record in get_authentication_records(request, user))


class RequiredSecondFactorMiddleware:
    """Pages lead to the set-up; the API, asked with a session, answers 403 `second_factor_required`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        lacks: Any = SimpleLazyObject(lambda: lacks_second_factor(request, request.user))
        request.lacks_second_factor = lacks  # type: ignore[attr-defined]
        is_api = request.path.startswith("/api/")
        if request.path.startswith(OPEN) or (is_api and bearer_of(request) is not None) or not lacks:
            return self.get_response(request)
        if is_api:
            text = "Your role needs a second factor: set it up at /account/2fa/totp/activate/ first."
            return problem_response(403, "second_factor_required", text)
        return redirect("mfa_activate_totp")


class RequiredSecondFactorSockets:
    """The same for the sockets that pages open: 403."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Callable[..., Awaitable[None]]) -> None:
        if settings.HUB_REQUIRE_2FA_ROLES and await self.is_refused(Headers(scope)):
            await receive()
            if "websocket.http.response" in scope.get("extensions", {}):
                await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
                await send({"type": "websocket.http.response.body", "body": b"Set up your second factor first."})
            else:
                await send({"type": "websocket.close"})
            return
        await self.application(scope, receive, send)

    async def is_refused(self, headers: Mapping[str, str]) -> bool:
        session = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
        if not session or "authorization" in headers:  # an API key's
            return False
        return await database_sync_to_async(is_session_without)(session)


def is_session_without(key: str) -> bool:
    request = HttpRequest()
    request.session = SessionStore(key)
    return lacks_second_factor(request, auth.get_user(request))
