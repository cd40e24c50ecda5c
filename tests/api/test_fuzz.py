"""Whatever is sent, the API answers below 500, and every refusal is a problem."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from calls.models import StreamingProfile, VendorAccount
from calls.vendors import VENDORS
from tests.conftest import MakeCall

quick = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

text = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "id", "vendor", "name", "enabled", "productType", "productId", "mainAccountId", "subAccountId", "rcAccountId",
    "streamingUrl", "secret", "secretCheck", "language", "recognizer", "options", "record", "phrases",
    "frameAncestors", "embedKeys", "endpointUrl", "version", "slug", "bot", "fallbackNumber", "defaultRegion",
]  # fmt: skip
good = {
    "vendor": st.sampled_from(list(VENDORS)),
    "productType": st.sampled_from(["queue", "CAMPAIGN", "Manual"]),
    "productId": st.integers(0, 50),
}
bodies = st.dictionaries(st.sampled_from(FIELDS) | text, values, max_size=6).flatmap(
    lambda odd: st.fixed_dictionaries(good).map(lambda usual: {**usual, **odd})
)
FILTERS = [
    "state", "vendor", "profile", "from", "to", "callId", "q", "limit", "cursor", "format", "stream", "script", "call",
    "action", "actor", "track",
]  # fmt: skip


def sound(response: Any) -> None:
    assert response.status_code < 500, response.content
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
        assert set(response.json()) == {"type", "title", "status", "code", "detail", "errors"}


@quick
@given(bodies | values)
def test_profile_bodies(as_admin: APIClient, profile: StreamingProfile, body: Any) -> None:
    data = json.dumps(body).encode()
    kind = {"content_type": "application/json"}
    sound(as_admin.post("/api/v1/profiles/", data, **kind))
    sound(as_admin.put(f"/api/v1/profiles/{profile.id}/", data, **kind))
    sound(as_admin.patch(f"/api/v1/profiles/{profile.id}/", data, **kind))
    sound(as_admin.get("/api/v1/profiles/"))


@quick
@given(values, st.binary(max_size=40))
def test_other_bodies(as_admin: APIClient, profile: StreamingProfile, body: Any, raw: bytes) -> None:
    of_profile = f"profiles/{profile.id}/"
    for path in ("api-keys/", "embed/sessions/", "embed/tickets/", f"{of_profile}embed-keys/", f"{of_profile}reveal/"):
        sound(as_admin.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json"))
        sound(as_admin.post(f"/api/v1/{path}", raw, content_type="application/json"))


@quick
@given(st.dictionaries(st.sampled_from(FILTERS), text, max_size=4))
def test_queries(as_admin: APIClient, make_call: MakeCall, query: dict[str, str]) -> None:
    call = make_call(said=[("agent", 0, 900, "hello")])
    for path in (
        "calls/", f"calls/{call.id}/", f"calls/{call.id}/transcript/", f"calls/{call.id}/recording/", "profiles/",
        "api-keys/", "refused-streams/", f"calls/{call.id}/commands/", "audit/", "search/",
    ):  # fmt: skip
        sound(as_admin.get(f"/api/v1/{path}", query))


@quick
@given(text, text)
def test_paths_and_headers(nobody: APIClient, path: str, header: str) -> None:
    sound(nobody.get("/api/v1/" + path.replace("?", "").replace("#", "")))
    sound(nobody.get("/api/v1/calls/", HTTP_AUTHORIZATION=f"Bearer {header}", HTTP_ACCEPT=header))


@pytest.mark.parametrize("header", ["bytes=0-1", "bytes=" + "-" * 100, "bytes=1-,", "\xff"])
def test_ranges_of_nothing(as_admin: APIClient, header: str, db: None) -> None:
    sound(as_admin.get(f"/api/v1/calls/{uuid.uuid4()}/recording/", HTTP_RANGE=header))


ACCOUNT_FIELDS = ["vendor", "name", "accountId", "fields", "secretsSet", "version"]
credentials = st.dictionaries(
    st.sampled_from(["clientId", "clientSecret", "jwt", "ringcxUrl"]) | text, values, max_size=5
)


@quick
@given(st.dictionaries(st.sampled_from(ACCOUNT_FIELDS) | text, values | credentials, max_size=5), credentials)
def test_vendor_account_bodies(as_admin: APIClient, db: None, odd: Any, fields: Any) -> None:
    account, _ = VendorAccount.objects.get_or_create(vendor="ringcx", account_id="1", defaults={"name": "n"})
    for body in (odd, {"vendor": "ringcx", "fields": fields, **odd}):
        data = json.dumps(body).encode()
        kind = {"content_type": "application/json"}
        sound(as_admin.post("/api/v1/vendor-accounts/", data, **kind))
        sound(as_admin.put(f"/api/v1/vendor-accounts/{account.id}/", data, **kind))
        sound(as_admin.patch(f"/api/v1/vendor-accounts/{account.id}/", data, **kind))
    sound(as_admin.get("/api/v1/vendor-accounts/"))
