"""From writing a rule to looking after its alert, as an admin and a supervisor do it."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.caller import Caller
from tests.browser.looks import NARROW, look_at


def picture(page: Page, name: str) -> None:
    """For whoever wants to see it: where HUB_PICTURES names a folder."""
    if folder := os.environ.get("HUB_PICTURES"):
        page.screenshot(path=f"{folder}/alerts-{name}.png", full_page=True)


@pytest.mark.provokes(422)
def test_an_admin_writes_rules(hub, page_of):
    page = page_of("admin", **NARROW)
    page.goto(f"{hub.url}/team/")
    page.get_by_role("link", name="Alerts").click()
    expect(page.get_by_role("heading", name="No rule yet")).to_be_visible()
    look_at(page, "no rule")
    picture(page, "empty-narrow")
    page.get_by_role("button", name="Add “Call takes long”").click()
    expect(page.get_by_text("is added and watches from now on")).to_be_visible()
    look_at(page, "the list")
    picture(page, "list-narrow")

    page.get_by_role("link", name="New rule").click()
    look_at(page, "the kinds")
    page.get_by_role("link", name="Words and phrases").click()
    page.get_by_label("Name").fill("Change of order")
    page.get_by_label("Words to find").fill("change NEAR/3 order OR")
    page.get_by_label("Who speaks").select_option("customer")
    page.get_by_label("What somebody might say").fill("i would like to change my order")
    expect(page.get_by_text("At character 23: Something is missing after OR")).to_be_visible()
    page.get_by_role("button", name="Add the rule").click()
    expect(page.get_by_text("Nothing is saved yet")).to_be_visible()
    expect(page.get_by_label("Words to find")).to_be_focused()
    look_at(page, "a mistake")
    page.get_by_label("Words to find").fill("change NEAR/3 order")
    page.get_by_label("What somebody might say").fill("i would like to change my order")
    expect(page.locator("#try-it mark")).to_have_text("change my order")
    look_at(page, "the form")
    picture(page, "form-narrow")
    page.get_by_label("What somebody might say").fill("hello")
    expect(page.get_by_text("It does not match.")).to_be_visible()
    page.get_by_role("button", name="Add the rule").click()
    expect(page.get_by_text("“Change of order” is saved.")).to_be_visible()

    page.get_by_role("link", name="Call takes long").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("“Call takes long” is deleted.")).to_be_visible()
    expect(page.locator(".profile h2")).to_have_text(["Change of order"])


RULE = """
from calls.models import AlertRule
AlertRule.objects.all().delete()
AlertRule.objects.create(name="Change of order", kind="phrase", track="customer", expression="change NEAR/3 order")
"""


def test_a_supervisor_looks_after_an_alert(hub, page_of):
    hub.shell(RULE)
    page = page_of("supervisor", color_scheme="dark")
    page.goto(hub.url)
    expect(page.get_by_text("Connected")).to_be_visible()
    with Caller(hub, "alert-1", ani="5550900"):
        card = page.locator(".card", has=page.get_by_role("link", name="5550900"))
        expect(card.locator(".badge.bad")).to_have_text(re.compile(r"^Change of order 0:0\d$"), timeout=40_000)
        picture(page, "wall-dark")
        card.get_by_role("link").click()
        alerts = page.get_by_role("region", name="Alerts")
        expect(alerts).to_contain_text("“change my order”")
        expect(page.locator(".log .alert-mark").first).to_have_text("Alert Change of order")
        before = page.locator(".log li", has=page.locator(".alert-mark")).first.locator(
            "xpath=preceding-sibling::li[1]"
        )
        expect(before).to_contain_text("i would like to change my order please")
        look_at(page, "the call")
        picture(page, "call-dark")
        first = alerts.locator("li").last  # more may follow
        first.get_by_role("button", name="Change of order at").click()
        expect(page.locator(".sought")).to_contain_text("i would like to change my order please")
        first.get_by_role("button", name="I look after it").click()
        expect(first.get_by_text("supervisor looks after it")).to_be_visible()
        expect(first.get_by_role("button", name="I look after it")).to_have_count(0)
        look_at(page, "the alert is seen")
    expect(page.locator("[data-part=state]")).to_have_text("Ended")
    page.goto(f"{hub.url}/calls/?alert=any")
    expect(page.get_by_text(re.compile(r"^\d alerts?$"))).to_be_visible()
    look_at(page, "the history")
    picture(page, "history-dark")
