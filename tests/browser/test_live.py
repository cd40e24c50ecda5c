"""The wall and a call's page while calls are live. The scripted recogniser says the same words on both sides."""

import re

from playwright.sync_api import expect

from tests.browser.caller import Caller

FIRST, SECOND = "thank you for calling how can i help you", "i would like to change my order please"


def card(page, number):
    return page.locator(".card", has=page.get_by_role("link", name=number))


def test_the_wall_shows_a_call_from_its_start_to_its_end(hub, supervisor_page):
    page = supervisor_page
    page.goto(hub.url)
    expect(page.get_by_text("No call is live at the moment")).to_be_visible()
    expect(page.get_by_text("Connected")).to_be_visible()
    with Caller(hub, "wall-1", ani="5550001", agentId=77):
        shown = card(page, "5550001")
        expect(shown).to_contain_text("Support line · Agent 77")
        expect(shown.locator(".agent .last.interim")).to_have_text(re.compile("^thank you"))
        expect(shown.locator(".agent .last:not(.interim)")).to_have_text(FIRST)
        expect(shown.locator(".time")).to_have_text(re.compile(r"0:0\d"))
        with Caller(hub, "wall-2", ani="5550002"):
            expect(page.locator(".card").first).to_contain_text("5550001")
            expect(page.locator("[data-part=count]")).to_have_text("2")
            page.keyboard.press("/")
            page.keyboard.type("agent 77")
            expect(card(page, "5550002")).to_be_hidden()
            page.keyboard.type("x")
            expect(page.get_by_text("No call on the wall matches")).to_be_visible()
            page.keyboard.press("Escape")
            expect(card(page, "5550002")).to_be_visible()
            page.keyboard.press("j")
            page.keyboard.press("j")
            expect(page.get_by_role("link", name="5550002")).to_be_focused()
            page.get_by_label("Order").select_option("newest")
            expect(page.locator(".card").first).to_contain_text("5550002")
            expect(page.get_by_role("link", name="5550002")).to_be_focused()
    expect(shown.get_by_text("Ended")).to_be_visible()
    page.get_by_role("link", name="5550001").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="5550001")).to_be_visible()


def test_a_call_that_is_over_leaves_the_wall(hub, supervisor_page):
    page = supervisor_page
    page.add_init_script("const now = performance.now.bind(performance); performance.now = () => now() * 10;")
    page.goto(hub.url)
    with Caller(hub, "wall-3", ani="5550003"):
        expect(card(page, "5550003")).to_be_visible()
    expect(card(page, "5550003").get_by_text("Ended")).to_be_visible()
    expect(card(page, "5550003")).to_have_count(0)


def test_a_call_page_grows_pauses_and_plays(hub, supervisor_page):
    page = supervisor_page
    with Caller(hub, "page-1", ani="5550011", agentId=9):
        page.goto(hub.url)
        page.get_by_role("link", name="5550011").click()
        expect(page.get_by_text("The recording can be played once the call is over.")).to_be_visible()
        expect(page.locator(".interims .agent")).to_contain_text("is speaking")
        lines = page.get_by_role("log").locator("li")
        expect(lines.filter(has_text=FIRST)).to_have_count(2)
        expect(page.locator(".interims .line")).to_have_count(2)
        # The reader scrolls up: new lines wait behind a button.
        page.set_viewport_size({"width": 1000, "height": 300})
        page.evaluate("document.querySelector('.transcript').style.height = '190px'")
        page.locator(".pane").hover()
        page.mouse.wheel(0, -2000)
        expect(page.get_by_text(re.compile(r"\d new lines"))).to_be_visible(timeout=15_000)
        assert page.evaluate("document.querySelector('.pane').scrollTop") == 0
        page.get_by_text(re.compile(r"\d new lines")).click()
        expect(page.locator(".more")).to_be_hidden()
        expect(page.locator(".pane .line").last).to_be_in_viewport()
    expect(page.locator("[data-part=state]")).to_have_text("Ended")
    expect(page.locator(".interims .line")).to_have_count(0)
    texts = lines.evaluate_all(
        "nodes => nodes.map(n => n.className + n.querySelector('.at').textContent + n.innerText)"
    )
    assert len(texts) == len(set(texts))
    # Once it is finished, the recording plays from any line.
    expect(page.locator("audio")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="0:04: play from here").first.click()
    expect(page.locator(".line.playing").first).to_contain_text(SECOND)
    assert page.evaluate("document.querySelector('audio').currentTime") >= 4
    for name in ("txt", "vtt", "srt", "json"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name, exact=True).click()
        assert FIRST in download.value.path().read_text()


def test_an_ended_call_without_a_recording_says_so(hub, supervisor_page):
    with Caller(hub, "page-2", ani="5550012"):
        supervisor_page.goto(hub.url)
        supervisor_page.get_by_role("link", name="5550012").click()
        expect(supervisor_page.get_by_role("log")).to_contain_text(FIRST)
    hub.shell("from calls.models import Recording; Recording.objects.all().delete()")
    supervisor_page.reload()
    expect(supervisor_page.get_by_text("This call was not recorded.")).to_be_visible()
    expect(supervisor_page.get_by_role("button", name="Transfer")).to_have_count(0)


def test_pages_come_back_by_themselves_after_a_restart(hub, supervisor_page):
    page = supervisor_page
    wall = page.context.new_page()
    wall.goto(hub.url)
    with Caller(hub, "restart-1", ani="5550021"):
        wall.get_by_role("link", name="5550021").wait_for()
        page.goto(wall.get_by_role("link", name="5550021").evaluate("a => a.href"))
        lines = page.get_by_role("log").locator("li")
        expect(lines.filter(has_text=FIRST)).to_have_count(2)
        hub.stop()
        expect(page.get_by_text(re.compile("Reconnecting|Connection lost"))).to_be_visible()
        expect(wall.get_by_text(re.compile("Reconnecting|Connection lost"))).to_be_visible()
        expect(wall.get_by_text("No connection to the hub since")).to_be_visible()
    hub.start()
    wall.get_by_role("button", name="Try now").click()
    expect(page.locator(".connection")).to_have_text("Connected", timeout=20_000)
    expect(wall.locator(".connection")).to_have_text("Connected", timeout=20_000)
    expect(wall.get_by_text("No connection to the hub since")).to_be_hidden()
    expect(lines.filter(has_text=FIRST)).to_have_count(2)
    with Caller(hub, "restart-1", ani="5550021", sessionId=3):
        expect(page.locator("[data-part=state]")).to_have_text("Live")
        expect(card(wall, "5550021").and_(wall.locator(".card:not(.over)"))).to_be_visible()
        expect(lines.filter(has_text=FIRST)).to_have_count(4)


def test_who_is_signed_out_is_told_and_led_back(hub, supervisor_page):
    page = supervisor_page
    page.goto(hub.url)
    expect(page.get_by_text("Connected")).to_be_visible()
    page.context.clear_cookies()
    hub.stop()
    hub.start()
    expect(page.get_by_text("Your session has ended.")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("link", name="Sign in again")).to_have_attribute("href", "/login/?next=%2F")
