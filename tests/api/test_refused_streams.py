"""Refused streams, by REST: what an admin can make a profile of."""

from __future__ import annotations

from rest_framework.test import APIClient

from calls.events import CallInfo
from calls.models import RefusedStream, StreamingProfile
from calls.services import stream_access

PROFILES = "/api/v1/profiles/"


def test_refused_streams(as_admin: APIClient) -> None:
    info = CallInfo(product_type="QUEUE", product_id="4321")
    for _ in range(3):
        stream_access.note_refused(vendor="ringcx", info=info, reason="unknown_product")
    page = as_admin.get("/api/v1/refused-streams/").json()
    assert page["next"] is None
    (row,) = page["results"]
    assert list(row) == [
        "id", "vendor", "productType", "productId", "subAccountId", "slug", "profile", "reason", "count", "firstAt", "lastAt",
    ]  # fmt: skip
    assert (row["productId"], row["subAccountId"], row["reason"], row["count"]) == ("4321", None, "unknown_product", 3)
    assert as_admin.post(PROFILES, {"productType": "QUEUE", "productId": 4321}).status_code == 201
    assert not RefusedStream.objects.exists()


def test_a_refused_stream_is_forgotten_once_a_profile_takes_it(as_admin: APIClient) -> None:
    for slug in ("desk", "other"):
        RefusedStream.objects.create(vendor="audiocodes", slug=slug, reason="unknown_slug")
    as_admin.post(PROFILES, {"vendor": "audiocodes", "slug": "desk"})
    rows = as_admin.get("/api/v1/refused-streams/").json()["results"]
    assert [row["slug"] for row in rows] == ["other"]


def test_deleting_a_profile_forgets_whom_it_refused(as_admin: APIClient, profile: StreamingProfile) -> None:
    RefusedStream.objects.create(vendor="ringcx", product_id="1234", profile=profile, reason="bad_secret")
    assert as_admin.delete(f"{PROFILES}{profile.id}/").status_code == 204
    assert not RefusedStream.objects.exists()


def test_a_refused_stream_can_be_dismissed(as_admin: APIClient, as_viewer: APIClient) -> None:
    row = RefusedStream.objects.create(vendor="ringcx", product_id="1", reason="unknown_product")
    address = f"/api/v1/refused-streams/{row.pk}/"
    assert as_viewer.delete(address).status_code == 403
    assert as_admin.delete(address).status_code == 204
    assert as_admin.delete(address).status_code == 404
    assert not RefusedStream.objects.exists()
