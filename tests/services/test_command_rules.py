"""What a command's parameters may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from calls.capabilities import with_parameters
from calls.services.command_rules import clean_command, clean_target
from calls.vendors import VENDORS
from tests.acme import INFO


def clean(type: str, options: Mapping[str, object] | None = None, region: str = "US", **params: Any) -> dict[str, Any]:
    capability = with_parameters(type, INFO.capabilities[type])
    return clean_command(type, params, vendor=INFO, capability=capability, options=options or {}, region=region)


def errors(type: str, **params: Any) -> dict[str, list[str]]:
    """The codes by field."""
    with pytest.raises(ValidationError) as caught:
        clean(type, **params)
    return {field: [error.code for error in found] for field, found in caught.value.error_dict.items()}


@pytest.mark.parametrize(
    "given",
    [
        "+12025550123", "+1 202-555-0123", "0012025550123", "00 1 202 555 0123", "(202) 555-0123", "202.555.0123",
        "1-202-555-0123", "tel:+12025550123", "TEL:+1-202-555-0123", "tel:2025550123", " +12025550123 ",
        "+1 202–555–0123", "+1 202\u00a0555\u20110123", "+１２０２５５５０１２３", "+1 (202) 555 0123",
    ],
)  # fmt: skip
def test_a_number_is_stored_as_e164(given: str) -> None:
    assert clean_target(given, region="US") == "+12025550123"
    assert clean("transfer", target=given) == {"target": "+12025550123"}


@pytest.mark.parametrize("given", ["+1 202-555-0123", "0012025550123", "tel:+12025550123"])
@pytest.mark.parametrize("region", ["", "XX", "gb"])
def test_an_international_number_needs_no_region(given: str, region: str) -> None:
    assert clean_target(given, region=region) == "+12025550123"


@pytest.mark.parametrize("given", ["(202) 555-0123", "12025550123", "2025550123"])
@pytest.mark.parametrize("region", ["", "XX"])
def test_a_national_one_does(given: str, region: str) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_target(given, region=region)
    assert caught.value.message == "Give a whole phone number such as +12025550123."


def test_the_region_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        clean_target("12", region="us", sip=True)
    assert caught.value.message == (
        "Give a whole phone number such as +12025550123, or as it is dialled in US, or a SIP address such as "
        "sip:support@example.com."
    )


@pytest.mark.parametrize(
    ("given", "region", "stored"),
    [
        ("020 7946 0018", "GB", "+442079460018"),
        ("+44 (0)20 7946 0018", "", "+442079460018"),
        ("06 12 34 56 78", "fr", "+33612345678"),
        ("06 1234567", "IT", "+39061234567"),  # Italian numbers keep their zero
        ("011 44 20 7946 0018", "US", "+442079460018"),
    ],
)
def test_numbers_of_other_countries(given: str, region: str, stored: str) -> None:
    assert clean_target(given, region=region) == stored


BAD_TARGETS = [
    "abc", "", " ", "javascript:alert(1)", "1" * 30, "+" + "1" * 30, "+", "00", "tel:", "+1 202", "555-0123", "911",
    "+12025550123 ext. 5", "+12025550123x5", "tel:+12025550123;ext=5", "+12025550123,,1", "1-800-FLOWERS",
    "+1202555012a", "+49 30 1234/567", "+999123456789", "+1+2025550123", "+12025550123\x00", "٠٠١٢", "-", "()",
    "sip:", "sip:host", "sip:a b@host", "sip:user@", "sip:user@ho st", "sip:user@host>", "sips:user@host\r\nTo: x",
    "sip:user@-host", "http://example.com", "mailto:a@b.c", "sip:user@host:999999",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(BAD_TARGETS)))
def test_what_no_call_can_go_to(number: int) -> None:
    code = "required" if not BAD_TARGETS[number].strip() else "invalid"
    assert errors("transfer", target=BAD_TARGETS[number]) == {"target": [code]}


@pytest.mark.parametrize("value", [None, 12025550123, ["+12025550123"], {"a": 1}, True, 0])
def test_a_target_is_a_string(value: Any) -> None:
    assert list(errors("transfer", target=value)) == ["target"]
    assert errors("transfer") == {"target": ["required"]}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("sip:user@host", "sip:user@host"),
        ("SIPS:Support.Team+1@example.com:5061;transport=tls", "sips:Support.Team+1@example.com:5061;transport=tls"),
        ("sip:+12025550123@[2001:db8::1]", "sip:+12025550123@[2001:db8::1]"),
    ],
)
def test_a_sip_address_where_the_vendor_takes_them(given: str, stored: str) -> None:
    assert clean_target(given, sip=True) == stored
    with pytest.raises(ValidationError, match="Give a phone number"):
        clean_target(given, region="US")


def test_digits_are_kept_as_they_are() -> None:
    assert clean("digits", digits="012*#") == {"digits": "012*#"}


@pytest.mark.parametrize(
    ("digits", "code"),
    [
        ("123456", "max_length"), ("12 3", "invalid"), ("A", "invalid"), ("1-2", "invalid"), ("", "required"),
        (12, "invalid"), ("١", "invalid"), ("1\n2", "invalid"),
    ],
)  # fmt: skip
def test_what_is_no_digits(digits: Any, code: str) -> None:
    assert errors("digits", digits=digits) == {"digits": [code]}


def test_a_vendor_has_the_last_word() -> None:
    assert errors("digits", digits="666") == {"digits": ["invalid"]}
    assert clean("digits", {"evil": True}, digits="666") == {"digits": "666"}


def test_text() -> None:
    assert clean("say", text=" Hello,\n\tworld — ça va? 👋 ") == {"text": "Hello,\n\tworld — ça va? 👋"}
    assert clean("say", text="x" * 1000) == {"text": "x" * 1000}
    assert errors("say", text="x" * 1001) == {"text": ["max_length"]}
    assert errors("say", text="a\x00b") == errors("say", text="\x1b[0m") == {"text": ["invalid"]}
    assert errors("say", text="\ud800") == {"text": ["invalid"]}


@pytest.mark.parametrize(
    "url",
    ["https://example.com/a.wav", "http://10.0.0.1:8080/x%20y?a=b&c=%C3%A9", "HTTPS://example.com", "http://[::1]/a"],
)
def test_urls(url: str) -> None:
    assert clean("play", url=url) == {"url": url}


@pytest.mark.parametrize(
    "url",
    [
        "example.com/a.wav", "ftp://example.com/a", "file:///etc/passwd", "javascript:alert(1)", "https://", "https:///a",
        "https://user@example.com/", "https://user:pw@example.com/", "https://example.com/a b", "https://exämple.com/",
        "https://example.com:0/", "https://example.com:99999/", "https://example.com:x/", "https://[::1/",
        "https://example.com\\@evil.com/", "https://example.com/\x00", "data:audio/wav;base64,AAAA", "//example.com/a",
        "https://" + "a" * 1000,
    ],
)  # fmt: skip
def test_what_is_no_url_to_play(url: str) -> None:
    assert list(errors("play", url=url)) == ["url"]


def test_choices() -> None:
    assert clean("hold", state="on") == {"state": "on"}
    assert errors("hold", state="On") == {"state": ["invalid_choice"]}


def test_json() -> None:
    data = {"a": [1, 2.5, None, True, "é"]}
    assert clean("note", data=data) == {"data": data}
    assert clean("note", data=False) == {"data": False}
    assert errors("note", data="x" * 39) == {"data": ["max_length"]}
    assert errors("note", data={"a": "\x00"}) == {"data": ["invalid"]}
    assert errors("note", data=["\ud800"]) == {"data": ["invalid"]}
    assert errors("note", data=float("nan")) == errors("note", data=object()) == {"data": ["invalid"]}


def test_what_may_be_absent() -> None:
    assert clean("note") == clean("note", text=None, data="") == {}
    assert clean("break") == clean("hangup") == {}


def test_unknown_parameters_and_all_errors_at_once() -> None:
    assert errors("break", now=True) == {"now": ["unknown"]}
    found = errors("note", text="x" * 21, data="x" * 50, colour="red")
    assert found == {"text": ["max_length"], "data": ["max_length"], "colour": ["unknown"]}


@pytest.mark.parametrize(("name", "takes_sip", "most_digits"), [("audiocodes", True, 20), ("ringover", False, 64)])
def test_the_vendors_that_take_numbers(name: str, takes_sip: bool, most_digits: int) -> None:
    vendor = VENDORS[name]

    def ask(type: str, **params: str) -> object:
        capability = with_parameters(type, vendor.capabilities[type])
        return clean_command(type, params, vendor=vendor, capability=capability, options={}, region="US")

    assert ask("transfer", target="(202) 555-0123") == {"target": "+12025550123"}
    if takes_sip:
        assert ask("transfer", target="sip:user@host") == {"target": "sip:user@host"}
    else:
        with pytest.raises(ValidationError, match="Give a phone number"):
            ask("transfer", target="sip:user@host")
    assert ask("digits", digits="0" * most_digits) == {"digits": "0" * most_digits}
    with pytest.raises(ValidationError, match=f"at most {most_digits}"):
        ask("digits", digits="0" * (most_digits + 1))
