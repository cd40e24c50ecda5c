"""Who is at the other end of a browser socket, decided before the upgrade.

A session cookie counts only with the hub's own Origin: any page on the web can open a socket here, and the browser
sends the cookie along. An API key in `Authorization` and a paired iFrame's ticket in the query are no ambient
credentials: they need no Origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from calls.models import EmbedPairing, User
from calls.services.access import Access, Identity, read_access
from calls.services.accounts import find_api_key
from calls.services.audit import Requester, requester
from calls.services.embeds import EmbedRefused, PairedGrant, take_ticket
from calls.services.pairings import find_paired


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
    """A person, a program with a person's key, or an iFrame that a person has paired."""

    user: User
    identity: Identity
    access: Access
    by: Requester


def find_viewer(scope: Mapping[str, Any]) -> Viewer:
    """Blocking. Raises `Refused`: 401 without a credential that holds, 403 for a foreign page or a used ticket."""
    headers = Headers(scope)
    authorization = headers.get("authorization", "")
    if authorization:
        kind, _, text = authorization.partition(" ")
        token = text.strip() if kind.lower() == "bearer" else ""
        if pairing := find_paired(token):
            return paired_viewer(pairing)
        key = find_api_key(token)
        if key is None:
            raise Refused(401, "This API key is unknown or was revoked.")
        return _viewer(key.owner, Identity(key.owner_id, key=key.id), requester(key.owner, key))
    ticket = ticket_of(scope)
    if ticket:
        try:
            grant = take_ticket(ticket)
        except EmbedRefused as error:
            raise Refused(403, str(error)) from None
        if not isinstance(grant, PairedGrant) or grant.vendor_call_id:
            raise Refused(403, "This ticket is for /ws/embed/.")
        return paired_viewer(grant.pairing)
    if not is_own_origin(headers):
        raise Refused(403, "Sockets with a session cookie are for this site's own pages.")
    session_key = _session_key(headers.get("cookie", ""))
    user = _session_user(session_key) if session_key else None
    if user is None:
        raise Refused(401, "Sign in, or send an API key.")
    return _viewer(user, Identity(user.pk, session_key, user.get_session_auth_hash()), requester(user))


def paired_viewer(pairing: EmbedPairing) -> Viewer:
    """Raises `Refused` where the pairing does not count any more."""
    if pairing.user is None:
        raise Refused(403, "This iFrame is not paired.")
    return _viewer(
        pairing.user, Identity(pairing.user_id, pairing=pairing.id), requester(pairing.user, pairing=pairing)
    )


def _viewer(user: User, identity: Identity, by: Requester) -> Viewer:
    access = read_access([identity]).get(identity)
    if access is None:  # it was ended at this moment
        raise Refused(401, "Sign in, or send an API key.")
    return Viewer(user, identity, access, by)


def ticket_of(scope: Mapping[str, Any]) -> str:
    return parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0]


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


def _session_key(cookies: str) -> str:
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value


def _session_user(session_key: str) -> User | None:
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = auth.get_user(request)
    return user if isinstance(user, User) and user.is_active else None
