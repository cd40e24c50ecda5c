"""An authenticator app as second factor."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from calls.models import User

PASSWORD = "right-horse"


@pytest.fixture
def client(viewer: User) -> Client:
    viewer.set_password(PASSWORD)
    viewer.save()
    client = Client()
    sign_in(client)
    return client


def sign_in(client: Client) -> str:
    """Where it leads."""
    return client.post("/login/", {"username": "viewer", "password": PASSWORD, "next": "/calls/"})["Location"]


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def activate(client: Client) -> str:
    """The app's key."""
    page = client.get("/account/2fa/totp/activate/").content.decode()
    [secret] = re.findall(r'value="([A-Z2-7]{32})"', page)
    assert "css/base.css" in page and "<style" not in page and " style=" not in page and "<script>" not in page
    assert client.post("/account/2fa/totp/activate/", {"code": code(secret)}).status_code == 302
    return secret


def test_whoever_signed_in_long_ago_is_asked_for_the_password_once_more(client: Client) -> None:
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    asked = client.get("/account/2fa/totp/activate/")["Location"]
    assert asked.startswith("/account/reauthenticate/")
    assert client.post(asked, {"password": PASSWORD})["Location"] == "/account/2fa/totp/activate/"
    activate(client)


def test_the_app_s_code_is_asked_for(client: Client) -> None:
    secret = activate(client)
    other = Client()
    assert sign_in(other).startswith("/account/2fa/authenticate/")
    assert other.get("/calls/").status_code == 302  # not in yet
    assert b"Incorrect code" in other.post("/account/2fa/authenticate/", {"code": "000000"}).content
    other.get("/account/2fa/authenticate/")
    from allauth.mfa.models import Authenticator

    row = Authenticator.objects.get(user__username="viewer", type="totp")
    assert secret not in str(row.data)  # encrypted


def test_a_recovery_code_lets_in_once(client: Client) -> None:
    activate(client)
    codes = re.findall(r"\b[0-9a-f]{8}\b", client.get("/account/2fa/recovery-codes/").content.decode())
    assert len(codes) == 10
    for expected in ("/calls/", None):
        other = Client()
        sign_in(other)
        answer = other.post("/account/2fa/authenticate/", {"code": codes[0]})
        assert answer.get("Location") == expected


def test_without_one_the_password_is_enough(client: Client) -> None:
    assert sign_in(Client()) == "/calls/"


@pytest.mark.parametrize("path", ["/account/2fa/", "/account/reauthenticate/"])
def test_its_pages_look_as_all_do(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assert "css/base.css" in page and "<style" not in page and " style=" not in page and "<script>" not in page
