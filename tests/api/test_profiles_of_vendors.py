"""Profiles of vendors that have no products, by REST: their fields, options, and who answers."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from bots.models import Bot
from calls.models import StreamingProfile
from calls.vendors import VENDORS
from calls.vendors.base import with_defaults
from tests.api.conftest import Problem
from tests.conftest import MakeCall

PROFILES = "/api/v1/profiles/"
PRODUCT = ("productType", "productId", "mainAccountId", "subAccountId", "rcAccountId", "streamingUrl")


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.HUB_PUBLIC_URL = "https://hub.example.com"


@pytest.fixture
def bot(db: None) -> Bot:
    return Bot.objects.create(name="Reception", kind="echo")


def create(client: APIClient, vendor: str, **fields: Any) -> dict[str, Any]:
    response = client.post(PROFILES, {"vendor": vendor, **fields})
    assert response.status_code == 201, response.content
    made: dict[str, Any] = response.json()
    return made


def stored(made: dict[str, Any]) -> StreamingProfile:
    return StreamingProfile.objects.get(id=made["id"])


# Any vendor


@pytest.mark.parametrize("vendor", ["ringover", "audiocodes"])
def test_the_vendor_is_enough(as_admin: APIClient, vendor: str) -> None:
    made = create(as_admin, vendor)
    assert made["name"] == VENDORS[vendor].label
    assert [made[name] for name in PRODUCT] == [None] * len(PRODUCT)
    assert (made["bot"], made["fallbackNumber"], made["defaultRegion"]) == (None, None, None)
    assert made["options"] == with_defaults(VENDORS[vendor], {})
    assert stored(made).options == {}


@pytest.mark.parametrize("vendor", ["ringover", "audiocodes"])
def test_what_was_read_can_be_sent_back(as_admin: APIClient, vendor: str, bot: Bot) -> None:
    made = create(as_admin, vendor, secret="a-long-secret", bot=str(bot.id), fallbackNumber="+12025550123")
    address = f"{PROFILES}{made['id']}/"
    for body in (made, as_admin.get(address).json()):
        before = as_admin.get(address).json()
        now = as_admin.put(address, {**body, "version": before["version"]})
        assert now.status_code == 200, now.content
        changed = {name for name, value in now.json().items() if value != before[name]}
        assert changed == {"version", "updatedAt"}
    assert stored(made).secret == "a-long-secret"


@pytest.mark.parametrize("vendor", ["ringover", "audiocodes"])
def test_a_replacement_keeps_the_address(as_admin: APIClient, vendor: str) -> None:
    made = create(as_admin, vendor, name="First", secret="a-long-secret")
    now = as_admin.put(f"{PROFILES}{made['id']}/", {"name": "Second"}).json()
    assert (now["vendor"], now["name"]) == (vendor, "Second")
    assert (now["endpointUrl"], now["secretFingerprint"]) == (made["endpointUrl"], made["secretFingerprint"])


@pytest.mark.parametrize("name", PRODUCT)
@pytest.mark.parametrize("vendor", ["ringover", "audiocodes"])
def test_products_are_ringcx_s(as_admin: APIClient, problem: Problem, vendor: str, name: str) -> None:
    create(as_admin, vendor, **{name: None})
    create(as_admin, vendor, **{name: ""})
    found = problem(as_admin.post(PROFILES, {"vendor": vendor, name: "QUEUE"}), 422, field=name)
    assert found["errors"][0]["code"] == "not_offered"


@pytest.mark.parametrize("vendor", ["ringcx", "audiocodes"])
def test_a_profile_stays_with_its_vendor(as_admin: APIClient, problem: Problem, vendor: str) -> None:
    made = create(as_admin, "ringover")
    address = f"{PROFILES}{made['id']}/"
    for write in (as_admin.patch, as_admin.put):
        found = problem(write(address, {"vendor": vendor}), 422, field="vendor")
        assert "immutable" in [error["code"] for error in found["errors"]]
    assert as_admin.patch(address, {"vendor": "ringover"}).status_code == 200


WRONG_OPTIONS: list[tuple[str, str, Any]] = [
    ("ringover", "encoding", "mp3"),
    ("ringover", "encoding", None),
    ("ringover", "sampleRate", 44100),
    ("ringover", "sampleRate", "8000"),
    ("ringover", "channels", True),
    ("ringover", "channels", [1]),
    ("ringover", "bargeIn", True),
    ("audiocodes", "bargeIn", "yes"),
    ("audiocodes", "bargeIn", 1),
    ("audiocodes", "resumeSeconds", -1),
    ("audiocodes", "resumeSeconds", 10**9),
    ("audiocodes", "resumeSeconds", 1.5),
    ("audiocodes", "resumeSeconds", True),
    ("audiocodes", "resumeSeconds", "30"),
    ("audiocodes", "resumeSeconds", None),
    ("audiocodes", "encoding", "l16"),
    ("audiocodes", "secretIn", "handshake"),
]


@pytest.mark.parametrize(
    ("vendor", "option", "value"), WRONG_OPTIONS, ids=[f"{v}-{o}-{x!r}" for v, o, x in WRONG_OPTIONS]
)
def test_what_an_option_may_not_be(as_admin: APIClient, problem: Problem, vendor: str, option: str, value: Any) -> None:
    body = {"vendor": vendor, "options": {option: value}}
    problem(as_admin.post(PROFILES, body), 422, "invalid", f"options.{option}")
    assert not StreamingProfile.objects.exists()


def test_options_are_stored_as_given_and_read_whole(as_admin: APIClient) -> None:
    given = {"encoding": "l16", "sampleRate": 16000, "channels": 2}
    made = create(as_admin, "ringover", options=given)
    assert stored(made).options == given
    assert made["options"] == with_defaults(VENDORS["ringover"], given)
    now = as_admin.patch(f"{PROFILES}{made['id']}/", {"options": {"channels": 1}}).json()
    assert now["options"] == with_defaults(VENDORS["ringover"], {"channels": 1})
    made = create(as_admin, "audiocodes", options={"resumeSeconds": 45.0, "bargeIn": False})
    assert (made["options"]["resumeSeconds"], made["options"]["bargeIn"]) == (45, False)


# Who answers


def test_a_bot_answers(as_admin: APIClient, problem: Problem, bot: Bot) -> None:
    made = create(as_admin, "ringover", bot=str(bot.id))
    assert made["bot"] == str(bot.id)
    address = f"{PROFILES}{made['id']}/"
    found = problem(as_admin.patch(address, {"bot": str(uuid.uuid4())}), 422, field="bot")
    assert found["errors"][0]["code"] == "does_not_exist"
    assert as_admin.patch(address, {"name": "Other"}).json()["bot"] == str(bot.id)
    bot.delete()
    assert as_admin.get(address).json()["bot"] is None


def test_no_bot_speaks_where_nothing_can_be_played(as_admin: APIClient, problem: Problem, bot: Bot) -> None:
    body = {"productType": "QUEUE", "productId": 1, "bot": str(bot.id)}
    found = problem(as_admin.post(PROFILES, body), 422, field="bot")
    assert "one-way" in found["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("vendor", "region", "given", "number"),
    [
        ("ringover", None, "+1 202-555-0123", "+12025550123"),
        ("ringover", None, "0012025550123", "+12025550123"),
        ("ringover", "us", "(202) 555-0123", "+12025550123"),
        ("audiocodes", "FR", "01 99 00 01 02", "+33199000102"),
        ("audiocodes", None, "tel:+12025550123", "+12025550123"),
        ("audiocodes", None, "sip:support@example.com", "sip:support@example.com"),
        ("audiocodes", None, "", None),
        ("ringover", None, None, None),
    ],
)
def test_fallback_numbers_are_those_of_a_transfer(
    as_admin: APIClient, vendor: str, region: str | None, given: str | None, number: str | None
) -> None:
    made = create(as_admin, vendor, fallbackNumber=given, defaultRegion=region)
    assert made["fallbackNumber"] == number
    assert made["defaultRegion"] == (region.upper() if region else None)


@pytest.mark.parametrize(
    ("vendor", "given"),
    [
        ("ringover", "sip:support@example.com"),
        ("ringover", "(202) 555-0123"),
        ("audiocodes", "javascript:alert(1)"),
        ("audiocodes", "abc"),
        ("audiocodes", "1" * 30),
        ("audiocodes", 12025550123),
    ],
)
def test_what_no_call_can_be_transferred_to(as_admin: APIClient, problem: Problem, vendor: str, given: Any) -> None:
    problem(as_admin.post(PROFILES, {"vendor": vendor, "fallbackNumber": given}), 422, field="fallbackNumber")


def test_a_national_number_is_read_by_the_stored_region(as_admin: APIClient) -> None:
    made = create(as_admin, "ringover", defaultRegion="US")
    now = as_admin.patch(f"{PROFILES}{made['id']}/", {"fallbackNumber": "202 555 0123"}).json()
    assert now["fallbackNumber"] == "+12025550123"


# What follows from a profile


def test_calls_without_a_product(as_admin: APIClient, make_call: MakeCall) -> None:
    made = stored(create(as_admin, "ringover", name="Desk"))
    call = make_call(profile=made, vendor="ringover", product_type="", product_id="")
    shown = as_admin.get(f"/api/v1/calls/{call.id}/").json()
    assert (shown["vendor"], shown["productType"], shown["productId"]) == ("ringover", None, None)
    assert [row["id"] for row in as_admin.get("/api/v1/calls/", {"vendor": "ringover"}).json()["results"]] == [
        str(call.id)
    ]
    assert as_admin.get("/api/v1/calls/", {"vendor": "audiocodes"}).json()["results"] == []
