"""Signing in and looking after profiles, as an admin does it."""

import re

import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from calls.vendors import VENDORS
from tests.browser.conftest import PASSWORD


def test_signs_in_goes_on_and_signs_out(hub, stranger):
    stranger.goto(f"{hub.url}/calls/?q=hello")
    expect(stranger).to_have_title("Sign in · Call Hub")
    stranger.get_by_label("User name").fill("supervisor")
    stranger.get_by_label("Password").fill("guess")
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("alert")).to_contain_text("don't match")
    expect(stranger.get_by_label("User name")).to_have_value("supervisor")
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger).to_have_url(f"{hub.url}/calls/?q=hello")
    expect(stranger.get_by_role("link", name="Profiles")).to_have_count(0)
    stranger.get_by_role("button", name="Sign out").click()
    expect(stranger).to_have_url(f"{hub.url}/login/")


def test_light_and_dark_are_remembered(hub, admin_page):
    admin_page.goto(hub.url)
    admin_page.get_by_role("button", name="Switch to dark colours").click()
    admin_page.goto(f"{hub.url}/calls/")
    expect(admin_page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(admin_page.get_by_role("button", name="Switch to light colours")).to_be_visible()


def test_a_keyboard_reaches_the_content_past_the_navigation(hub, admin_page):
    admin_page.goto(f"{hub.url}/profiles/")
    admin_page.keyboard.press("Tab")
    expect(admin_page.get_by_role("link", name="Skip to the content")).to_be_focused()
    admin_page.keyboard.press("Enter")
    expect(admin_page.locator("#main")).to_be_focused()


@pytest.mark.provokes(422)
def test_creates_mends_edits_and_deletes_a_profile(hub, admin_page):
    page = admin_page
    page.goto(f"{hub.url}/profiles/")
    page.get_by_role("link", name="New profile").click()
    page.get_by_role("link", name="RingCX").click()
    page.get_by_label("Name").fill("Night shift")
    page.get_by_label("Language").fill("english please")
    page.get_by_role("button", name="Create the profile").click()
    expect(page.get_by_role("alert")).to_contain_text("Mend the marked fields")
    product = page.get_by_label("Product id")
    expect(product).to_be_focused()
    expect(product).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Give the id of the queue or campaign")).to_be_visible()
    product.fill("555")
    page.get_by_label("Language").fill("de-de")
    page.get_by_label("Secret (optional)").fill("a secret")
    page.get_by_role("button", name="Create the profile").click()
    expect(page.get_by_role("status").first).to_contain_text("“Night shift” is saved.")
    expect(page.get_by_label("Language")).to_have_value("de-DE")
    expect(page.get_by_label("Check of the secret")).to_have_value("observe")
    expect(page.get_by_text("its fingerprint is")).to_be_visible()
    assert "a secret" not in page.content()
    page.get_by_label("Phrases callers use").fill("cancel my order")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("“Night shift” is deleted.")).to_be_visible()


def test_an_address_with_a_token_is_shown_once(hub, page_of):
    page = page_of("admin", permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{hub.url}/profiles/new/")
    page.get_by_role("link", name="Ringover").click()
    page.get_by_label("Name").fill("Paris")
    page.get_by_role("button", name="Create the profile").click()
    page.get_by_role("button", name="Copy the address").click()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address.startswith(f"{hub.ws_url}/ws/ringover/")
    with connect(address):
        pass
    page.reload()  # leads to the profile, and sends no form again
    expect(page.get_by_role("heading", name="Paris", exact=True)).to_be_visible()
    assert address not in page.content()
    page.get_by_role("button", name="Reveal the whole address").click()
    expect(page.get_by_text(address, exact=True)).to_be_visible()
    page.get_by_role("link", name="Back to the profile").click()
    page.get_by_label("Make a new token").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is saved")).to_be_visible()
    with pytest.raises(InvalidStatus), connect(address):
        pass


@pytest.mark.provokes(422)
def test_a_secret_closes_an_open_profile(hub, admin_page):
    page = admin_page
    page.goto(f"{hub.url}/profiles/new/audiocodes/")
    page.get_by_label("Name (optional)").fill("Front desk")
    page.get_by_role("button", name="Create the profile").click()
    expect(page.get_by_text("This profile has no secret")).to_be_visible()
    address = f"{hub.ws_url}/ws/audiocodes/front-desk/"
    with connect(address):
        pass
    page.get_by_label("Secret").fill("a bearer")
    page.get_by_text("Fine points of AudioCodes streams").click()
    page.get_by_label("Wait for a lost connection").fill("-5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Wait for a lost connection")).to_be_focused()
    page.get_by_label("Wait for a lost connection").fill("60")
    page.get_by_label("Secret").fill("a bearer")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_text("This profile has no secret")).to_have_count(0)
    with pytest.raises(InvalidStatus) as refused, connect(address):
        pass
    assert refused.value.response.status_code == 401
    with connect(address, additional_headers={"Authorization": "Bearer a bearer"}):
        pass


