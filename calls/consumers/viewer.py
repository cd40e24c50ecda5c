"""Who is at the other end of a browser socket, decided before the upgrade.

A session cookie counts only with the hub's own Origin: any page on the web can open a socket here, and the browser
sends the cookie along. An API key in `Authorization` is no ambient credential: it needs no Origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from calls.models import User
from calls.services.accounts import user_and_scope_of_key


class Refused(Exception):
    """The socket is not opened; `status` is the answer to the upgrade."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Headers(dict[str, str]):
    """The upgrade's headers by lower-case name; of a repeated one the last."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        super().__init__((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])


class Viewer(NamedTuple):
    """A person, or a program with a person's key. `credential` is what to look at again while the socket is open."""

    user: User
    headers: Headers


def find_viewer(headers: Headers) -> Viewer:
    """Blocking. Raises `Refused`: 401 without a credential that holds, 403 for a foreign page."""
    authorization = headers.get("authorization", "")
    if authorization:
        scheme, _, text = authorization.partition(" ")
        caller = user_and_scope_of_key(text.strip()) if scheme.lower() == "bearer" else None
        if caller is None:
            raise Refused(401, "This API key is unknown or was revoked.")
        return Viewer(caller.user, headers)
    if not is_own_origin(headers):
        raise Refused(403, "Sockets with a session cookie are for this site's own pages.")
    user = _session_user(headers.get("cookie", ""))
    if user is None:
        raise Refused(401, "Sign in, or send an API key.")
    return Viewer(user, headers)


def still_allowed(viewer: Viewer) -> bool:
    """Blocking. Whether the session or key that opened the socket still holds."""
    try:
        return find_viewer(viewer.headers).user.pk == viewer.user.pk
    except Refused:
        return False


def is_own_origin(headers: Headers) -> bool:
    """Whether the page that opens the socket is ours: of the public URL, or of the allowed host that was asked."""
    origin = headers.get("origin", "").lower()
    if origin == _origin(settings.HUB_PUBLIC_URL):
        return True
    asked = headers.get("host", "").lower()
    host, _ = split_domain_port(asked)
    return bool(host) and urlsplit(origin).netloc == asked and validate_host(host, settings.ALLOWED_HOSTS)


def _origin(url: str) -> str:
    """As browsers write it: without a default port."""
    parts = urlsplit(url.lower())
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.removesuffix(default) if default else parts.netloc}"


def _session_user(cookies: str) -> User | None:
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if morsel is None or not morsel.value:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    user = auth.get_user(request)
    return user if isinstance(user, User) and user.is_active else None
