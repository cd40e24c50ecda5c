"""A supervisor connects the iFrame in another site's page with the own log-in, and acts there on live calls: seen on the
vendors' side of the wire."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.caller import Caller
from tests.browser.looks import look_at
from tests.browser.test_alerts import RULE
from tests.browser.test_embed import allow, script_site
from tests.browser.two_way import TwoWayCaller

__all__ = ["script_site"]


@pytest.fixture
def framed(hub, stranger, script_site):
    """Opens the iFrame in another site's page; the browser has no log-in."""
    allow(hub, script_site)

    def open_frame(path: str = "/embed/") -> FrameLocator:
        stranger.goto(f"{script_site}/?{quote(hub.url + path)}")
        return stranger.frame_locator("iframe")

    return open_frame


def ask_code(frame: FrameLocator | Page) -> str:
    frame.get_by_role("button", name="Show a code").click()
    code = frame.locator("[data-part=pair-code]")
    expect(code).to_have_text(re.compile("^[A-Z]{4}-[A-Z]{4}$"))
    return code.inner_text()


def pair(frame: FrameLocator | Page, person: Page, hub) -> str:
    """The person confirms, in a window of the own, what the iFrame asks."""
    code = ask_code(frame)
    expect(frame.get_by_role("link", name="Confirm it at the hub")).to_have_attribute("href", f"/pair/#{code}")
    person.goto(f"{hub.url}/pair/#{code}")
    expect(person.get_by_label("Code")).to_have_value(code)
    assert code not in person.url
    person.get_by_role("button", name="Continue").click()
    expect(person.get_by_role("heading", name="Connect this iFrame?")).to_be_visible()
    look_at(person, "a pairing to confirm")
    person.get_by_role("button", name="Connect", exact=True).click()
    expect(person.get_by_text("The iFrame is connected.")).to_be_visible()
    expect(frame.get_by_text("Connected as")).to_be_visible()
    return code


def act(frame: FrameLocator, number: str) -> None:
    """From the wall into the call, the digits, a transfer and a break."""
    frame.get_by_role("link", name=number).click()
    expect(frame.get_by_role("heading", name=number)).to_be_visible()
    actions = frame.get_by_role("region", name="Actions", exact=True)
    actions.get_by_role("button", name="Send digits").click()
    dialog = frame.get_by_role("dialog")
    dialog.get_by_label("Digits").fill("012*#")
    dialog.get_by_label("Digits").press("Enter")
    expect(dialog.get_by_role("listitem").first).to_contain_text("Send digits 012*#")
    dialog.get_by_label("Digits").press("Escape")
    actions.get_by_role("button", name="Stop playback").click()
    expect(frame.get_by_role("region", name="Actions so far").get_by_role("listitem").first).to_contain_text("Stop")


def transfer(frame: FrameLocator) -> None:
    frame.get_by_role("region", name="Actions", exact=True).get_by_role("button", name="Transfer").click()
    dialog = frame.get_by_role("dialog")
    dialog.get_by_role("combobox").or_(dialog.get_by_role("textbox")).first.fill("(202) 555-0123")
    dialog.get_by_role("button", name=re.compile("Transfer|Continue|Check")).first.click()
    dialog.get_by_role("button", name=re.compile("^Transfer")).last.click()


def test_a_paired_supervisor_acts_on_calls(hub, lines, stranger, framed, supervisor_page):
    frame = framed()
    expect(frame.get_by_role("button", name="Show a code")).to_be_visible()
    with (
        TwoWayCaller(lines["audiocodes"], "+12025550151") as audiocodes,
        TwoWayCaller(lines["ringover"], "+12025550152") as ringover,
        Caller(hub, "pair-ringcx", ani="5550153"),
    ):
        code = pair(frame, supervisor_page, hub)
        expect(supervisor_page.get_by_text("http://localhost").first).to_be_visible()  # which page the iFrame is in
        act(frame, "+12025550151")
        assert audiocodes.activity("sendDtmf")["activityParams"] == {"dtmfDigits": "012*#"}
        transfer(frame)
        assert audiocodes.activity("transfer")["activityParams"]["transferTarget"] == "tel:+12025550123"

        frame.get_by_role("button", name="All live calls").click()
        act(frame, "+12025550152")
        assert ringover.until(lambda message: message.get("event") == "digits")["data"] == "012*#"
        ringover.until(lambda message: message.get("event") == "break")
        transfer(frame)
        told = ringover.until(lambda message: message.get("event") == "transfer")
        assert str(told["data"]) == "12025550123"

        frame.get_by_role("button", name="All live calls").click()
        frame.get_by_role("link", name="5550153").click()
        frame.get_by_text("are not available: why?").click()
        expect(frame.get_by_text("RingCX streams are one-way").first).to_be_visible()
        expect(frame.get_by_role("log").locator("li").first).to_be_visible()
        urls = [each.url for each in stranger.frames]
        assert not any("pair_" in url or code in url for url in urls)
    assert stranger.context.cookies() == []
    frame.get_by_role("button", name="Disconnect").click()
    expect(frame.get_by_role("button", name="Show a code")).to_be_visible()


