"""Profiles of vendors that have no products: their forms are built from the vendors' data."""

import html
import re

import pytest

from bots.models import Bot
from calls.models import AuditEntry, StreamingProfile
from calls.pages.simulation import command_for
from calls.services import stream_access
from calls.services.profiles import save_profile
from calls.vendors import VENDORS
from calls.vendors.base import with_defaults

NAMES = list(VENDORS)
PRODUCT_FIELDS = {"product_type", "product_id", "sub_account_id", "main_account_id", "rc_account_id", "streaming_url"}


def typed(vendor, **changes):
    """What a browser sends of an untouched form, and the changes."""
    options = {f"option_{name}": value for name, value in with_defaults(VENDORS[vendor], {}).items()}
    sent = {
        "name": "Desk",
        "enabled": "on",
        "language": "en-US",
        "recognizer": "",
        "record": "on",
        **options,
        **changes,
    }
    return {name: "on" if value is True else value for name, value in sent.items() if value is not False}


@pytest.fixture
def client(browse, admin, settings):
    settings.HUB_PUBLIC_URL = "https://hub.example.com"
    return browse(admin)


def create(client, vendor, **changes):
    response = client.post(f"/profiles/new/{vendor}/", typed(vendor, **changes))
    assert response.status_code in (201, 302), response.context["form"].errors
    return StreamingProfile.objects.latest("created_at")


def test_the_vendor_is_asked_first(client):
    text = html.unescape(client.get("/profiles/new/").content.decode())
    for vendor in VENDORS.values():
        assert f'href="/profiles/new/{vendor.name}/">{vendor.label}</a>' in text
        assert vendor.summary and vendor.summary in text


def test_an_unknown_vendor_is_not_found(client):
    assert client.get("/profiles/new/nobody/").status_code == 404


@pytest.mark.parametrize("vendor", NAMES)
def test_the_form_has_the_vendor_s_options(client, vendor):
    form = client.get(f"/profiles/new/{vendor}/").context["form"]
    shown = {name.removeprefix("option_") for name in form.fields if name.startswith("option_")}
    assert shown == set(VENDORS[vendor].options)
    for field, _ in form.options():
        assert field.label and field.value() == VENDORS[vendor].options[field.name.removeprefix("option_")].default


def test_the_form_has_what_the_vendor_s_profiles_have(client):
    fields = {name: set(client.get(f"/profiles/new/{name}/").context["form"].fields) for name in NAMES}
    assert fields["ringcx"] >= PRODUCT_FIELDS | {"secret_check"}
    assert not fields["ringcx"] & {"slug", "bot", "fallback_number", "default_region"}
    for name in ("ringover", "audiocodes"):
        assert not fields[name] & (PRODUCT_FIELDS | {"secret_check"})
        assert fields[name] >= {"bot", "fallback_number", "default_region", "secret"}
    assert "slug" in fields["audiocodes"] and "slug" not in fields["ringover"]


@pytest.mark.parametrize("vendor", ["ringover", "audiocodes"])
def test_untouched_options_are_the_defaults(client, vendor):
    made = create(client, vendor)
    assert made.options == with_defaults(VENDORS[vendor], {})
    assert all(type(value) is type(VENDORS[vendor].options[name].default) for name, value in made.options.items())


def test_options_that_were_chosen(client):
    made = create(client, "ringover", option_encoding="l16", option_sampleRate="16000", option_channels="2")
    assert (made.options["encoding"], made.options["sampleRate"], made.options["channels"]) == ("l16", 16000, 2)
    made = create(client, "audiocodes", option_resumeSeconds="45", option_bargeIn=False)
    assert (made.options["resumeSeconds"], made.options["bargeIn"]) == (45, False)
    again = client.get(f"/profiles/{made.id}/").context["form"]
    assert (again["option_resumeSeconds"].value(), again["option_bargeIn"].value()) == (45, False)


