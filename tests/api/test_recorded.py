"""Whatever is written, read or exported by REST is on record, under the name of who did it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient

from bots.models import Bot
from calls.models import ApiKey, AuditEntry, RefusedStream, StreamingProfile, Team, User, VendorAccount, Webhook
from calls.services import audit, profiles
from calls.signing import new_secret
from tests.api.conftest import with_key
from tests.conftest import MakeCall

ACCOUNT = {"vendor": "ringcx", "fields": {"clientId": "c", "clientSecret": "s", "jwt": "j"}}


@pytest.fixture
def places(team: Team, profile: StreamingProfile, viewer: User, make_call: MakeCall) -> dict[str, Any]:
    account = VendorAccount.objects.create(vendor="ringover", name="Ours", fields={"apiKey": "k"})
    key, _ = profiles.create_embed_key(profile)
    call = make_call(said=[("agent", 0, 900, "hello")])
    return {
        "account": account.id,
        "bot": Bot.objects.create(name="Echo", kind="echo").id,
        "call": call.id,
        "embed_key": key.id,
        "key": ApiKey.objects.create(name="k", owner=viewer, scope="read", prefix="p", digest="d").id,
        "profile": profile.id,
        "refused": RefusedStream.objects.create(vendor="ringcx", product_type="QUEUE", product_id="77").id,
        "team": team.id,
        "user": viewer.pk,
        "webhook": Webhook.objects.create(url="https://crm.example.com/", events=["alert"], secret=new_secret()).id,
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "action"),
    [
        ("post", "profiles/", {"productType": "QUEUE", "productId": "5"}, "profile.create"),
        ("patch", "profiles/{profile}/", {"name": "Renamed"}, "profile.change"),
        ("delete", "profiles/{profile}/", None, "profile.delete"),
        ("post", "profiles/{profile}/reveal/", None, "profile.reveal"),
        ("post", "profiles/{profile}/embed-keys/", None, "embed-key.create"),
        ("delete", "profiles/{profile}/embed-keys/{embed_key}/", None, "embed-key.revoke"),
        ("delete", "refused-streams/{refused}/", None, "refused-stream.dismiss"),
        ("post", "teams/", {"name": "Night"}, "team.create"),
        ("patch", "teams/{team}/", {"name": "Night"}, "team.change"),
        ("delete", "teams/{team}/", None, "team.delete"),
        ("post", "users/", {"username": "maria"}, "user.create"),
        ("patch", "users/{user}/", {"role": "agent"}, "user.change"),
        ("delete", "users/{user}/", None, "user.delete"),
        ("post", "api-keys/", {"name": "CRM", "scope": "read"}, "api-key.create"),
        ("delete", "api-keys/{key}/", None, "api-key.revoke"),
        ("post", "vendor-accounts/", ACCOUNT, "vendor-account.create"),
        ("patch", "vendor-accounts/{account}/", {"name": "Renamed"}, "vendor-account.change"),
        ("delete", "vendor-accounts/{account}/", None, "vendor-account.delete"),
        ("post", "webhooks/", {"url": "https://example.com/", "events": ["alert"]}, "webhook.create"),
        ("patch", "webhooks/{webhook}/", {"description": "CRM"}, "webhook.update"),
        ("post", "webhooks/{webhook}/rotate/", None, "webhook.rotate"),
        ("delete", "webhooks/{webhook}/", None, "webhook.delete"),
        ("post", "bots/", {"name": "Menu", "kind": "echo"}, "bot.create"),
        ("patch", "bots/{bot}/", {"name": "Renamed"}, "bot.change"),
        ("delete", "bots/{bot}/", None, "bot.delete"),
        ("get", "calls/{call}/", None, "call.read"),
        ("get", "calls/{call}/transcript/", None, "call.read"),
        ("get", "calls/{call}/transcript/?format=srt", None, "transcript.srt"),
        ("get", "search/?q=hello", None, "calls.search"),
        ("get", "calls/?q=hello", None, "calls.search"),
    ],
)
def test_what_is_done_is_on_record(
    as_admin: APIClient, admin: User, places: dict[str, Any], method: str, path: str, body: Any, action: str
) -> None:
    AuditEntry.objects.all().delete()  # of the places
    response = getattr(as_admin, method)(f"/api/v1/{path.format(**places)}", body)
    assert response.status_code in (200, 201, 204), response.content
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.actor_name) == (action, admin, "admin (API key test)")


def test_what_was_changed_is_named_and_never_shown(as_admin: APIClient, profile: StreamingProfile) -> None:
    body = {"secret": "a very long secret", "language": "de-DE", "retentionDays": 30}
    as_admin.patch(f"/api/v1/profiles/{profile.id}/", body)
    entry = AuditEntry.objects.get(action="profile.change")
    assert set(body) <= set(entry.detail["changed"]) and "version" not in entry.detail["changed"]
    assert "a very long secret" not in str(entry.detail) and "de-DE" not in str(entry.detail)


def test_what_fails_is_not_on_record(as_admin: APIClient, profile: StreamingProfile) -> None:
    same = {"productType": "QUEUE", "productId": profile.product_id}
    assert as_admin.post("/api/v1/profiles/", same).status_code == 422
    assert as_admin.patch(f"/api/v1/profiles/{profile.id}/", {"name": "x", "version": 99}).status_code == 409
    assert as_admin.delete(f"/api/v1/api-keys/{profile.id}/").status_code == 404
    assert not AuditEntry.objects.exists()


def test_who_may_not_see_a_call_leaves_no_reading(agent: User, make_call: MakeCall) -> None:
    call = make_call(agent_id="999")
    for path in ("", "transcript/", "recording/"):
        assert with_key(agent, "read").get(f"/api/v1/calls/{call.id}/{path}").status_code == 404
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_write_that_can_t_be_put_on_record_is_not_done(
    profile: StreamingProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**fields: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(audit.AuditEntry.objects, "create", fails)
    with pytest.raises(IntegrityError):
        profiles.delete_profile(profile, by=audit.THE_HUB)
    with pytest.raises(IntegrityError):
        profiles.create_embed_key(profile)
    assert StreamingProfile.objects.filter(id=profile.id).exists() and not profile.embed_keys.exists()
