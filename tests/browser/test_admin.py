"""An admin checks a profile, tries a recogniser and adds a webhook, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.looks import NARROW, WIDE, look_at, look_at_both
from tests.vendors.ringcx.rest_server import RingCXRest
from tests.webhook_receiver import receiver

SAMPLE = Path(__file__).parents[2] / "calls" / "samples" / "agent.wav"


def test_a_check_ticks_off_its_steps(hub, page_of):
    page = page_of("admin", **NARROW)
    page.goto(f"{hub.url}/profiles/{hub.profile}/")
    panel = page.locator("#check")
    expect(panel.get_by_role("listitem")).to_have_count(0)
    panel.get_by_role("button", name="Check").click()
    expect(panel.get_by_text("The check is under way…")).to_be_visible()
    expect(panel.locator('[data-step="auth"]')).to_have_attribute("data-state", "ok")
    expect(panel.locator('[data-step="recording"]')).to_have_attribute("data-state", "waiting")
    look_at(page, "a check under way")
    page.reload()  # it goes on, and the page takes it up again
    expect(panel.get_by_role("button", name="Checking…")).to_be_disabled()
    expect(panel.locator('[data-step="recording"]')).to_have_attribute("data-state", "ok", timeout=30_000)
    expect(panel.get_by_text("It works, with a warning.")).to_be_visible()
    expect(panel.get_by_text("no vendor can reach")).to_be_visible()
    expect(panel.get_by_text("Good morning, and thank you")).to_be_visible()
    expect(panel.locator("audio")).to_be_visible()
    look_at(page, "a check that is done")
    panel.get_by_role("link", name="Open the test call").click()
    expect(page).to_have_url(re.compile(r"/calls/[0-9a-f-]{36}/"))


@pytest.mark.provokes(422)
def test_a_recogniser_hears_a_file(hub, page_of, tmp_path):
    page = page_of("admin", **WIDE)
    page.goto(f"{hub.url}/team/recognisers/")
    expect(page.get_by_text("needs the option")).to_be_visible()
    noise = tmp_path / "song.wav"
    noise.write_bytes(b"ID3 no wav")
    page.set_input_files("#try input[type=file]", noise)
    expect(page.get_by_role("alert").get_by_text("is not a WAV file")).to_be_visible()
    large = tmp_path / "large.wav"
    large.write_bytes(SAMPLE.read_bytes() + bytes(100_000))
    page.set_input_files("#try input[type=file]", large)
    expect(page.get_by_role("alert").get_by_text("The file is too large")).to_be_visible()
    long = SAMPLE  # 61 s
    page.set_input_files("#try input[type=file]", long)
    expect(page.get_by_role("alert").get_by_text("longer than 30 seconds")).to_be_visible()
    short = tmp_path / "short.wav"
    short.write_bytes(SAMPLE.read_bytes()[: 8000 * 2 * 8])
    page.set_input_files("#try input[type=file]", short)
    expect(page.get_by_role("heading", name="What it heard")).to_be_visible(timeout=30_000)
    expect(page.locator(".heard-lines li").first).not_to_be_empty()
    look_at_both(page, "what was heard")


@pytest.mark.provokes(422)
def test_a_webhook_is_added_and_tried(hub, page_of):
    page = page_of("admin", **NARROW)
    page.goto(f"{hub.url}/team/webhooks/")
    look_at(page, "no webhook")
    page.get_by_role("link", name="Add the first webhook").click()
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.get_by_text("Give the address that is to be told.")).to_be_visible()
    look_at(page, "a form with a mistake")
    with receiver() as there:
        page.get_by_label("URL").fill(there.url)
        page.get_by_role("button", name="Add the webhook").click()
        secret = page.locator(".copy code").inner_text()
        look_at(page, "the secret")
        page.get_by_role("link", name="Done").click()
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("It answered 204")).to_be_visible()
        assert there.came[0].verified(secret)["type"] == "test"
    look_at(page, "a webhook with a delivery")


def test_a_profile_is_pushed_to_ringcx(hub, page_of):
    with RingCXRest() as ringcx:
        hub.shell(
            "from calls.models import StreamingProfile, VendorAccount;"
            "StreamingProfile.objects.filter(product_id='1234').update("
            "sub_account_id='99990001', streaming_url='wss://hub.example.com');"
            f"VendorAccount.objects.create(vendor='ringcx', name='Ours', fields={ringcx.fields!r})"
        )
        page = page_of("admin", **NARROW)
        page.goto(f"{hub.url}/profiles/{hub.profile}/")
        panel = page.get_by_role("region", name="At RingCX", exact=True)
        panel.get_by_role("button", name="Compare").click()
        expect(panel.get_by_text("It is not there")).to_be_visible()
        panel.get_by_role("button", name="Push").click()
        expect(panel.get_by_text("It is there, as the profile says.")).to_be_visible()
        ringcx.products["99990001", "QUEUE", "1234"]["streamingUrl"] = "wss://elsewhere.example.com"
        panel.get_by_role("button", name="Compare").click()
        expect(panel.get_by_role("row").filter(has_text="wss://elsewhere.example.com")).to_be_visible()
        look_at(page, "a profile that differs at its vendor")
        panel.get_by_role("button", name="Remove…").click()
        panel.get_by_role("button", name="Remove it there").click()
        expect(panel.get_by_text("It is not there")).to_be_visible()
        assert ringcx.products == {} and ringcx.violations == []