@pytest.mark.parametrize(
    ("vendor", "field", "value", "says"),
    [
        ("audiocodes", "option_resumeSeconds", "-1", "whole number from 0"),
        ("audiocodes", "option_resumeSeconds", "1.5", "whole number from 0"),
        ("audiocodes", "option_resumeSeconds", "nan", "number"),
        ("audiocodes", "option_resumeSeconds", "", "required"),
        ("ringover", "option_encoding", "mp3", "Select a valid choice"),
        ("audiocodes", "slug", "no slug", "64 letters"),
        ("ringover", "secret", "short", "to have one made"),
        ("ringover", "fallback_number", "(202) 555-0123", "whole phone number"),
        ("ringover", "fallback_number", "sip:a@example.com", "phone number"),
        ("ringover", "default_region", "XX", "two letters"),
        ("ringover", "bot", "01939f9e-0000-7000-8000-000000000000", "Select a valid choice"),
    ],
)
def test_says_at_the_field_what_to_do(client, vendor, field, value, says):
    response = client.post(f"/profiles/new/{vendor}/", typed(vendor, **{field: value}))
    assert response.status_code == 422
    assert says in " ".join(response.context["form"].errors[field])
    assert not StreamingProfile.objects.exists()


def test_who_answers(client):
    bot = Bot.objects.create(name="Reception", kind="menu")
    off = Bot.objects.create(name="Old", kind="menu", enabled=False)
    made = create(client, "ringover", bot=str(bot.id), fallback_number="(202) 555-0123", default_region="us")
    assert (made.bot, made.fallback_number, made.default_region) == (bot, "+12025550123", "US")
    assert "answered by Reception" in client.get("/profiles/").content.decode()
    text = client.get(f"/profiles/{made.id}/").content.decode()
    assert f'<option value="{bot.id}" selected>Reception</option>' in text
    assert f'<option value="{off.id}">Old (off)</option>' in text


class TestToken:
    def test_the_address_is_shown_once(self, client):
        response = client.post("/profiles/new/ringover/", typed("ringover"))
        made = StreamingProfile.objects.get()
        address = f"wss://hub.example.com/ws/ringover/{made.secret}/"
        text = response.content.decode()
        assert response.status_code == 201
        assert f">{address}</code>" in text
        assert f'data-instead="/profiles/{made.id}/"' in text  # a reload makes no second profile
        assert f"simulate ringover --url {address}" in text
        assert not AuditEntry.objects.filter(action="profile.reveal").exists()
        for path in (f"/profiles/{made.id}/", "/profiles/", "/"):
            assert made.secret not in client.get(path).content.decode()
        assert "/ws/ringover/&lt;token&gt;/" in client.get(f"/profiles/{made.id}/").content.decode()

    def test_revealing_is_on_record(self, client, admin):
        made = create(client, "ringover")
        assert client.get(f"/profiles/{made.id}/reveal/").status_code == 405
        response = client.post(f"/profiles/{made.id}/reveal/")
        assert response.status_code == 200 and made.secret in response.content.decode()
        assert "no-store" in response["Cache-Control"]
        entry = AuditEntry.objects.get(action="profile.reveal")
        assert (entry.actor, entry.actor_name) == (admin, "admin")

    def test_only_admins_reveal(self, client, browse, supervisor):
        made = create(client, "ringover")
        response = browse(supervisor).post(f"/profiles/{made.id}/reveal/")
        assert response.status_code == 403 and made.secret not in response.content.decode()
        assert not AuditEntry.objects.filter(action="profile.reveal").exists()

    def test_another_token_of_one_s_own(self, client):
        made = create(client, "ringover")
        client.post(f"/profiles/{made.id}/", typed("ringover", secret="a-token-of-ours", version=1))
        made.refresh_from_db()
        assert made.secret == "a-token-of-ours"
        other = client.post("/profiles/new/ringover/", typed("ringover", secret="a-token-of-ours"))
        assert "Another profile has this token" in other.context["form"].errors["secret"][0]
        assert "a-token-of-ours" not in other.content.decode()

    def test_a_new_token_is_shown_like_the_first(self, client):
        made = create(client, "ringover")
        response = client.post(f"/profiles/{made.id}/", typed("ringover", remove_secret="on", version=1))
        old = made.secret
        made.refresh_from_db()
        assert response.status_code == 201 and made.secret != old
        assert made.secret in response.content.decode()

    def test_keeps_the_token_when_nothing_is_typed(self, client):
        made = create(client, "ringover")
        assert client.post(f"/profiles/{made.id}/", typed("ringover", name="New", version=1)).status_code == 302
        assert StreamingProfile.objects.get().secret == made.secret