@pytest.mark.provokes(422)
def test_a_wrong_field_among_the_hidden_ones_is_opened(hub, admin_page):
    page = admin_page
    page.goto(f"{hub.url}/profiles/{hub.profile}/")
    page.get_by_text("More: iFrame").click()
    page.get_by_label("Pages that may frame it").fill("https://ok.example\nnot an origin")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Pages that may frame it")).to_be_focused()
    expect(page.get_by_text("Line 2:")).to_be_visible()


def test_unsaved_changes_are_not_lost_by_accident(hub, admin_page):
    asked = []
    admin_page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    admin_page.goto(f"{hub.url}/profiles/{hub.profile}/")
    admin_page.get_by_label("Name").fill("Changed")
    admin_page.get_by_role("link", name="Cancel").click()
    expect(admin_page).to_have_url(f"{hub.url}/profiles/")
    assert asked == ["beforeunload"]
    admin_page.goto(f"{hub.url}/profiles/{hub.profile}/")
    admin_page.get_by_role("link", name="Cancel").click()
    expect(admin_page).to_have_url(f"{hub.url}/profiles/")
    assert asked == ["beforeunload"]


def test_a_refused_stream_shows_up_and_becomes_a_profile(hub, admin_page):
    page = admin_page
    page.goto(f"{hub.url}/profiles/")
    query = "callId=9&productType=Queue&productId=4711&subaccountId=8"
    with pytest.raises(InvalidStatus) as refused, connect(f"{hub.ws_url}/?{query}"):
        pass
    assert refused.value.response.status_code == 403
    expect(page.get_by_text("A stream of RingCX for QUEUE 4711 of sub-account 8")).to_be_visible()
    page.get_by_role("link", name="Create a profile").click()
    expect(page.get_by_label("Product id")).to_have_value("4711")
    page.get_by_role("button", name="Create the profile").click()
    expect(page.get_by_role("heading", name="Queue 4711", exact=True)).to_be_visible()
    page.goto(f"{hub.url}/profiles/")
    expect(page.get_by_text("A stream of RingCX for QUEUE 4711")).to_have_count(0)
    with connect(f"{hub.ws_url}/?{query}"):
        pass


def test_the_address_for_the_vendor_can_be_copied(hub, page_of):
    page = page_of("admin", permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{hub.url}/profiles/{hub.profile}/")
    page.get_by_role("button", name="Copy the hub's address").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == hub.ws_url


def test_an_embed_key_is_shown_once_and_revoked(hub, admin_page):
    page = admin_page
    page.goto(f"{hub.url}/profiles/{hub.profile}/")
    page.get_by_role("button", name="New embed key").click()
    key = page.locator("code", has_text=re.compile(r"^emb_")).inner_text()
    expect(page.get_by_text(f"#key={key}")).to_be_visible()
    page.get_by_role("link", name="Done").click()
    assert key not in page.content()
    page.get_by_role("link", name=f"Revoke {key[:8]}").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("is revoked")).to_be_visible()
    expect(page.get_by_role("link", name=f"Revoke {key[:8]}")).to_have_count(0)


@pytest.mark.provokes(404)
def test_no_page_scrolls_sideways_at_280_pixels(hub, page_of):
    page = page_of("admin", viewport={"width": 280, "height": 600})
    for path in (
        "/",
        "/calls/",
        "/profiles/",
        "/profiles/new/",
        *(f"/profiles/new/{vendor}/" for vendor in VENDORS),
        f"/profiles/{hub.profile}/",
        "/nowhere/",
        f"/profiles/{hub.profile}/delete/",
    ):
        page.goto(hub.url + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 280, path
