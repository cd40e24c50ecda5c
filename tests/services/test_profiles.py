"""What a profile is completed with when it is written."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from calls.models import StreamingProfile
from calls.models.fields import digest
from calls.services import profiles
from calls.services.endpoints import endpoint_url, endpoint_url_with_secret, is_open
from calls.services.profiles import Taken, save_profile


def make(vendor: str, **fields: Any) -> StreamingProfile:
    return save_profile(StreamingProfile(**{"vendor": vendor, "name": "Desk", **fields}))


@pytest.mark.parametrize("vendor", ["ringover", "audiocodes"])
def test_what_a_vendor_has_no_use_for_is_left_out(db: None, vendor: str) -> None:
    made = make(vendor, product_type="QUEUE", product_id="1", sub_account_id="2", streaming_url="wss://x")
    assert [getattr(made, name) for name in profiles.PRODUCT_FIELDS] == [""] * len(profiles.PRODUCT_FIELDS)


def test_only_a_token_has_a_digest(db: None) -> None:
    assert make("ringover", secret="a-token").secret_digest == digest("a-token")
    assert make("audiocodes", secret="a-token").secret_digest == ""
    assert make("ringcx", product_id="1", secret="a-token", slug="desk").secret_digest == ""
    assert StreamingProfile.objects.get(vendor="ringcx").slug == ""


def test_the_check_follows_the_secret_where_there_is_no_choice(db: None) -> None:
    assert make("ringover", secret_check="off").secret_check == "enforce"
    desk = make("audiocodes", secret_check="enforce")
    assert (desk.secret_check, is_open(desk)) == ("off", True)
    desk.secret = "bearer"
    assert (save_profile(desk).secret_check, is_open(desk)) == ("enforce", False)
    assert not is_open(make("ringcx", product_id="1"))


def test_where_the_secret_lies_in_the_clear(db: None, settings: Any) -> None:
    """Not in the database: neither as text nor so that a token of full strength could be guessed."""
    made = make("ringover")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM calls_streamingprofile")
        row = str(cursor.fetchall())
    assert made.secret and made.secret not in row and made.secret_digest in row


@pytest.mark.parametrize(
    ("vendor", "public", "url"),
    [
        ("ringcx", "https://hub.example.com", "wss://hub.example.com"),
        ("ringover", "https://hub.example.com:8443", "wss://hub.example.com:8443/ws/ringover/<token>/"),
        ("audiocodes", "http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws/audiocodes/desk/"),
    ],
)
def test_addresses(db: None, settings: Any, vendor: str, public: str, url: str) -> None:
    settings.HUB_PUBLIC_URL = public
    made = make(vendor, secret="a-token", product_id="1" if vendor == "ringcx" else "")
    assert endpoint_url(made) == url
    whole = endpoint_url_with_secret(made)
    assert whole == (url.replace("<token>", "a-token") if "<token>" in url else None)


def test_what_is_taken_is_told_with_whose_it_is(db: None) -> None:
    for vendor, fields, field in (
        ("ringcx", {"product_id": "1"}, "product_id"),
        ("audiocodes", {"slug": "desk"}, "slug"),
        ("ringover", {"secret": "a-token"}, "secret"),
    ):
        first = make(vendor, **fields)
        with pytest.raises(Taken) as caught:
            make(vendor, **fields)
        assert (caught.value.field, caught.value.other) == (field, first)
        save_profile(first)


def test_somebody_may_take_the_slug_meanwhile(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make("audiocodes")
    monkeypatch.setattr(profiles, "free_slug", lambda profile: "desk")
    with pytest.raises(Taken) as caught:
        make("audiocodes")
    assert (caught.value.field, caught.value.other) == ("slug", first)
