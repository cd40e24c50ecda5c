"""How pages look: to axe-core, to our own look at colours, and in which sizes and schemes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

FAINT_TEXTS = (Path(__file__).parent / "contrast.js").read_text()
NARROW: dict[str, Any] = {"color_scheme": "dark", "viewport": {"width": 280, "height": 600}}
WIDE: dict[str, Any] = {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}}
# The head sticks to the top and covers half of whatever has been scrolled there: that is no target of half the size.
HEAD = "position => document.querySelector('.top')?.style.setProperty('position', position)"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def look_at(page: Page, where: str) -> None:
    """Nothing violates WCAG 2.2 AA, no text is faint, nothing is wider than the window."""
    expect(page.get_by_role("main")).to_be_attached()  # else it may be the moment between two pages
    page.evaluate(HEAD, "relative")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    page.evaluate(HEAD, "")
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
    assert page.evaluate(FAINT_TEXTS) == [], where
    assert page.viewport_size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], where


def look_at_both(page: Page, where: str) -> None:
    """The same page, light and wide, then dark and as narrow as an iFrame."""
    for look in (WIDE, NARROW):
        wear(page, look)
        look_at(page, f"{where}, {look['color_scheme']}")
    wear(page, WIDE)


def wear(page: Page, look: dict[str, Any]) -> None:
    page.emulate_media(color_scheme=look["color_scheme"])
    page.set_viewport_size(look["viewport"])
