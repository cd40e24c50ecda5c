"""A supervisor listens to a live call; nobody else can."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.acting import open_call
from tests.browser.caller import Caller
from tests.browser.looks import look_at


def test_listening_in_the_browser(hub, page_of, monkeypatch):
    monkeypatch.setattr("tests.browser.caller.SILENCE", bytes([0x10, 0x90] * 80))  # a loud tone of 4 kHz
    page = page_of("supervisor")
    with Caller(hub, "listen-1", ani="5550881"):
        open_call(page, hub, "5550881")
        page.keyboard.press("l")
        expect(page.get_by_text("s in the buffer")).to_be_visible(timeout=15_000)
        expect(page.get_by_role("button", name="Stop listening")).to_be_visible()
        for name in ("Agent", "Customer"):
            meter = page.get_by_role("meter", name=f"Level: {name}")
            page.wait_for_timeout(300)
            assert float(meter.evaluate("m => m.value")) > 0.1
        page.get_by_role("button", name="Mute customer").click()
        expect(page.get_by_role("button", name="Mute customer")).to_have_attribute("aria-pressed", "true")
        look_at(page, "listening")
        page.keyboard.press("l")
        expect(page.get_by_role("button", name="Listen live")).to_be_visible()
    expect(page.get_by_role("button", name="Listen live")).to_be_hidden()
    # Once it is over: its waveform, a slider by keyboard and mouse.
    wave = page.get_by_role("slider", name="Place in the recording")
    expect(wave).to_be_visible(timeout=20_000)
    wave.press("Shift+ArrowRight")
    expect(wave).to_have_attribute("aria-valuenow", "1")
    wave.click(position={"x": 3, "y": 20})
    expect(wave).to_have_attribute("aria-valuenow", "0")
    page.get_by_label("Speed").select_option("2")
    assert page.locator("audio").evaluate("a => a.playbackRate") == 2
    page.get_by_label("Skip silence").check()
    page.get_by_role("button", name="Mute agent").click()
    expect(page.get_by_role("button", name="Mute agent")).to_have_attribute("aria-pressed", "true")
    look_at(page, "the recording")
    words = page.locator(".line.agent .words").first
    words.click(position={"x": words.bounding_box()["width"] - 25, "y": 20})  # the last one
    at = page.locator("audio")
    expect(page.locator(".line.playing").first).to_be_visible()
    assert at.evaluate("a => a.currentTime") > 0.5
    marked = page.evaluate("[...CSS.highlights.get('played-word')].map(String)")
    assert marked and set(marked) <= {"can", "i", "help", "you"}
