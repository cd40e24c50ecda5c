import pytest

from calls.models import StreamingProfile
from calls.services import profiles


def ancestors(response):
    policy = response["Content-Security-Policy"]
    return policy.split("frame-ancestors ")[1].split()


@pytest.mark.parametrize("path", ["/embed/", "/client", "/client/"])
def test_needs_no_session_and_sets_no_cookie(db, client, path):
    response = client.get(f"{path}?callId=1")
    assert response.status_code == 200
    assert not response.cookies
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert "X-Frame-Options" not in response


def test_may_be_framed_by_ringcx_and_whom_profiles_name(db, client, settings):
    settings.HUB_EMBED_ANCESTORS = ["https://ringcx.ringcentral.com"]
    StreamingProfile.objects.create(name="a", product_id="1", frame_ancestors=["https://a.example"])
    StreamingProfile.objects.create(
        name="b", product_id="2", frame_ancestors=["https://b.example", "https://a.example"]
    )
    found = ancestors(client.get("/embed/?callId=1"))
    assert found == ["https://ringcx.ringcentral.com", "https://a.example", "https://b.example"]


def test_a_key_in_the_query_narrows_it_to_its_profile(db, client, settings):
    settings.HUB_EMBED_ANCESTORS = ["https://ringcx.ringcentral.com"]
    StreamingProfile.objects.create(name="a", product_id="1", frame_ancestors=["https://a.example"])
    own = StreamingProfile.objects.create(name="b", product_id="2", frame_ancestors=["https://b.example"])
    default = StreamingProfile.objects.create(name="c", product_id="3")
    for profile, expected in ((own, "https://b.example"), (default, "https://ringcx.ringcentral.com")):
        _, key = profiles.create_embed_key(profile)
        response = client.get("/embed/", {"callId": "1", "key": key})
        assert ancestors(response) == [expected]
        assert key not in response.content.decode()


def test_other_pages_stay_unframed(db, client):
    assert ancestors(client.get("/login/")) == ["'none'"]
