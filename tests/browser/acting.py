"""The hand on the action bar of a call's page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.server import HubServer


def open_call(page: Page, hub: HubServer, number: str) -> Page:
    page.goto(hub.url)
    page.get_by_role("link", name=number).click()
    expect(page.get_by_role("heading", name=number)).to_be_visible()
    expect(page.get_by_text("Connected")).to_be_visible()
    return page


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Actions", exact=True).get_by_role("button", name=name, exact=True)


def receipt(page: Page, what: str) -> Locator:
    return page.get_by_role("region", name="Actions so far").get_by_role("listitem").filter(has_text=what)


def press(page: Page, key: str) -> Locator:
    """A shortcut that opens a dialog."""
    page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_visible()
    return page.get_by_role("dialog")


def escape(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