class TestSlug:
    def test_an_open_profile_is_warned_of(self, client):
        made = create(client, "audiocodes")
        text = client.get(f"/profiles/{made.id}/").content.decode()
        assert made.slug == "desk"
        assert "This profile has no secret" in text
        assert "wss://hub.example.com/ws/audiocodes/desk/" in text
        assert '<span class="badge warn">Open</span>' in client.get("/profiles/").content.decode()
        client.post(f"/profiles/{made.id}/", typed("audiocodes", secret="bearer of ours", version=1))
        text = client.get(f"/profiles/{made.id}/").content.decode()
        assert "This profile has no secret" not in text and "bearer of ours" not in text
        assert StreamingProfile.objects.get().secret_check == "enforce"

    def test_a_name_in_the_address_stays_until_another_is_typed(self, client):
        made = create(client, "audiocodes", slug="front")
        client.post(f"/profiles/{made.id}/", typed("audiocodes", name="New", slug="", version=1))
        assert StreamingProfile.objects.get().slug == "front"
        client.post(f"/profiles/{made.id}/", typed("audiocodes", slug="back", version=2))
        assert StreamingProfile.objects.get().slug == "back"

    def test_says_who_has_the_name(self, client):
        create(client, "audiocodes", slug="front")
        response = client.post("/profiles/new/audiocodes/", typed("audiocodes", slug="front"))
        assert "It is “Desk”." in response.context["form"].errors["slug"][0]

    def test_the_secret_can_be_revealed(self, client):
        made = create(client, "audiocodes", secret="bearer of ours")
        assert "bearer of ours" in client.post(f"/profiles/{made.id}/reveal/").content.decode()


class TestRefusedStreams:
    def test_strangers_are_counted_by_vendor(self, client):
        for _ in range(2):
            stream_access.note_refused(vendor="ringover", reason="unknown_token")
        text = client.get("/profiles/").content.decode()
        assert "<b>A stream of Ringover</b> was refused 2 times: its token belongs to no profile." in text

    def test_an_unknown_name_is_offered_as_a_profile(self, client):
        stream_access.note_refused(vendor="audiocodes", slug="front-desk", reason="unknown_slug")
        text = client.get("/profiles/").content.decode()
        assert "<b>A stream of AudioCodes to front-desk</b> was refused: no profile has this name" in text
        link = re.search(r'href="(/profiles/new/audiocodes/\?[^"]+)"', text)[1]
        assert client.get(link).context["form"]["slug"].value() == "front-desk"

    def test_a_wrong_secret_leads_to_the_profile(self, client):
        made = create(client, "audiocodes", secret="bearer")
        stream_access.note_refused(vendor="audiocodes", slug=made.slug, profile=made, reason="bad_secret")
        text = client.get("/profiles/").content.decode()
        assert f'href="/profiles/{made.id}/">Look at “Desk”' in text and "/profiles/new/audiocodes/?" not in text


def test_a_shared_address_is_shown_for_products_only(client, profile):
    assert "The hub's address for RingCX" in client.get("/profiles/").content.decode()
    profile.delete()
    create(client, "audiocodes")
    assert "The hub's address for" not in client.get("/profiles/").content.decode()


@pytest.mark.parametrize("vendor", NAMES)
def test_the_page_says_what_to_do_at_the_vendor(client, vendor):
    made = save_profile(StreamingProfile(vendor=vendor, name="Desk", product_id="1" if vendor == "ringcx" else ""))
    text = client.get(f"/profiles/{made.id}/").content.decode()
    assert f"Set up at {VENDORS[vendor].label}" in text
    assert "https://hub.example.com/embed/?callId=" in text
    for other in VENDORS.values():
        assert other.name == vendor or other.name == "ringcx" or other.label not in text
    assert client.post(f"/profiles/{made.id}/embed-keys/").status_code == 201
    assert client.get(f"/profiles/{made.id}/delete/").status_code == 200


@pytest.mark.parametrize(
    ("vendor", "fields", "words"),
    [
        ("ringover", {"secret": "a-token"}, "simulate ringover --url wss://hub.example.com/ws/ringover/TOKEN/"),
        ("audiocodes", {"slug": "a"}, "simulate audiocodes --url wss://hub.example.com/ws/audiocodes/a/"),
        (
            "audiocodes",
            {"slug": "a", "secret": "bearer"},
            "simulate audiocodes --url wss://hub.example.com/ws/audiocodes/a/ --secret SECRET",
        ),
    ],
)
def test_the_simulation_s_command(db, settings, vendor, fields, words):
    settings.HUB_PUBLIC_URL = "https://hub.example.com"
    _, _, command = command_for(StreamingProfile(vendor=vendor, **fields)).partition(" ")
    assert command == f"manage.py {words} --audio calls/samples/caller.wav"
