"""From a word to the moment in which it was said."""

import re

from playwright.sync_api import expect

from tests.browser.caller import Caller
from tests.ingest.conftest import wait_until

FIRST, SECOND = "thank you for calling how can i help you", "i would like to change my order please"


def test_a_word_leads_to_its_moment_in_text_and_recording(hub, supervisor_page):
    page = supervisor_page
    page.set_viewport_size({"width": 1000, "height": 500})
    with Caller(hub, "search-1", ani="5550101", agentId=9):
        page.goto(hub.url)
        page.get_by_role("link", name="5550101").click()
        expect(page.get_by_role("log").locator("li").filter(has_text=SECOND)).to_have_count(2, timeout=20_000)
        # What was said is found while the call is live.
        page.get_by_role("link", name="Calls", exact=True).click()
        page.wait_for_url(f"{hub.url}/calls/")
        page.keyboard.press("/")
        field = page.get_by_role("searchbox")
        expect(field).to_be_focused()
        page.keyboard.type('"change my orders" -refunded')
        page.keyboard.press("Enter")
        expect(field).to_have_value('"change my orders" -refunded')
        found = page.get_by_role("list", name="What was found").first
        expect(page.get_by_text("Live", exact=True).last).to_be_visible()
        expect(found.get_by_role("listitem")).to_have_count(2)
        expect(found.locator("mark")).to_have_text(["change my order"] * 2)
        field.focus()
        page.keyboard.type("/")
        expect(field).to_have_value(re.compile("/"))
    page.go_back()
    page.go_forward()
    link = found.get_by_role("link", name=re.compile(r"^0:0\d Customer i would like to change my order please$"))
    link.click()
    expect(page).to_have_url(re.compile(r"/calls/[^/]+/\?at=\d+$"))
    at = int(page.url.rpartition("=")[2])
    sought = page.locator('.line[aria-current="true"]')
    expect(sought).to_have_count(1)
    expect(sought).to_contain_text(SECOND)
    expect(sought.locator("button.at")).to_be_focused()
    expect(sought).to_be_in_viewport()
    # The player waits there.
    expect(page.locator("audio")).to_be_visible(timeout=20_000)
    wait_until(lambda: page.evaluate("document.querySelector('audio').currentTime * 1000") == at, 20)
    assert page.evaluate("document.querySelector('audio').paused")


def test_a_moment_deep_in_a_long_call_is_brought_into_view(hub, supervisor_page):
    page = supervisor_page
    made = hub.shell(
        "from tests.browser.seed import *\n"
        "profile = StreamingProfile.objects.get(name='Support line')\n"
        "said = [(('agent', 'customer')[n % 2], f'this is line number {n}') for n in range(300)]\n"
        "print(make_call(profile, 'long', '5550102', '1', 900, said, ended=800).id)"
    ).strip()
    page.goto(f"{hub.url}/calls/?q=%22number+150%22")
    page.get_by_role("link", name=re.compile("this is line number 150$")).click()
    line = page.locator(".line", has_text=re.compile("number 150$"))
    expect(line).to_be_in_viewport()
    expect(line).to_have_attribute("aria-current", "true")
    expect(page.get_by_text("number 299")).not_to_be_in_viewport()
    for at, text in (("0", "number 0"), ("999999999", "number 299")):  # before all, and after
        page.goto(f"{hub.url}/calls/{made}/?at={at}")
        expect(page.locator(".line[aria-current]")).to_contain_text(text)
        expect(page.locator(".line[aria-current]")).to_be_in_viewport()
    for nonsense in ("-1", "soon", "", "1e3"):
        page.goto(f"{hub.url}/calls/{made}/?at={nonsense}")
        expect(page.get_by_text("number 299")).to_be_in_viewport()
        expect(page.locator(".line[aria-current]")).to_have_count(0)


def test_what_finds_nothing_leads_on(hub, supervisor_page):
    page = supervisor_page
    hub.shell(
        "from tests.browser.seed import *\n"
        "profile = StreamingProfile.objects.get(name='Support line')\n"
        "make_call(profile, 'short', '5550103', '1', 900, [('agent', 'about your parcel')], ended=60)"
    )
    page.goto(f"{hub.url}/calls/?q=parcel+xylophone")
    expect(page.get_by_role("heading", name="Nothing was found for “parcel xylophone”")).to_be_visible()
    page.get_by_role("link", name="any of the words").click()
    expect(page.locator("mark")).to_have_text(["parcel"])
    page.get_by_label("Last day").fill("2020-01-31")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="the same in all calls").click()
    expect(page.locator("mark")).to_have_text(["parcel"])
    page.get_by_role("link", name="Clear").click()
    expect(page).to_have_url(f"{hub.url}/calls/")


def test_days_are_the_reader_s_own_unless_the_address_says_whose(hub, page_of):
    page = page_of("supervisor", timezone_id="Asia/Tokyo")
    page.goto(f"{hub.url}/calls/")
    expect(page.get_by_text("(Asia/Tokyo)")).to_have_count(2)
    expect(page.get_by_text("(Asia/Tokyo)").first).to_be_hidden()
    page.get_by_label("First day").fill("2026-01-31")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(f"{hub.url}/calls/?zone=Asia%2FTokyo&from=2026-01-31")
    for zone, told in (("&zone=America%2FNew_York", "(America/New_York)"), ("", "(UTC)")):
        page.goto(f"{hub.url}/calls/?from=2026-01-31{zone}")
        expect(page.get_by_text(told).first).to_be_visible()
    page.goto(f"{hub.url}/calls/?from=soon")
    expect(page.get_by_text("“soon” is not a date")).to_be_visible()


def test_narrow_pages_do_not_scroll_sideways(hub, page_of):
    page = page_of("admin", viewport={"width": 280, "height": 600})
    for query in ("q=order+or+parcel", "q=xylophone+nothing&state=live&from=2026-01-01", "q=-order"):
        page.goto(f"{hub.url}/calls/?{query}")
        assert page.evaluate("document.documentElement.scrollWidth") == 280, query
