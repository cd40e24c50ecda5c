"""What names a profile in its address, by REST: tokens and slugs, how a secret is revealed, tickets."""

from __future__ import annotations

import logging
import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from calls.models import AuditEntry, StreamingProfile
from calls.models.fields import digest
from calls.services import profiles as service
from calls.services.stream_access import find_profile_of_token, is_ticket_for
from tests.api.conftest import Problem, with_key

PROFILES = "/api/v1/profiles/"


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.HUB_PUBLIC_URL = "https://hub.example.com"


def create(client: APIClient, vendor: str, **fields: Any) -> dict[str, Any]:
    response = client.post(PROFILES, {"vendor": vendor, **fields})
    assert response.status_code == 201, response.content
    made: dict[str, Any] = response.json()
    return made


def stored(made: dict[str, Any]) -> StreamingProfile:
    return StreamingProfile.objects.get(id=made["id"])


# Tokens


def test_a_token_is_made_and_shown_once(as_admin: APIClient) -> None:
    made = create(as_admin, "ringover")
    token = stored(made).secret
    assert len(token) >= 40
    assert made["endpointUrl"] == "wss://hub.example.com/ws/ringover/<token>/"
    assert made["endpointUrlWithSecret"] == f"wss://hub.example.com/ws/ringover/{token}/"
    address = f"{PROFILES}{made['id']}/"
    for answer in (as_admin.get(address), as_admin.get(PROFILES), as_admin.patch(address, {"name": "N"})):
        assert token not in answer.content.decode()
    assert as_admin.get(address).json()["endpointUrlWithSecret"] is None


def test_two_profiles_never_have_one_token(as_admin: APIClient, problem: Problem) -> None:
    first, second = create(as_admin, "ringover"), create(as_admin, "ringover", secret="chosen-token")
    assert stored(first).secret != stored(second).secret
    found = problem(as_admin.post(PROFILES, {"vendor": "ringover", "secret": "chosen-token"}), 422, field="secret")
    assert found["errors"][0]["code"] == "unique" and "chosen-token" not in str(found)
    create(as_admin, "audiocodes", secret="chosen-token")  # names nothing there


def test_another_token_takes_over(as_admin: APIClient) -> None:
    made = create(as_admin, "ringover", secret="first-token")
    address = f"{PROFILES}{made['id']}/"
    now = as_admin.patch(address, {"secret": "second-token"}).json()
    assert now["secretFingerprint"] != made["secretFingerprint"]
    assert stored(made).secret_digest == digest("second-token")
    assert find_profile_of_token(vendor="ringover", tokens=["first-token"]) is None
    assert find_profile_of_token(vendor="ringover", tokens=["x", "second-token"]) == stored(made)


@pytest.mark.parametrize("nothing", ["", None])
def test_taking_a_token_away_makes_another(as_admin: APIClient, nothing: str | None) -> None:
    made = create(as_admin, "ringover", secret="first-token")
    now = as_admin.patch(f"{PROFILES}{made['id']}/", {"secret": nothing}).json()
    assert stored(made).secret not in ("", "first-token")
    assert now["endpointUrlWithSecret"].endswith(f"/{stored(made).secret}/")


@pytest.mark.parametrize(
    "token", ["short", "with space", "with/slash", "with%25", "ünïcode-token", "x" * 201, "a?b=c#d-e"]
)
def test_a_token_fits_into_an_address(as_admin: APIClient, problem: Problem, token: str) -> None:
    found = problem(as_admin.post(PROFILES, {"vendor": "ringover", "secret": token}), 422, field="secret")
    assert token not in str(found)


@pytest.mark.parametrize("check", ["off", "observe"])
def test_a_token_is_always_checked(as_admin: APIClient, problem: Problem, check: str) -> None:
    assert create(as_admin, "ringover")["secretCheck"] == "enforce"
    problem(as_admin.post(PROFILES, {"vendor": "ringover", "secretCheck": check}), 422, field="secretCheck")


# Slugs


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("Sales & Support", ["sales-support", "sales-support-2", "sales-support-3"]),
        ("Café", ["cafe", "cafe-2"]),
        ("予約", ["audiocodes", "audiocodes-2"]),
        ("x" * 100, ["x" * 56, "x" * 56 + "-2"]),
    ],
    ids=["words", "accents", "no letters", "long"],
)
def test_a_slug_is_made_of_the_name(as_admin: APIClient, name: str, slugs: list[str]) -> None:
    assert [create(as_admin, "audiocodes", name=name)["slug"] for _ in slugs] == slugs


def test_the_address_has_the_slug(as_admin: APIClient) -> None:
    made = create(as_admin, "audiocodes", slug="Reception_1")
    assert made["endpointUrl"] == "wss://hub.example.com/ws/audiocodes/Reception_1/"
    assert made["endpointUrlWithSecret"] is None
    now = as_admin.patch(f"{PROFILES}{made['id']}/", {"slug": "front-desk"}).json()
    assert now["endpointUrl"] == "wss://hub.example.com/ws/audiocodes/front-desk/"


@pytest.mark.parametrize("slug", ["with space", "a/b", "ä", "x" * 65, "a.b", "a?b", 5, ["a"]])
def test_a_slug_fits_into_an_address(as_admin: APIClient, problem: Problem, slug: Any) -> None:
    problem(as_admin.post(PROFILES, {"vendor": "audiocodes", "slug": slug}), 422, field="slug")


