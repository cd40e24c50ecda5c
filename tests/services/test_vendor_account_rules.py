"""Where secrets may be sent to, and which account is a call's."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from msgspec.structs import replace

from calls.models import VendorAccount
from calls.services.vendor_account_rules import clean_account_id, clean_address, clean_fields
from calls.services.vendor_accounts import account_for
from calls.vendors import VENDORS
from tests import acme

RINGCX = VENDORS["ringcx"]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("https://ringcx.ringcentral.com", "https://ringcx.ringcentral.com"),
        ("HTTPS://RingCX.RingCentral.com/", "https://ringcx.ringcentral.com"),
        ("https://public-api.example.com/v2", "https://public-api.example.com/v2"),
        ("https://public-api.example.com/V2/", "https://public-api.example.com/V2"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("https://8.8.8.8", "https://8.8.8.8"),
        ("https://[2606:4700::1111]", "https://[2606:4700::1111]"),
    ],
)
@pytest.mark.parametrize("production", [True, False])
def test_addresses(settings: Any, production: bool, text: str, stored: str) -> None:
    settings.PRODUCTION = production
    assert clean_address(text) == stored


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080", "https://127.0.0.1"]
)
def test_this_machine_is_taken_only_where_nobody_else_reaches_the_hub(settings: Any, text: str) -> None:
    settings.PRODUCTION = False
    assert clean_address(text) == text
    settings.PRODUCTION = True
    with pytest.raises(ValidationError, match="Give an https:// address"):
        clean_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://vendor.test",
        "http://10.0.0.1",
        "https://10.0.0.1",
        "https://192.168.1.1",
        "https://169.254.169.254",
        "https://[fd00::1]",
        "https://0.0.0.0",
        "https://me:secret@vendor.test",
        "https://vendor.test?x=1",
        "https://vendor.test#x",
        "https://vendor.test/a/../b?",
        "https://vendor.test:0",
        "https://vendor.test:99999",
        "https://exa mple.com",
        "wss://vendor.test",
        "file:///etc/passwd",
        "vendor.test",
        "https://vendor.test\\@evil.example",
    ],
)
@pytest.mark.parametrize("production", [True, False])
def test_addresses_that_are_refused(settings: Any, production: bool, text: str) -> None:
    settings.PRODUCTION = production
    with pytest.raises(ValidationError) as refused:
        clean_address(text)
    assert text not in str(refused.value)


def test_defaults_stand_for_what_is_empty() -> None:
    given = {"clientId": "c", "clientSecret": "s", "jwt": "j", "ringcxUrl": ""}
    cleaned = clean_fields(RINGCX, given, stored={}, partial=False)
    assert cleaned["ringcxUrl"] == "https://ringcx.ringcentral.com"
    assert cleaned["platformUrl"] == "https://platform.ringcentral.com"


def test_each_field_is_told_what_is_wrong_with_it() -> None:
    with pytest.raises(ValidationError) as refused:
        clean_fields(RINGCX, {"clientId": 5, "ringcxUrl": "http://x", "more": "?"}, stored={}, partial=False)
    assert set(refused.value.message_dict) == {"clientId", "clientSecret", "jwt", "ringcxUrl", "more"}


def test_an_account_id_where_the_vendor_has_but_one_account() -> None:
    one = replace(acme.INFO, account_id_label="")
    assert clean_account_id(one, "") == ""
    with pytest.raises(ValidationError, match="one account for all calls"):
        clean_account_id(one, "5")


def test_whose_credentials_act_on_a_call(db: None) -> None:
    def add(vendor: str, account_id: str) -> VendorAccount:
        return VendorAccount.objects.create(vendor=vendor, name="n", account_id=account_id, fields={"jwt": "j"})

    assert account_for("ringcx", "99") is None
    add("ringcx", "98")
    add("ringover", "")
    assert account_for("ringcx", "99") is None
    anyones = add("ringcx", "")
    assert account_for("ringcx", "99") == account_for("ringcx", "") == anyones
    own = add("ringcx", "99")
    assert account_for("ringcx", "99") == own
    assert account_for("ringcx", "") == anyones
