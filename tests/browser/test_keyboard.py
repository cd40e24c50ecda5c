"""From the log-in to a transfer without a pointer."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.two_way import TwoWayCaller


def test_from_the_log_in_over_the_wall_to_a_transfer(hub, lines, stranger):
    page = stranger
    keys = page.keyboard
    with TwoWayCaller(lines["audiocodes"], "+12025550161") as caller, TwoWayCaller(lines["ringover"], "+12025550162"):
        page.goto(hub.url)
        expect(page.get_by_label("User name")).to_be_focused()
        keys.type("supervisor")
        keys.press("Tab")
        keys.type(PASSWORD)
        keys.press("Enter")
        expect(page.get_by_role("link", name="+12025550161")).to_be_visible()
        expect(page.get_by_role("link", name="+12025550162")).to_be_visible()
        keys.press("/")
        keys.type("50161")
        expect(page.get_by_role("link", name="+12025550162")).to_be_hidden()
        keys.press("Tab")  # out of the field, so that letters are keys again
        while page.evaluate("document.activeElement.matches('input, select')"):
            keys.press("Tab")
        keys.press("j")
        expect(page.get_by_role("link", name="+12025550161")).to_be_focused()
        keys.press("Enter")
        expect(page).to_have_url(re.compile("/calls/"))
        expect(page.get_by_text("Connected")).to_be_visible()
        keys.press("t")
        expect(page.get_by_label("Number or SIP address")).to_be_focused()
        keys.type("(202) 555-0123")
        keys.press("Enter")
        expect(page.get_by_role("button", name="Transfer now")).to_be_focused()
        keys.press("Enter")
        assert caller.activity("transfer")["activityParams"]["transferTarget"] == "tel:+12025550123"
        done = {"type": "event", "name": "transferStatus", "value": {"status": "success", "reason": "answered"}}
        caller.say("activities", activities=[done])
        expect(page.get_by_role("region", name="Actions so far").get_by_role("listitem").first).to_contain_text(
            "confirmed"
        )
