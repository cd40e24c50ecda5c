"""The call's page with everything that can open on it, by axe-core and by our own look at colours."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.acting import button, escape, open_call, press, receipt
from tests.browser.caller import Caller
from tests.browser.looks import WIDE, look_at_both
from tests.browser.two_way import TwoWayCaller


@pytest.mark.provokes(422)
def test_a_two_way_call(hub, lines, page_of):
    page = page_of("supervisor", **WIDE)
    number = "+12025550205"
    with TwoWayCaller(lines["bot"], number) as caller:
        open_call(page, hub, number)
        caller.run(caller.peer.press("1"))
        expect(page.locator(".pressed")).to_be_visible()
        look_at_both(page, "the bar")
        for key, text in {"s": "One moment, please.", "d": "12", "t": "abc", "a": "not a url"}.items():
            dialog = press(page, key)
            page.keyboard.type(text)
            page.keyboard.press("Enter")
            expect(dialog.locator(".wrong, .receipt").filter(visible=True).first).to_be_visible()
            look_at_both(page, f"the dialog of {key}")
            escape(page)
        dialog = press(page, "t")
        page.keyboard.press("Control+a")
        page.keyboard.type("2025550123")
        page.keyboard.press("Enter")
        expect(dialog.get_by_text("United States")).to_be_visible()
        look_at_both(page, "the look at a transfer")
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        for key in ("m", "h", "?"):
            press(page, key)
            look_at_both(page, f"the dialog of {key}")
            escape(page)
        page.keyboard.press("p")
        expect(receipt(page, "Pause the bot")).to_contain_text("confirmed")
        expect(button(page, "Resume the bot")).to_be_visible()
        look_at_both(page, "the receipts")


def test_a_call_that_takes_nothing(hub, page_of):
    page = page_of("supervisor", **WIDE)
    number = "5550705"
    with Caller(hub, "axe", ani=number):
        open_call(page, hub, number)
        button(page, "Say").click(force=True)  # it says why
        expect(page.get_by_text("a supervisor speaks to the agent").first).to_be_visible()
        look_at_both(page, "the reasons")
        press(page, "m")
        look_at_both(page, "what the vendor has")