def test_an_alert_is_looked_after_in_the_iframe(hub, framed, supervisor_page):
    hub.shell(RULE)
    frame = framed()
    pair(frame, supervisor_page, hub)
    with Caller(hub, "pair-alert", ani="5550154"):
        frame.get_by_role("link", name="5550154").click()
        alerts = frame.get_by_role("region", name="Alerts")
        expect(alerts).to_contain_text("“change my order”", timeout=40_000)
        expect(frame.locator(".log .alert-mark").first).to_have_text("Alert Change of order")
        alerts.get_by_role("button", name="I look after it").first.click()
        expect(alerts).to_contain_text("supervisor (iFrame) looks after it")
        expect(alerts.get_by_role("button", name="Change of order at").first).to_be_focused()


@pytest.mark.provokes(401, 422)
def test_at_280_pixels_and_when_it_is_ended(hub, lines, page_of, new_context, complaints):
    page = complaints.watch(new_context(viewport={"width": 280, "height": 600}, color_scheme="dark").new_page())
    person = page_of("supervisor")
    page.goto(f"{hub.url}/embed/")
    code = ask_code(page)
    look_at(page, "a code in the iFrame")
    person.goto(f"{hub.url}/pair/")
    person.get_by_label("Code").fill("BBBB-BBBB")
    person.get_by_role("button", name="Continue").click()
    expect(person.get_by_role("alert")).to_contain_text("No iFrame waits with this code.")
    look_at(person, "a code that nobody waits with")
    person.get_by_label("Code").fill(code)
    person.get_by_role("button", name="Continue").click()
    person.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("alert").filter(has_text="The code was refused or has run out.")).to_be_visible()
    expect(page.get_by_role("button", name="Show another code")).to_be_visible()

    page.reload()
    pair(page, person, hub)
    expect(page.get_by_text("No call is live at the moment.")).to_be_visible()
    with TwoWayCaller(lines["audiocodes"], "+12025550154"):
        page.get_by_role("link", name="+12025550154").wait_for()
        look_at(page, "the wall in the iFrame")
        page.get_by_role("link", name="+12025550154").click()
        expect(page.get_by_role("button", name="Hang up")).to_be_visible()
        look_at(page, "a call in the iFrame")
        page.go_back()
        expect(page.get_by_role("heading", name="Live calls")).to_be_visible()
        person.get_by_role("button", name="Disconnect").first.click()
        expect(page.get_by_role("alert").filter(has_text="not connected any more")).to_be_visible(timeout=30_000)


def test_whoever_disconnects_is_back_at_the_agent_s_call(hub, stranger, framed, supervisor_page):
    with Caller(hub, "pair-back", ani="5550154"):
        frame = framed(f"/embed/?callId=pair-back#key={hub.embed_key}")
        expect(frame.get_by_role("log").locator("li").first).to_be_visible()
        frame.get_by_role("button", name="Supervise").click()
        expect(frame.get_by_text("Live", exact=True)).to_be_hidden()
        frame.get_by_role("button", name="Back to the call").click()
        expect(frame.get_by_role("log").locator("li").first).to_be_visible()
        frame.get_by_role("button", name="Supervise").click()
        pair(frame, supervisor_page, hub)
        frame.get_by_role("button", name="Disconnect").click()
        expect(frame.get_by_role("button", name="Supervise")).to_be_visible()
        expect(frame.get_by_role("log").locator("li").first).to_be_visible()
        assert "emb_" not in stranger.frames[-1].url
