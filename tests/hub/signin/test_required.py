"""Roles that must have a second factor see nothing but its set-up until they have one."""

from __future__ import annotations

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client

from calls.models import User
from hub.asgi import HubApplication
from hub.signin.required import RequiredSecondFactorSockets
from tests.api.conftest import with_key
from tests.hub.signin.test_second_factor import PASSWORD, activate, sign_in

SET_UP = "/account/2fa/totp/activate/"


@pytest.fixture
def person(viewer: User) -> User:
    viewer.set_password(PASSWORD)
    viewer.save()
    return viewer


@pytest.fixture
def client(person: User) -> Client:
    client = Client()
    sign_in(client)
    return client


def test_nobody_needs_one_by_default(client: Client) -> None:
    assert client.get("/calls/").status_code == 200


def test_pages_lead_to_the_set_up_until_it_is_done(client: Client, settings: Any) -> None:
    settings.HUB_REQUIRE_2FA_ROLES = {"viewer"}
    for path in ("/", "/calls/", "/me/", "/nowhere/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, SET_UP)
    assert "Your role needs a second factor" in client.get(SET_UP).content.decode()
    activate(client)
    assert client.get("/calls/").status_code == 200
    assert "Your role needs" not in client.get("/account/2fa/").content.decode()


def test_out_and_language_stay_open(client: Client, settings: Any) -> None:
    settings.HUB_REQUIRE_2FA_ROLES = {"viewer"}
    assert client.post("/language/setlang/", {"language": "fr", "next": "/"})["Location"] == "/"
    assert client.get("/words/en.js").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"


def test_other_roles_are_left_alone(client: Client, settings: Any) -> None:
    settings.HUB_REQUIRE_2FA_ROLES = {"admin", "supervisor"}
    assert client.get("/calls/").status_code == 200


def test_a_superuser_is_an_admin(client: Client, person: User, settings: Any) -> None:
    settings.HUB_REQUIRE_2FA_ROLES = {"admin"}
    person.is_superuser = True
    person.save()
    assert client.get("/calls/")["Location"] == SET_UP


def test_the_api_is_closed_to_the_session_and_open_to_a_key(client: Client, person: User, settings: Any) -> None:
    settings.HUB_REQUIRE_2FA_ROLES = {"viewer"}
    answer = client.get("/api/v1/calls/")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    assert with_key(person, "read").get("/api/v1/calls/").status_code == 200
    # A made-up key beside the session opens neither the API nor a page.
    assert client.get("/api/v1/calls/", headers={"Authorization": "Bearer x"}).status_code == 401
    assert client.get("/calls/", headers={"Authorization": "Bearer x"})["Location"] == SET_UP


def test_who_came_by_single_sign_on_was_asked_there(client: Client, settings: Any) -> None:
    settings.HUB_REQUIRE_2FA_ROLES = {"viewer"}
    session = client.session
    for record in session["account_authentication_methods"]:
        record["method"] = "socialaccount"
    session.save()
    assert client.get("/calls/").status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_sockets(client: Client, settings: Any) -> None:
    async def reached(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})

    async def answer(*headers: tuple[bytes, bytes]) -> str:
        socket = WebsocketCommunicator(RequiredSecondFactorSockets(reached), "/ws/dashboard/", headers=list(headers))
        socket.scope["extensions"] = {"websocket.http.response": {}}
        await socket.send_input({"type": "websocket.connect"})
        message = await socket.receive_output(5)
        return str(message.get("status", "open"))

    cookie = (b"cookie", f"hub_session={client.cookies['hub_session'].value}".encode())
    assert await answer(cookie) == "open"
    settings.HUB_REQUIRE_2FA_ROLES = {"viewer"}
    assert await answer(cookie) == "403"
    assert await answer() == "open"
    assert await answer(cookie, (b"authorization", b"Bearer key")) == "open"  # read as a key's, never as the session's


def test_the_application_asks() -> None:
    router = HubApplication("web").router
    assert isinstance(router.application_mapping["websocket"], RequiredSecondFactorSockets)
