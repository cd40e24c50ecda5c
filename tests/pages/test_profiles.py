import json
import re

import pytest

from calls.events import CallInfo
from calls.models import RefusedStream, StreamingProfile
from calls.pages.simulation import command_for
from calls.services import profiles, stream_access

VALID = {
    "name": "Support",
    "enabled": "on",
    "product_type": "QUEUE",
    "product_id": "77",
    "secret_check": "off",
    "language": "en-us",
    "recognizer": "",
    "record": "on",
    "phrases": "cancel my order\n\n  tracking number \n",
    "frame_ancestors": "",
    "option_secretIn": "handshake",
    "option_sequence": "auto",
}


@pytest.fixture
def client(browse, admin):
    return browse(admin)


def post(client, path, **changes):
    return client.post(path, {**VALID, **changes})


def stored():
    return StreamingProfile.objects.get(product_id="77")


class TestCreate:
    def test_stores_what_was_typed(self, client):
        response = post(client, "/profiles/new/ringcx/", main_account_id=" 5 ", option_sequence="shared")
        profile = stored()
        assert response["Location"] == f"/profiles/{profile.id}/"
        assert (profile.name, profile.language, profile.main_account_id) == ("Support", "en-US", "5")
        assert profile.phrases == ["cancel my order", "tracking number"]
        assert profile.options == {"secretIn": "handshake", "sequence": "shared"}
        assert profile.enabled and profile.record

    def test_makes_up_a_name(self, client):
        post(client, "/profiles/new/ringcx/", name="")
        assert stored().name == "Queue 77"

    def test_a_first_secret_is_observed_unless_told_otherwise(self, client):
        post(client, "/profiles/new/ringcx/", secret="s3cret ")
        assert (stored().secret, stored().secret_check) == ("s3cret ", "observe")

    def test_a_first_secret_may_be_enforced_at_once(self, client):
        post(client, "/profiles/new/ringcx/", secret="s3cret", secret_check="enforce")
        assert stored().secret_check == "enforce"

    @pytest.mark.parametrize(
        ("field", "value", "says"),
        [
            ("product_id", "", "Give the id of the queue or campaign"),
            ("product_id", "12 34", "without spaces"),
            ("product_type", "IVR", "Select a valid choice"),
            ("language", "english please", "language tag"),
            ("recognizer", "magic", "Select a valid choice"),
            ("streaming_url", "https://hub.example.com/path", "wss://host"),
            ("frame_ancestors", "https://ok.example\nhttps://bad.example/path", "Line 2:"),
            ("frame_ancestors", "https://a.example; script-src *", "Line 1:"),
            ("phrases", "x" * 101, "at most 100 characters"),
            ("phrases", "\n".join(map(str, range(201))), "at most 200 lines"),
            ("secret_check", "enforce", "There is no secret to enforce"),
            ("name", "x" * 101, "at most 100 characters"),
        ],
    )
    def test_says_at_the_field_what_to_do(self, client, field, value, says):
        response = post(client, "/profiles/new/ringcx/", **{field: value})
        assert response.status_code == 422
        errors = " ".join(response.context["form"].errors[field])
        assert says in errors
        assert not StreamingProfile.objects.exists()

    def test_keeps_what_was_typed_but_never_shows_a_secret(self, client):
        text = post(client, "/profiles/new/ringcx/", secret="hush-hush", language="nonsense language").content.decode()
        assert "nonsense language" in text
        assert "hush-hush" not in text

    def test_refuses_a_product_that_another_takes(self, client, profile):
        response = post(client, "/profiles/new/ringcx/", product_id="1234")
        assert "It is “Sales”." in response.context["form"].errors["product_id"][0]

    def test_the_same_product_of_another_sub_account_is_another(self, client, profile):
        assert post(client, "/profiles/new/ringcx/", product_id="1234", sub_account_id="8").status_code == 302


class TestEdit:
    @pytest.fixture
    def path(self, client):
        post(client, "/profiles/new/ringcx/", secret="old-s3cret")
        return f"/profiles/{stored().id}/"

    def test_keeps_the_secret_when_none_is_typed(self, client, path):
        assert post(client, path, name="Renamed", secret_check="observe", version=1).status_code == 302
        assert (stored().name, stored().secret, stored().version) == ("Renamed", "old-s3cret", 2)

    def test_replaces_and_removes_the_secret(self, client, path):
        post(client, path, secret="second", secret_check="observe", version=1)
        assert stored().secret == "second"
        post(client, path, remove_secret="on", secret_check="off", version=2)
        assert stored().secret == ""

    def test_shows_the_fingerprint_never_the_secret(self, client, path):
        text = client.get(path).content.decode()
        assert stored().secret_fingerprint in text
        assert "old-s3cret" not in text

    def test_recommends_to_enforce_a_secret_that_was_seen(self, client, path):
        assert "choose Enforce.</b>" not in client.get(path).content.decode()
        stream_access.check_secret(stored(), ("old-s3cret",))
        assert "choose Enforce.</b>" in client.get(path).content.decode()

    def test_a_secret_that_is_enforced_is_not_removed(self, client, path):
        response = post(client, path, remove_secret="on", secret_check="enforce", version=1)
        assert "no secret to enforce" in response.context["form"].errors["secret_check"][0]
        assert stored().secret == "old-s3cret"

    def test_overwrites_nobody_by_accident(self, client, path):
        assert post(client, path, name="Theirs", secret_check="observe", version=1).status_code == 302
        response = post(client, path, name="Mine", secret_check="observe", version=1)
        assert response.status_code == 409
        text = response.content.decode()
        assert "Somebody else saved" in text and 'value="Mine"' in text
        assert stored().name == "Theirs"
        version = re.search(r'name="version" value="(\d+)"', text)[1]
        assert post(client, path, name="Mine", secret_check="observe", version=version).status_code == 302
        assert stored().name == "Mine"

    def test_options_are_replaced(self, client, path):
        post(client, path, option_sequence="perTrack", version=1)
        assert stored().options == {"secretIn": "handshake", "sequence": "perTrack"}

    def test_a_recogniser_that_was_uninstalled_is_still_shown(self, client, path):
        StreamingProfile.objects.update(recognizer="gone")
        assert "gone (no longer installed)" in client.get(path).content.decode()

    def test_tells_what_to_configure_at_the_vendor(self, client, path, settings):
        settings.HUB_PUBLIC_URL = "https://hub.example.com"
        context = client.get(path).context
        body = json.loads(context["vendor_body"])
        assert body["productId"] == "77" and body["streamingUrl"] == "wss://hub.example.com"
        assert body["secret"] == "…"
        assert context["embed_url"] == "https://hub.example.com/embed/?callId={{model.call.uii}}#key="


