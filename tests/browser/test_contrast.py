"""Every text is readable, in light and in dark."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import sign_in

FAINT_TEXTS = (Path(__file__).parent / "contrast.js").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out(seeded, new_context, complaints, scheme):
    hub, made = seeded
    context = new_context(color_scheme=scheme)
    sign_in(context, hub.url, "maria", "made-up")
    page = complaints.watch(context.new_page())
    call, profile = f"/calls/{made['call']}/", f"/profiles/{made['profile']}/"
    embed = f"/embed/?callId={made['callId']}#key={made['key']}"
    for path in ("/", "/calls/", call, "/profiles/", profile, f"{profile}delete/", "/nowhere/", embed, "/embed/"):
        page.goto(hub.url + path)
        page.wait_for_load_state("networkidle")
        if path in (call, embed):
            expect(page.locator(".log .line").first).to_be_visible()
        assert page.evaluate(FAINT_TEXTS) == [], path