def test_a_slug_has_one_profile(as_admin: APIClient, problem: Problem) -> None:
    create(as_admin, "audiocodes", slug="desk")
    found = problem(as_admin.post(PROFILES, {"vendor": "audiocodes", "slug": "desk"}), 422, field="slug")
    assert found["errors"][0]["code"] == "unique"
    other = create(as_admin, "audiocodes", slug="other")
    problem(as_admin.patch(f"{PROFILES}{other['id']}/", {"slug": "desk"}), 422, field="slug")
    assert as_admin.get(f"{PROFILES}{other['id']}/").json() == other


@pytest.mark.parametrize("vendor", ["ringcx", "ringover"])
def test_slugs_are_audiocodes_s(as_admin: APIClient, problem: Problem, vendor: str) -> None:
    product = {"productType": "QUEUE", "productId": 1} if vendor == "ringcx" else {}
    problem(as_admin.post(PROFILES, {"vendor": vendor, **product, "slug": "desk"}), 422, field="slug")
    assert create(as_admin, vendor, **product, slug=None)["slug"] is None


def test_without_a_secret_a_slug_is_open_and_says_so(as_admin: APIClient, problem: Problem) -> None:
    made = create(as_admin, "audiocodes")
    assert made["secretCheck"] == "off"
    assert [warning["code"] for warning in made["warnings"]] == ["open"]
    address = f"{PROFILES}{made['id']}/"
    problem(as_admin.patch(address, {"secretCheck": "enforce"}), 422, field="secretCheck")
    now = as_admin.patch(address, {"secret": "bearer of ours"}).json()
    assert (now["secretCheck"], now["warnings"]) == ("enforce", [])
    problem(as_admin.patch(address, {"secretCheck": "observe"}), 422, field="secretCheck")
    assert as_admin.patch(address, {"secret": None}).json()["secretCheck"] == "off"
    assert create(as_admin, "ringover")["warnings"] == []


# Revealing, and tickets


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        ({"vendor": "ringover"}, "wss://hub.example.com/ws/ringover/a-long-secret/"),
        ({"vendor": "audiocodes", "slug": "desk"}, None),
        ({"productType": "QUEUE", "productId": 1}, None),
    ],
    ids=["ringover", "audiocodes", "ringcx"],
)
def test_revealing_is_on_record(
    admin: Any, as_admin: APIClient, body: dict[str, Any], whole: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    made = as_admin.post(PROFILES, {**body, "name": "Desk", "secret": "a-long-secret"}).json()
    answer = as_admin.post(f"{PROFILES}{made['id']}/reveal/")
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    assert answer.json() == {
        "secret": "a-long-secret", "endpointUrl": made["endpointUrl"], "endpointUrlWithSecret": whole,
    }  # fmt: skip
    (entry,) = AuditEntry.objects.filter(action="profile.reveal")
    assert (entry.actor, entry.actor_name, entry.subject) == (admin, "admin (API key test)", "Desk")
    assert entry.detail == {"profile": made["id"]}
    assert "a-long-secret" not in caplog.text


def test_there_may_be_nothing_to_reveal(as_admin: APIClient) -> None:
    made = create(as_admin, "audiocodes")
    assert as_admin.post(f"{PROFILES}{made['id']}/reveal/").json()["secret"] is None


def test_no_record_no_secret(as_admin: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(as_admin, "ringover", secret="a-long-secret")

    def fail(**_: Any) -> None:
        raise OSError("the audit can't be written")

    monkeypatch.setattr(service.audit, "record", fail)
    answer = as_admin.post(f"{PROFILES}{made['id']}/reveal/")
    assert answer.status_code == 500 and "a-long-secret" not in answer.content.decode()


def test_a_test_ticket_is_on_record(as_admin: APIClient, problem: Problem) -> None:
    made = create(as_admin, "audiocodes", secret="a-long-secret")
    answer = as_admin.post(f"{PROFILES}{made['id']}/test-ticket/")
    assert answer.status_code == 201 and set(answer.json()) == {"ticket", "expiresAt"}
    assert is_ticket_for(stored(made), answer.json()["ticket"])
    assert AuditEntry.objects.filter(action="profile.test_ticket").count() == 1
    other = create(as_admin, "ringover")
    problem(as_admin.post(f"{PROFILES}{other['id']}/test-ticket/"), 409, "unsupported")


@pytest.mark.parametrize("action", ["reveal", "test-ticket"])
def test_only_admins_with_their_whole_right(
    admin: Any, supervisor: Any, viewer: Any, nobody: APIClient, as_admin: APIClient, problem: Problem, action: str
) -> None:
    address = f"{PROFILES}{create(as_admin, 'audiocodes', secret='a-long-secret')['id']}/{action}/"
    for client in (with_key(admin, "read"), with_key(admin, "control"), with_key(supervisor), with_key(viewer)):
        problem(client.post(address), 403)
    problem(nobody.post(address), 401)
    problem(as_admin.get(address), 405)
    problem(as_admin.post(f"{PROFILES}{uuid.uuid4()}/{action}/"), 404)
    assert not AuditEntry.objects.exclude(action="profile.create").exists()