class TestEmbedKeys:
    def test_is_shown_once(self, client, profile):
        response = client.post(f"/profiles/{profile.id}/embed-keys/")
        text = response.context["text"]
        assert response.status_code == 201 and text in response.content.decode()
        page = client.get(f"/profiles/{profile.id}/").content.decode()
        assert text not in page and text[:8] in page

    def test_at_most_two(self, client, profile):
        for _ in range(2):
            client.post(f"/profiles/{profile.id}/embed-keys/")
        response = client.post(f"/profiles/{profile.id}/embed-keys/", follow=True)
        assert "revoke one first" in response.content.decode()
        assert profile.embed_keys.count() == 2

    def test_revoking_asks_first(self, client, profile):
        key, _ = profiles.create_embed_key(profile)
        path = f"/profiles/{profile.id}/embed-keys/{key.id}/revoke/"
        assert client.get(path).status_code == 200
        assert profile.embed_keys.exists()
        client.post(path)
        assert not profile.embed_keys.exists()

    def test_a_key_of_another_profile_is_not_found(self, client, profile):
        other = StreamingProfile.objects.create(name="Other", product_id="9")
        key, _ = profiles.create_embed_key(other)
        assert client.post(f"/profiles/{profile.id}/embed-keys/{key.id}/revoke/").status_code == 404
        assert other.embed_keys.exists()


class TestDelete:
    def test_asks_first_and_keeps_the_calls(self, client, make_call, profile):
        call = make_call(state="live")
        path = f"/profiles/{profile.id}/delete/"
        assert "A call of it is live" in client.get(path).content.decode()
        assert StreamingProfile.objects.exists()
        client.post(path)
        assert not StreamingProfile.objects.exists()
        call.refresh_from_db()
        assert call.profile is None


class TestRefusedStreams:
    @pytest.fixture(autouse=True)
    def refused(self, client):
        info = CallInfo(product_type="QUEUE", product_id="1301", sub_account_id="99")
        for _ in range(3):
            stream_access.note_refused(vendor="ringcx", info=info, reason="unknown_product")

    def test_are_offered_as_profiles(self, client):
        text = client.get("/profiles/").content.decode()
        assert "<b>A stream of RingCX for QUEUE 1301 of sub-account 99</b> was refused 3 times" in text
        link = re.search(r'href="(/profiles/new/ringcx/\?[^"]+)"', text)[1].replace("&amp;", "&")
        form = client.get(link).context["form"]
        assert form["product_id"].value() == "1301" and form["sub_account_id"].value() == "99"

    def test_go_away_with_the_profile(self, client):
        post(client, "/profiles/new/ringcx/", product_id="1301", sub_account_id="99")
        assert "Refused streams" not in client.get("/profiles/").content.decode()

    def test_can_be_dismissed(self, client):
        client.post(f"/profiles/refused/{RefusedStream.objects.get().id}/dismiss/")
        assert not RefusedStream.objects.exists()

    def test_a_wrong_secret_leads_to_the_profile_that_refused(self, client, profile):
        info = CallInfo(product_type="QUEUE", product_id="1234", sub_account_id="5")
        stream_access.note_refused(vendor="ringcx", info=info, reason="bad_secret", profile=profile)
        text = client.get("/profiles/").content.decode()
        assert "it carried a wrong secret" in text
        assert f'href="/profiles/{profile.id}/">Look at “Sales”' in text

    def test_nonsense_in_the_link_is_left_out(self, client):
        form = client.get("/profiles/new/ringcx/?product_type=IVR&product_id=" + "9" * 99).context["form"]
        assert form["product_type"].value() == "QUEUE"
        assert len(form["product_id"].value()) == 64


def test_the_simulation_s_command_fits_the_profile(profile, settings):
    settings.HUB_PUBLIC_URL = "https://hub.example.com"
    profile.product_type, profile.sub_account_id, profile.product_id = "CAMPAIGN", "8; rm", "7"
    profile.secret, profile.secret_check = "s", "enforce"
    rest = "--product-type Campaign --product-id 7 --sub-account '8; rm' --secret SECRET"
    _, _, command = command_for(profile).partition(" ")
    assert command == f"manage.py simulate ringcx --url wss://hub.example.com {rest}"


def test_the_simulation_s_command_names_the_python_that_has_what_the_hub_needs(profile, settings, monkeypatch):
    monkeypatch.setattr("sys.executable", f"{settings.BASE_DIR}/.venv/bin/python")
    assert command_for(profile).startswith(".venv/bin/python manage.py simulate ")
    monkeypatch.setattr("sys.executable", "/usr/bin/python3")
    assert command_for(profile).startswith("python manage.py simulate ")
