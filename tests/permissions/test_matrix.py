"""Every role at every page, endpoint, socket and command: `table.py` says what they get."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from bots.routing import bot_sockets
from calls import live
from calls.commands import BOT_COMMANDS, COMMANDS
from calls.models import Call
from calls.routing import browser_sockets
from calls.vendors import VENDORS
from tests.permissions.conftest import Credentials
from tests.permissions.table import DOCUMENT, PAGE_KEYS, ROLES, Line, document, expected, lines

HTTP = [line for line in lines() if line.method != "SOCKET"]
SOCKETS = [line for line in lines() if line.method == "SOCKET"]
BY_TICKET = {"ws/embed/"}  # tests/browser/test_embed.py, tests/consumers
# What those get who may ask depends on their own state (no second factor yet, asked for the password anew), or on what
# they bring (a form, a key): they are led on, or told that there is nothing, but never that it is forbidden (only whoever
# has neither password nor second factor can't be asked for it again).
LED_ON = {
    "account/",
    "account/reauthenticate/",
    "account/2fa/authenticate/",
    "account/2fa/reauthenticate/",
    "account/2fa/totp/activate/",
    "account/2fa/totp/deactivate/",
    "account/2fa/recovery-codes/",
    "account/2fa/recovery-codes/generate/",
    "account/2fa/recovery-codes/download/",
    "api/v1/embed/sessions/",
    "language/setlang/",
    "logout/",
}


def plain(route: str) -> str:
    """An address as the table writes it; arguments that are called alike are told apart by what they belong to."""
    text = re.sub(r"<\w+:(\w+)>", r"<\1>", route)
    text = re.sub(r"(api-keys/)<key_id>", r"\1<api_key_id>", text)
    return re.sub(r"(team/accounts/new/)<vendor>", r"\1<account_vendor>", text)


def routes(patterns: Any, prefix: str = "") -> Iterator[tuple[str, set[str]]]:
    """Each address and, where the view tells them, its methods."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from routes(pattern.url_patterns, route)
        elif str(pattern.pattern):
            view = getattr(pattern.callback, "cls", None)
            names = ("get", "post", "put", "patch", "delete") if view else ()
            yield plain(route), {name.upper() for name in names if hasattr(view, name)}
        elif route == "":
            yield "", set()
        elif route != "api/":
            yield plain(route), set()


def test_every_address_has_its_lines() -> None:
    known: dict[str, set[str]] = {}
    for line in HTTP:
        known.setdefault(line.route, set()).add(line.method)
    there: dict[str, set[str]] = {}
    for route, methods in routes(get_resolver().url_patterns):
        there.setdefault(route, set()).update(methods)
    assert set(there) - set(known) == set(), "addresses without a line in tests/permissions/table.py"
    assert set(known) - set(there) == set(), "lines without an address"
    missing = {route: methods - known[route] for route, methods in there.items() if methods - known[route]}
    assert missing == {}, "methods without a line"


def test_every_socket_has_its_line() -> None:
    there = {plain(str(pattern.pattern)) for pattern in [*browser_sockets(), *bot_sockets()]}
    assert there - BY_TICKET == {line.route for line in SOCKETS}


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text() == document(), "run: python -m tests.permissions.table"


def address(line: Line, places: dict[str, Any]) -> str:
    return "/" + re.sub(r"<(\w+)>", lambda found: str(places[found[1]]), line.route)


def wanted(line: Line, role: str) -> str:
    """yes or a status, for a page also `login`."""
    answer = expected(line.rule, role)
    if line.route.startswith("api/") or line.rule in ("open", "machine"):
        return answer
    return "login" if answer == "401" or role in PAGE_KEYS else answer


def answer(line: Line, path: str, headers: dict[str, str]) -> str:
    with transaction.atomic():
        response = Client().generic(line.method, path, b"{}", content_type="application/json", headers=headers)
        transaction.set_rollback(True)
    if response.status_code == 302 and response["Location"].startswith("/login/"):
        return "login"
    if response.status_code == 404 and b'"code":"no_recording"' in response.content:
        return "yes"  # of a call that may be seen
    return str(response.status_code) if response.status_code in (401, 403, 404) else "yes"


@pytest.mark.parametrize("line", HTTP, ids=lambda line: f"{line.method} /{line.route}")
def test_who_gets_what(line: Line, places: dict[str, Any], credentials: Credentials) -> None:
    path = address(line, places)
    roles = [role for role in ROLES if line.runs or wanted(line, role) != "yes"]
    found = {role: answer(line, path, credentials(role)) for role in roles}
    refused = {role: status for role in roles if (status := wanted(line, role)) != "yes"}
    if line.route in LED_ON:
        assert {role: found[role] for role in refused} == refused
        assert "reauthenticate" in line.route or "403" not in found.values()
    else:
        assert found == {role: wanted(line, role) for role in roles}


ALL_COMMANDS = sorted({*COMMANDS, *BOT_COMMANDS, *(name for v in VENDORS.values() for name in v.capabilities)})


@pytest.mark.parametrize("role", ROLES)
def test_who_may_command(role: str, call: Call, credentials: Credentials) -> None:
    headers = credentials(role)
    for command in ALL_COMMANDS:
        with transaction.atomic():
            response = Client().post(
                f"/api/v1/calls/{call.id}/commands/", {"type": command}, "application/json", headers=headers
            )
            transaction.set_rollback(True)
        refused = str(response.status_code) if response.status_code in (401, 403, 404) else "yes"
        assert refused == expected("act", role), command


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("line", SOCKETS, ids=lambda line: line.route)
async def test_who_may_open(line: Line, places: dict[str, Any], credentials: Credentials) -> None:
    live.start()
    found = {}
    for role in ROLES:
        headers = await database_sync_to_async(credentials)(role)
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        pairs += [(b"origin", b"http://testserver"), (b"host", b"testserver")]
        router = URLRouter([*browser_sockets(), *bot_sockets()])
        socket = WebsocketCommunicator(router, address(line, places), headers=pairs)
        socket.scope["extensions"] = {"websocket.http.response": {}}
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(5)
        found[role] = "yes" if answer["type"] == "websocket.accept" else str(answer["status"])
        await socket.disconnect()
    await live.close()
    assert found == {role: expected(line.rule, role) for role in ROLES}
