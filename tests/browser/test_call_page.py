"""The call's page: turns, finding, links to moments, following what is played, health, the address book."""

from __future__ import annotations

import re
import zipfile
from typing import Any

from playwright.sync_api import expect

from tests.browser.acting import open_call, press, receipt
from tests.browser.caller import Caller
from tests.browser.looks import look_at
from tests.browser.test_events import STREAM, CallPage, call, segment  # noqa: F401
from tests.browser.two_way import TwoWayCaller


def shown_from_top(page: Any) -> list[str]:
    """The words of the lines that are in view."""
    found: list[str] = page.locator(".pane").evaluate(
        """pane => {
          const [from, to] = [pane.getBoundingClientRect().top, pane.getBoundingClientRect().bottom];
          const isIn = ({top, bottom}) => bottom > from + 1 && top < to - 1;
          const lines = [...pane.querySelectorAll('.log .line')];
          return lines.filter(line => isIn(line.getBoundingClientRect())).map(line => line.querySelector('.words').textContent);
        }"""
    )
    return found


def test_a_speaker_s_turn_has_one_heading(call: CallPage) -> None:  # noqa: F811
    call.final(1, 0, 900, "one")
    call.final(3, 2000, 2900, "three")
    headings = call.page.get_by_role("log").get_by_role("heading")
    expect(headings).to_have_text(["Agent"])
    call.final(2, 1000, 1900, "two", track="customer")  # comes later than what followed it
    expect(headings).to_have_text(["Agent", "Customer", "Agent"])
    call.final(4, 30_000, 31_000, "after a long silence")
    expect(headings).to_have_text(["Agent", "Customer", "Agent", "Agent"])
    call.snapshot(segment(1, 0, 900, "one"), segment(3, 2000, 2900, "three"))
    expect(headings).to_have_text(["Agent"])
    line = call.page.get_by_role("listitem").filter(has_text="three")
    time = line.get_by_role("button", name="0:02: play from here")
    expect(time).to_have_css("opacity", "1")
    assert float(line.locator(".by").evaluate("by => getComputedStyle(by).opacity")) == 0
    line.hover()
    expect(line.locator(".by")).to_have_css("opacity", "1")
    # Of all times one is in the tab order; arrows lead to the others.
    time.focus()
    call.page.keyboard.press("ArrowUp")
    expect(call.page.get_by_role("button", name="0:00: play from here")).to_be_focused()
    assert call.page.locator(".log button.at[tabindex='0']").count() == 1


