"""Notes, tags and the summary on a call's page: written by one, seen by another, each leading to its moment."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.caller import Caller
from tests.browser.looks import WIDE, look_at_both

MAKE_CALL = """
import json
from tests.browser.seed import *
from calls.services.summaries import summarize_later, write_due_summaries
from calls.models import Summary
from tests.summary.dialogues import DIALOGUES
dialogue = next(one for one in DIALOGUES if one.name == "internet")
said = [(line.track, line.text) for line in dialogue.lines]
call = make_call(StreamingProfile.objects.get(name="Support line"), %r, %r, "1", 900, said, ended=300)
summarize_later(call)
Summary.objects.filter(call=call).update(due_at=timezone.now())
write_due_summaries()
print(json.dumps({"id": str(call.id), "at": call.segments.get(text__startswith="the engineer will call").start_ms}))
"""


def make_call(hub: Any, number: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(hub.shell(MAKE_CALL % (f"written-{number}", number)))
    return found


def region(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name, exact=True)


@pytest.mark.provokes(422)
def test_a_live_call_is_written_about_and_summed_up(hub: Any, page_of: Any) -> None:
    writer, reader = page_of("supervisor"), page_of("viewer")
    with Caller(hub, "written-live", ani="5550900"):
        writer.goto(hub.url)
        writer.get_by_role("link", name="5550900").click()
        expect(writer.get_by_text("Connected")).to_be_visible()
        reader.goto(writer.url)
        expect(reader.get_by_text("Connected")).to_be_visible()
        expect(region(writer, "Summary")).to_be_hidden()
        expect(region(reader, "Notes").get_by_role("textbox")).to_have_count(0)
        expect(region(reader, "Tags").get_by_role("textbox")).to_have_count(0)
        # A tag, by keyboard alone.
        writer.get_by_label("New tag").focus()
        writer.keyboard.type("Call Back,vip")
        writer.keyboard.press("Enter")
        for page in (writer, reader):
            expect(region(page, "Tags").get_by_role("listitem")).to_have_count(2)
            expect(region(page, "Tags").get_by_role("link")).to_have_text(["call back", "vip"])
        writer.get_by_role("button", name="Remove the tag vip").focus()
        writer.keyboard.press("Enter")
        expect(region(reader, "Tags").get_by_role("link")).to_have_text(["call back"])
        expect(writer.get_by_label("New tag")).to_be_focused()
        writer.get_by_label("New tag").fill("a/b")
        writer.keyboard.press("Enter")
        expect(region(writer, "Tags").get_by_role("alert")).to_contain_text("Leave out commas, slashes")
        # A note about this moment.
        expect(writer.get_by_text("how can i help you").first).to_be_visible(timeout=20_000)
        note = writer.get_by_label("New note")
        note.fill("<b>Angry</b>\nsecond line")
        expect(writer.get_by_label("About the moment")).to_be_checked()
        note.press("Control+Enter")
        entry = region(reader, "Notes").get_by_role("listitem")
        expect(entry).to_contain_text("supervisor")
        expect(entry.locator(".text-of")).to_have_text("<b>Angry</b>\nsecond line")
        expect(entry.get_by_role("link")).to_have_text(re.compile(r"^0:\d\d$"))
        expect(entry.get_by_role("button")).to_have_count(0)
        expect(note).to_have_value("")
        # Changed, then deleted after a second thought.
        mine = region(writer, "Notes").get_by_role("listitem")
        mine.get_by_role("button", name="Edit").click()
        mine.get_by_label("Text of the note").fill("Calm again.")
        mine.get_by_role("button", name="Save").click()
        expect(entry.locator(".text-of")).to_have_text("Calm again.")
        expect(entry).to_contain_text("changed")
        mine.get_by_role("button", name="Delete").click()
        mine.get_by_role("button", name="Keep it").click()
        expect(mine.get_by_role("button", name="Delete")).to_be_focused()
        mine.get_by_role("button", name="Delete").click()
        mine.get_by_role("button", name="Delete it").click()
        expect(entry).to_have_count(0)
        expect(region(writer, "Notes")).to_contain_text("What should colleagues know")
        expect(writer.get_by_text("i would like to change my order please").first).to_be_visible(timeout=20_000)
    # Its summary comes by itself.
    for page in (writer, reader):
        expect(region(page, "Summary")).to_contain_text("i would like to change my order please", timeout=40_000)


def test_a_summary_leads_to_its_moments(hub: Any, page_of: Any) -> None:
    made = make_call(hub, "555095")
    page = page_of("supervisor", **WIDE)
    page.goto(f"{hub.url}/calls/{made['id']}/")
    summary = region(page, "Summary")
    expect(summary.get_by_role("heading", level=3)).to_have_text(["Reason", "Agreed", "Next steps", "Open questions"])
    link = summary.get_by_role("link", name=re.compile("the engineer will call you about half an hour"))
    link.click()
    expect(page).to_have_url(re.compile(rf"/\?at={made['at']}$"))
    sought = page.locator('.line[aria-current="true"]')
    expect(sought).to_contain_text("the engineer will call you")
    expect(sought).to_be_in_viewport()
    expect(summary.locator(".asked")).to_have_text("and what if it's something inside the house")
    page.get_by_label("New note").fill("x" * 200)
    page.get_by_role("button", name="Add note").click()
    page.get_by_label("New tag").fill("a tag of forty letters is the longest one")
    page.keyboard.press("Enter")
    expect(region(page, "Tags").get_by_role("link")).to_be_visible()
    expect(region(page, "Notes").get_by_role("listitem")).to_be_visible()
    look_at_both(page, "what is written")
    region(page, "Notes").get_by_role("button", name="Delete").click()
    look_at_both(page, "a note that is to be deleted")
    page.keyboard.press("Escape")
    region(page, "Notes").get_by_role("button", name="Edit").click()
    look_at_both(page, "a note that is changed")
    page.keyboard.press("Escape")
    region(page, "Tags").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/calls/\?tag="))
    expect(page.get_by_role("link", name="555095", exact=True)).to_be_visible()
    page.goto(f"{hub.url}/calls/{made['id']}/")
    page.get_by_role("button", name="Write it anew").click()
    expect(summary.get_by_role("link", name=re.compile("the engineer will call you"))).to_be_visible(timeout=20_000)
