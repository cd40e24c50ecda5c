"""Streaming profiles by REST."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from calls.models import Call, StreamingProfile, User
from tests.api.conftest import Problem, with_key
from tests.conftest import MakeCall

PROFILES = "/api/v1/profiles/"
SECRET = "s3cr3t-that-never-comes-back"

# As RingCX's own API takes it: ids as numbers or strings.
VENDOR_BODY = {
    "productType": "QUEUE",
    "productId": 4321,
    "subAccountId": "99999999",
    "mainAccountId": 15300002,
    "rcAccountId": "37439510",
    "streamingUrl": "wss://hub.example.com",
    "secret": SECRET,
}
FIELDS = {
    "id", "vendor", "name", "enabled", "productType", "productId", "mainAccountId", "subAccountId", "rcAccountId",
    "streamingUrl", "secretFingerprint", "secretCheck", "secretSeenAt", "secretMissedAt", "language", "recognizer",
    "record", "phrases", "frameAncestors", "options", "embedKeys", "endpointUrl", "version", "createdAt", "updatedAt",
    "slug", "bot", "fallbackNumber", "defaultRegion", "endpointUrlWithSecret", "warnings", "mask", "retentionDays",
}  # fmt: skip


def create(client: APIClient, **fields: Any) -> dict[str, Any]:
    response = client.post(PROFILES, {**VENDOR_BODY, **fields})
    assert response.status_code == 201, response.content
    made: dict[str, Any] = response.json()
    return made


def test_the_vendors_body_is_enough(as_admin: APIClient) -> None:
    made = create(as_admin)
    assert set(made) == FIELDS
    expected = {
        "vendor": "ringcx", "name": "Queue 4321", "enabled": True, "productType": "QUEUE", "productId": "4321",
        "mainAccountId": "15300002", "subAccountId": "99999999", "rcAccountId": "37439510",
        "streamingUrl": "wss://hub.example.com", "secretCheck": "observe", "secretSeenAt": None, "secretMissedAt": None,
        "language": "en-US", "recognizer": None, "record": True, "phrases": [], "frameAncestors": [],
        "options": {"secretIn": "handshake", "sequence": "auto"}, "embedKeys": [], "version": 1, "slug": None, "bot": None,
        "fallbackNumber": None, "defaultRegion": None, "endpointUrlWithSecret": None, "warnings": [],
        "mask": [], "retentionDays": None,
    }  # fmt: skip
    assert {name: made[name] for name in expected} == expected
    assert len(made["secretFingerprint"]) == 8
    assert made["createdAt"].endswith("Z")
    assert as_admin.get(f"{PROFILES}{made['id']}/").json() == made
    assert StreamingProfile.objects.get().secret == SECRET


def test_the_least_that_is_needed(as_admin: APIClient) -> None:
    made = as_admin.post(PROFILES, {"productType": "campaign", "productId": "7"}).json()
    assert (made["productType"], made["name"], made["secretCheck"]) == ("CAMPAIGN", "Campaign 7", "off")
    absent = ("mainAccountId", "subAccountId", "rcAccountId", "streamingUrl", "secretFingerprint", "recognizer")
    assert [made[name] for name in absent] == [None] * len(absent)


@pytest.mark.parametrize(
    ("public", "endpoint"),
    [
        ("https://hub.example.com", "wss://hub.example.com"),
        ("https://hub.example.com:8443", "wss://hub.example.com:8443"),
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000"),
    ],
)
def test_what_to_configure_at_the_vendor(as_admin: APIClient, settings: Any, public: str, endpoint: str) -> None:
    settings.HUB_PUBLIC_URL = public
    assert create(as_admin)["endpointUrl"] == endpoint


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        ("productType", "Manual", "MANUAL"),
        ("productId", " 12 ", "12"),
        ("productId", "abc-1", "abc-1"),
        ("subAccountId", None, None),
        ("subAccountId", "", None),
        ("streamingUrl", "WSS://Hub.Example.com:8443", "wss://hub.example.com:8443"),
        ("streamingUrl", "", None),
        ("streamingUrl", None, None),
        ("name", "  Sales  ", "Sales"),
        ("name", "", "Queue 4321"),
        ("name", None, "Queue 4321"),
        ("enabled", False, False),
        ("record", False, False),
        ("language", "de", "de"),
        ("language", "EN-us", "en-US"),
        ("language", "zh-hans-cn", "zh-Hans-CN"),
        ("recognizer", "off", "off"),
        ("recognizer", "scripted", "scripted"),
        ("recognizer", "", None),
        ("recognizer", None, None),
        ("options", {"secretIn": "message"}, {"secretIn": "message", "sequence": "auto"}),
        ("bot", None, None),
        ("slug", None, None),
        ("fallbackNumber", "+1 202-555-0123", "+12025550123"),
        ("defaultRegion", "us", "US"),
        (
            "options",
            {"sequence": "perTrack", "secretIn": "handshake"},
            {"sequence": "perTrack", "secretIn": "handshake"},
        ),
        ("phrases", ["cancel my order", " refund "], ["cancel my order", "refund"]),
        ("phrases", ["x" * 100] * 200, ["x" * 100] * 200),
        ("frameAncestors", ["https://App.Example.com"], ["https://app.example.com"]),
        (
            "frameAncestors",
            ["http://localhost:5173", "http://localhost"],
            ["http://localhost:5173", "http://localhost"],
        ),
        ("secretCheck", "enforce", "enforce"),
        ("secretCheck", "off", "off"),
    ],
)
def test_what_is_taken(as_admin: APIClient, field: str, given: Any, stored: Any) -> None:
    assert create(as_admin, **{field: given})[field] == stored


WRONG = [
    ("productType", None, "productType"),
    ("productType", "", "productType"),
    ("productType", "IVR", "productType"),
    ("productType", 5, "productType"),
    ("productType", ["QUEUE"], "productType"),
    ("productId", None, "productId"),
    ("productId", "", "productId"),
    ("productId", "  ", "productId"),
    ("productId", True, "productId"),
    ("productId", 1.5, "productId"),
    ("productId", {"id": 1}, "productId"),
    ("productId", "1 2", "productId"),
    ("productId", "1\x00", "productId"),
    ("productId", "x" * 65, "productId"),
    ("productId", 10**70, "productId"),
    ("subAccountId", [], "subAccountId"),
    ("vendor", "acme", "vendor"),
    ("vendor", {}, "vendor"),
    ("vendor", None, "vendor"),
    ("name", "x" * 101, "name"),
    ("name", "a\x00b", "name"),
    ("name", 5, "name"),
    ("enabled", None, "enabled"),
    ("enabled", "perhaps", "enabled"),
    ("record", {}, "record"),
    ("streamingUrl", "wss://hub.example.com/", "streamingUrl"),
    ("streamingUrl", "wss://hub.example.com/path", "streamingUrl"),
    ("streamingUrl", "wss://hub.example.com?x=1", "streamingUrl"),
    ("streamingUrl", "wss://hub.example.com#x", "streamingUrl"),
    ("streamingUrl", "wss://user:pw@hub.example.com", "streamingUrl"),
    ("streamingUrl", "ws://hub.example.com", "streamingUrl"),
    ("streamingUrl", "https://hub.example.com", "streamingUrl"),
    ("streamingUrl", "wss://", "streamingUrl"),
    ("streamingUrl", "wss://hub.example.com:0", "streamingUrl"),
    ("streamingUrl", "wss://hub.example.com:65536", "streamingUrl"),
    ("streamingUrl", "wss://hub.example.com:", "streamingUrl"),
    ("streamingUrl", "wss://hub example.com", "streamingUrl"),
    ("streamingUrl", "wss://-hub.example.com", "streamingUrl"),
    ("streamingUrl", "hub.example.com", "streamingUrl"),
    ("streamingUrl", 5, "streamingUrl"),
    ("secret", 5, "secret"),
    ("secret", "x" * 501, "secret"),
    ("secret", ["x"], "secret"),
    ("secretCheck", "strict", "secretCheck"),
    ("secretCheck", None, "secretCheck"),
    ("language", "english", "language"),
    ("language", "en_US", "language"),
    ("language", "", "language"),
    ("language", None, "language"),
    ("language", "en-US-x-very-long-tag", "language"),
    ("recognizer", "nonsense", "recognizer"),
    ("recognizer", 1, "recognizer"),
    ("options", {"secretIn": "query"}, "options.secretIn"),
    ("options", {"secretIn": ["handshake"]}, "options.secretIn"),
    ("options", {"sequence": None}, "options.sequence"),
    ("options", {"colour": "red"}, "options.colour"),
    ("options", {"": 1}, "options"),
    ("options", None, "options"),
    ("options", [], "options"),
    ("options", "x", "options"),
    ("phrases", ["x"] * 201, "phrases"),
    ("phrases", ["x" * 101], "phrases.0"),
    ("phrases", ["ok", ""], "phrases.1"),
    ("phrases", [None], "phrases.0"),
    ("phrases", [5], "phrases.0"),
    ("phrases", "cancel", "phrases"),
    ("phrases", {"a": 1}, "phrases"),
    ("phrases", None, "phrases"),
    ("frameAncestors", ["http://app.example.com"], "frameAncestors.0"),
    ("frameAncestors", ["https://app.example.com/"], "frameAncestors.0"),
    ("frameAncestors", ["https://a.example.com; script-src *"], "frameAncestors.0"),
    ("frameAncestors", ["https://a.example.com https://b.example.com"], "frameAncestors.0"),
    ("frameAncestors", ["*"], "frameAncestors.0"),
    ("frameAncestors", ["http://localhost.example.com"], "frameAncestors.0"),
    ("frameAncestors", ["https://a.example.com"] * 51, "frameAncestors"),
    ("version", "new", "version"),
    ("embedkeys", [], "embedkeys"),
    ("product_id", "1", "product_id"),
    ("mask", "card", "mask"),
    ("mask", ["card", "phone"], "mask"),
    ("mask", [1], "mask"),
    ("retentionDays", 0, "retentionDays"),
    ("retentionDays", 3651, "retentionDays"),
    ("retentionDays", 1.5, "retentionDays"),
    ("retentionDays", True, "retentionDays"),
    ("retentionDays", "30", "retentionDays"),
    ("slug", "sales", "slug"),
    ("bot", "01939f9e-0000-7000-8000-000000000000", "bot"),
    ("bot", "menu", "bot"),
    ("bot", 5, "bot"),
    ("bot", [], "bot"),
    ("fallbackNumber", "abc", "fallbackNumber"),
    ("fallbackNumber", "(202) 555-0123", "fallbackNumber"),
    ("fallbackNumber", 5, "fallbackNumber"),
    ("fallbackNumber", "9" * 201, "fallbackNumber"),
    ("defaultRegion", "XX", "defaultRegion"),
    ("defaultRegion", "USA", "defaultRegion"),
    ("defaultRegion", 1, "defaultRegion"),
]


@pytest.mark.parametrize(("field", "value", "at"), WRONG)
def test_what_is_refused(as_admin: APIClient, problem: Problem, field: str, value: Any, at: str) -> None:
    found = problem(as_admin.post(PROFILES, {**VENDOR_BODY, field: value}), 422, "invalid", at)
    assert all(len(error["detail"]) > 15 and SECRET not in error["detail"] for error in found["errors"])
    assert not StreamingProfile.objects.exists()


def test_what_must_be_there(as_admin: APIClient, problem: Problem) -> None:
    found = problem(as_admin.post(PROFILES, {}), 422)
    assert [error["field"] for error in found["errors"]] == ["productType", "productId"]


def test_all_that_is_wrong_is_told_at_once(as_admin: APIClient, problem: Problem) -> None:
    found = problem(as_admin.post(PROFILES, {"productType": "X", "options": {"a": 1}, "colour": 1}), 422)
    codes = {error["field"]: error["code"] for error in found["errors"]}
    assert codes == {
        "colour": "unknown", "productType": "invalid_choice", "productId": "required", "options.a": "unknown",
    }  # fmt: skip


def test_scripted_is_for_tests_only(as_admin: APIClient, problem: Problem, settings: Any) -> None:
    settings.PRODUCTION = True
    found = problem(as_admin.post(PROFILES, {**VENDOR_BODY, "recognizer": "scripted"}), 422, field="recognizer")
    assert "pocketsphinx" in found["errors"][0]["detail"] and "scripted" not in found["errors"][0]["detail"]


def test_what_was_read_can_be_sent_back(as_admin: APIClient) -> None:
    made = create(as_admin, options={"secretIn": "message"}, phrases=["refund"], secretCheck="enforce")
    as_admin.post(f"{PROFILES}{made['id']}/embed-keys/")
    before = as_admin.get(f"{PROFILES}{made['id']}/").json()
    response = as_admin.put(f"{PROFILES}{made['id']}/", before)
    assert response.status_code == 200, response.content
    changed = {name for name, value in response.json().items() if value != before[name]}
    assert changed == {"version", "updatedAt"}
    assert StreamingProfile.objects.get().secret == SECRET


def test_replacing_gives_absent_fields_their_defaults(as_admin: APIClient) -> None:
    made = create(as_admin, phrases=["refund"], record=False, name="Sales", secretCheck="enforce")
    body = {"productType": "QUEUE", "productId": 4321}
    now = as_admin.put(f"{PROFILES}{made['id']}/", body).json()
    assert (now["phrases"], now["record"], now["name"], now["subAccountId"]) == ([], True, "Queue 4321", None)
    assert (now["secretFingerprint"], now["secretCheck"]) == (made["secretFingerprint"], "enforce")


def test_patching_changes_only_what_is_given(as_admin: APIClient) -> None:
    made = create(as_admin, phrases=["refund"])
    now = as_admin.patch(f"{PROFILES}{made['id']}/", {"enabled": False}).json()
    assert {name for name in FIELDS if now[name] != made[name]} == {"enabled", "version", "updatedAt"}
    assert now["version"] == 2


def test_a_version_that_is_not_the_stored_one(as_admin: APIClient, problem: Problem) -> None:
    made = create(as_admin)
    address = f"{PROFILES}{made['id']}/"
    assert as_admin.patch(address, {"name": "A", "version": 1}).json()["version"] == 2
    problem(as_admin.patch(address, {"name": "B", "version": 1}), 409, "version_conflict")
    problem(as_admin.put(address, {**VENDOR_BODY, "version": 3}), 409, "version_conflict")
    assert as_admin.get(address).json()["name"] == "A"
    assert create(as_admin, productId=5, version=17)["version"] == 1


@pytest.mark.parametrize("second", [{}, {"productType": "queue"}, {"productId": "4321", "name": "Other"}])
def test_a_product_has_one_profile(as_admin: APIClient, problem: Problem, second: dict[str, Any]) -> None:
    create(as_admin)
    found = problem(as_admin.post(PROFILES, {**VENDOR_BODY, **second}), 422, "invalid", "productId")
    assert found["errors"][0]["code"] == "unique"
    other = create(as_admin, subAccountId="")
    problem(as_admin.patch(f"{PROFILES}{other['id']}/", {"subAccountId": "99999999"}), 422, field="productId")
    assert as_admin.get(f"{PROFILES}{other['id']}/").json() == other


@pytest.mark.parametrize(
    ("stored", "patch", "check", "fingerprint"),
    [
        ({}, {"secret": "new-secret"}, "observe", True),
        ({"secret": None}, {"secret": "new-secret"}, "observe", True),
        ({"secret": ""}, {"secret": "new-secret", "secretCheck": "enforce"}, "enforce", True),
        ({"secretCheck": "enforce"}, {"secret": "new-secret"}, "enforce", True),
        ({"secretCheck": "off"}, {"secret": "new-secret"}, "off", True),
        ({"secretCheck": "enforce"}, {"secret": ""}, "off", False),
        ({"secretCheck": "enforce"}, {"secret": None}, "off", False),
        ({}, {"secret": None, "secretCheck": "observe"}, "observe", False),
    ],
)
def test_the_check_follows_the_secret(
    as_admin: APIClient, stored: dict[str, Any], patch: dict[str, Any], check: str, fingerprint: bool
) -> None:
    made = create(as_admin, **stored)
    response = as_admin.patch(f"{PROFILES}{made['id']}/", patch)
    assert response.status_code == 200, response.content
    now = response.json()
    assert (now["secretCheck"], bool(now["secretFingerprint"])) == (check, fingerprint)
    assert now["secretFingerprint"] != made["secretFingerprint"] or made["secretFingerprint"] is None
    assert StreamingProfile.objects.get().secret == (patch["secret"] or "")


def test_there_must_be_something_to_enforce(as_admin: APIClient, problem: Problem) -> None:
    body = {"productType": "QUEUE", "productId": "1", "secretCheck": "enforce"}
    found = problem(as_admin.post(PROFILES, body), 422, field="secretCheck")
    assert found["errors"][0]["code"] == "no_secret"
    made = create(as_admin, secretCheck="enforce")
    problem(as_admin.patch(f"{PROFILES}{made['id']}/", {"secret": "", "secretCheck": "enforce"}), 422)


def test_a_new_secret_was_not_seen_yet(as_admin: APIClient) -> None:
    made = create(as_admin)
    StreamingProfile.objects.update(secret_seen_at=timezone.now(), secret_missed_at=timezone.now())
    address = f"{PROFILES}{made['id']}/"
    assert as_admin.patch(address, {"name": "New", "secret": SECRET}).json()["secretSeenAt"]
    now = as_admin.patch(address, {"secret": "another"}).json()
    assert (now["secretSeenAt"], now["secretMissedAt"]) == (None, None)


def test_a_secret_is_kept_as_it_is(as_admin: APIClient) -> None:
    create(as_admin, secret=" with spaces, ü and \t ")
    assert StreamingProfile.objects.get().secret == " with spaces, ü and \t "


def test_a_secret_never_comes_back(as_admin: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)  # tests only: SQL isn't logged unless DEBUG
    made = create(as_admin)
    address = f"{PROFILES}{made['id']}/"
    answers = [
        as_admin.get(PROFILES),
        as_admin.get(address),
        as_admin.patch(address, {"secret": SECRET, "name": "N"}),
        as_admin.put(address, {**VENDOR_BODY, "secret": SECRET}),
        as_admin.post(PROFILES, VENDOR_BODY),  # not unique
        as_admin.post(PROFILES, {**VENDOR_BODY, "secret": SECRET * 20}),
        as_admin.post(PROFILES, {**VENDOR_BODY, "secret": [SECRET]}),
        as_admin.post(PROFILES, {**VENDOR_BODY, "secret": {SECRET: SECRET}}),
        as_admin.post(PROFILES, f'{{"secret": "{SECRET}"', content_type="application/json"),
        as_admin.patch(address, {"secretCheck": SECRET}),
        as_admin.patch(address, {"vendor": SECRET, "productType": SECRET, "language": SECRET, "recognizer": SECRET}),
        as_admin.patch(address, {"streamingUrl": f"wss://u:{SECRET}@h", "options": {"secretIn": SECRET}}),
        as_admin.patch(address, {"frameAncestors": [SECRET], "version": SECRET, "enabled": SECRET}),
        as_admin.patch(address, {"version": 99, "secret": SECRET}),
        as_admin.get(address, {"secret": SECRET}),
    ]
    assert {answer.status_code for answer in answers} == {200, 400, 409, 422}
    for answer in answers:
        assert SECRET not in answer.content.decode(), answer.content
    assert SECRET not in caplog.text


def test_deleting_keeps_the_calls(as_admin: APIClient, profile: StreamingProfile, make_call: MakeCall) -> None:
    call = make_call()
    assert as_admin.delete(f"{PROFILES}{profile.id}/").status_code == 204
    found = as_admin.get(f"/api/v1/calls/{call.id}/").json()
    assert (found["profile"], found["profileName"], found["productId"]) == (None, None, "1234")
    assert Call.objects.count() == 1


def test_a_page_of_profiles(as_admin: APIClient, django_assert_num_queries: Any) -> None:
    for number in range(5):
        StreamingProfile.objects.create(name=f"P{number % 3}", product_id=str(number))
    as_admin.get(PROFILES)  # notes the key's use
    with django_assert_num_queries(3):  # key, profiles, embed keys
        page = as_admin.get(PROFILES, {"limit": 2}).json()
    names = [row["name"] for row in page["results"]]
    while page["next"]:
        page = as_admin.get(page["next"]).json()
        names += [row["name"] for row in page["results"]]
    assert names == ["P0", "P0", "P1", "P1", "P2"]


def test_a_reader_with_an_admins_key_sees_no_secret(admin: User, as_admin: APIClient) -> None:
    create(as_admin)
    assert SECRET not in with_key(admin, "read").get(PROFILES).content.decode()