def test_words_are_found_by_keyboard(call: CallPage) -> None:  # noqa: F811
    page = call.page
    call.snapshot(*(segment(n, n * 3000, n * 3000 + 2500, f"Line {n} of many", confidence=0.3) for n in range(600)))
    page.keyboard.press("f")
    box = page.get_by_role("searchbox", name="Words to find")
    expect(box).to_be_focused()
    page.keyboard.type("LINE 17")
    status = page.locator("[data-part=find-count]")
    expect(status).to_have_text(re.compile("of 11$"))  # 17 and 170 to 179
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Enter")
    expect(status).to_have_text("11 of 11")  # the nearest to the end, where the view was
    expect(page.get_by_text("Line 179 of many")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(status).to_have_text("1 of 11")
    expect(page.get_by_text("Line 17 of many")).to_be_in_viewport()
    assert page.evaluate("[...CSS.highlights.get('found-here')].map(String)") == ["Line 17"]
    call.final(600, 1_900_000, 1_901_000, "and line 17 again")  # what comes is found, too
    expect(status).to_have_text("1 of 12")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(page.locator(".line", has_text="Line 17 of many").locator("button.at")).to_be_focused()
    assert page.evaluate("CSS.highlights.get('found').size") == 0
    page.keyboard.press("f")
    look_at(page, "the find box")


def test_what_waits_below_is_told_politely_and_reached_by_keyboard(call: CallPage) -> None:  # noqa: F811
    page = call.page
    call.snapshot(*(segment(n, n * 3000, n * 3000 + 2500, f"line {n}") for n in range(80)))
    expect(page.locator(".log .line")).to_have_count(80)
    page.locator(".pane").press("Home")
    expect(page.get_by_role("button", name="To the newest")).to_be_visible()
    log, told = page.get_by_role("log"), page.locator("[data-part=unread]")
    for n in range(80, 83):
        call.final(n, n * 3000, n * 3000 + 2500, f"line {n}")
    more = page.get_by_role("button", name="3 new lines")
    expect(more).to_be_visible()
    expect(log).to_have_attribute("aria-live", "off")  # lines that nobody looks at are not read out
    expect(told).to_have_text("Lines that wait below: 3", timeout=10_000)
    expect(told).to_have_role("status")
    more.press("Enter")
    expect(page.get_by_text("line 82", exact=True)).to_be_in_viewport()
    expect(page.locator(".pane")).to_be_focused()
    expect(told).to_have_text("")
    call.final(83, 300_000, 301_000, "line 83")
    expect(log).to_have_attribute("aria-live", "polite")


def test_marks_stand_where_it_happened(call: CallPage) -> None:  # noqa: F811
    page = call.page
    call.snapshot(*(segment(n, n * 3000, n * 3000 + 2500, f"line {n}") for n in range(200)))
    expect(page.locator(".log .line")).to_have_count(200)
    page.evaluate(
        """async () => {
          const {Transcript} = await import('/static/js/transcript.js');
          const root = document.createElement('div');
          root.innerHTML = '<div data-part=pane><p data-part=empty></p><div><div class=log data-part=log></div></div>'
            + '<div data-part=interims></div></div><button data-part=more><span data-text></span></button>';
          document.body.append(root);
          const transcript = new Transcript(root);
          const one = (id, startMs) => ({id, streamId: 's', track: 'agent', participant: null, startMs, endMs: startMs + 900,
            text: id, confidence: null, words: []});
          window.unmark = transcript.mark(1500, Object.assign(document.createElement('b'), {textContent: 'alert'}));
          transcript.reset([one('a', 0), one('b', 1000), one('c', 2000)], []);
          window.rows = () => [...root.querySelectorAll('.log li')].map(li => (li.querySelector('.words') ?? li).textContent);
        }"""
    )
    assert page.evaluate("rows()") == ["a", "b", "alert", "c"]
    page.evaluate("unmark()")
    assert page.evaluate("rows()") == ["a", "b", "c"]


def test_the_health_of_each_track_is_told(call: CallPage) -> None:  # noqa: F811
    page = call.page
    page.set_viewport_size({"width": 280, "height": 700})
    counters = {"frames": 4950, "lost": 50, "duplicates": 1, "reordered": 4, "late": 2, "resyncs": 0}
    tracks = {"agent": {**counters, "lost": 0}, "customer": counters}
    health = {
        "recognizerLagMs": 4200, "silenceMs": {"agent": 0, "customer": 31_000}, "skippedMs": 0,
        "jitterMs": {"agent": 3, "customer": 90}, "bot": None, "warnings": [],
    }  # fmt: skip
    call.seq += 1
    call.send("health", call.seq, streamId=STREAM, tracks=tracks, health=health)
    strip = page.locator("[data-part=vitals]")
    expect(strip).to_contain_text("Customer 31 s")
    expect(strip.locator(".worry")).to_have_count(3)  # a loss of 0.5 % is none
    expect(strip).to_contain_text("90 ms needs a look")
    row = page.get_by_role("row", name=re.compile("^Customer"))
    expect(row.get_by_role("cell")).to_have_text(["50 frames (1%)", "90 ms", "31 s"])
    look_at(page, "stream health")


def test_a_moment_has_a_link_and_the_text_can_be_copied(call: CallPage) -> None:  # noqa: F811
    page = call.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    call.final(1, 61_000, 62_000, "hello")
    call.final(2, 62_500, 63_000, "there")
    call.final(3, 64_000, 65_000, "hi", track="customer")
    page.get_by_role("button", name="1:02: play from here").focus()
    page.keyboard.press("Tab")
    link = page.get_by_role("button", name="Copy a link to 1:02")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(link).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url.partition("?")[0] + "?at=62500"
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "[1:01] Agent: hello there\n[1:04] Customer: hi\n"


def test_what_is_played_stays_in_view_until_the_reader_leaves(hub: Any, supervisor_page: Any) -> None:
    page = supervisor_page
    page.set_viewport_size({"width": 1000, "height": 420})
    with Caller(hub, "played-1", ani="5550661"):
        open_call(page, hub, "5550661")
        lines = page.get_by_role("log").locator("li")
        expect(lines.nth(3)).to_be_attached(timeout=30_000)
    expect(page.locator("audio")).to_be_visible(timeout=20_000)
    page.locator(".transcript").evaluate("node => (node.style.height = '260px')")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export all as ZIP").click()
    names = zipfile.ZipFile(download.value.path()).namelist()
    assert [name for name in names if name.endswith("/recording.wav")]
    page.keyboard.press("?")
    keys = page.get_by_role("dialog")
    expect(keys).to_contain_text("Find in the transcript")
    page.keyboard.press("Escape")
    page.locator("button.at").first.evaluate("button => button.click()")
    expect(lines.first).to_have_class(re.compile("playing"))
    expect(lines.first).to_be_in_viewport()
    page.locator(".pane").hover()
    page.mouse.wheel(0, 4000)
    back = page.get_by_role("button", name="To what is played")
    expect(back).to_be_visible()
    back.press("Enter")
    expect(page.locator(".line.playing").first).to_be_in_viewport()
    expect(back).to_be_hidden()


def test_a_transfer_by_name(hub: Any, lines: dict[str, str], supervisor_page: Any) -> None:
    page = supervisor_page
    hub.shell(
        "from calls.models import TransferTarget as T\n"
        "T.objects.create(name='Billing', target='+12025550177')\n"
        "T.objects.create(name='Night shift', target='+12025550178')"
    )
    with TwoWayCaller(lines["audiocodes"], "+12025550191") as caller:
        open_call(page, hub, "+12025550191")
        dialog = press(page, "t")
        field = dialog.get_by_role("combobox")
        expect(field).to_have_attribute("placeholder", "Number or name")
        page.keyboard.type("bill")
        expect(dialog.get_by_role("option")).to_have_text(["Billing +12025550177"])
        look_at(page, "the address book")
        page.keyboard.press("Escape")  # the list first
        expect(dialog.get_by_role("option")).to_have_count(0)
        expect(dialog).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(dialog.locator(".understood")).to_contain_text("Billing")
        expect(dialog.locator(".understood")).to_contain_text("+1 202-555-0177")
        page.keyboard.press("Enter")
        assert caller.activity("transfer")["activityParams"]["transferTarget"] == "tel:+12025550177"
        expect(receipt(page, "Transfer +12025550177")).to_be_visible()
