"""The embed as an agent's script shows it: a cross-origin iFrame, third-party cookies blocked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.browser.caller import Caller
from tests.browser.test_live import FIRST


class Script(BaseHTTPRequestHandler):
    """Another site's page with an iFrame, whose address it takes from its own query."""

    def do_GET(self) -> None:
        from urllib.parse import unquote

        address = unquote(self.path.partition("?")[2])
        body = (
            f'<!doctype html><title>Script</title><iframe src="{address}" width="280" height="500"></iframe>'.encode()
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def script_site() -> Iterator[str]:
    """A site of its own: `localhost` is another site than the hub's 127.0.0.1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Script)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def allow(hub, *origins):
    hub.shell(
        f"from calls.models import StreamingProfile; StreamingProfile.objects.update(frame_ancestors={list(origins)!r})"
    )


def test_waits_for_the_call_then_shows_it(hub, stranger):
    stranger.set_viewport_size({"width": 280, "height": 500})
    stranger.goto(f"{hub.url}/embed/?callId=embed-1#key={hub.embed_key}")
    expect(stranger.get_by_text("Waiting for the call to start…")).to_be_visible()
    assert stranger.url == f"{hub.url}/embed/?callId=embed-1"
    with Caller(hub, "embed-other", ani="5550900"), Caller(hub, "embed-1", ani="5550101"):
        expect(stranger.get_by_role("heading", name="5550101")).to_be_visible()
        expect(stranger.locator(".interims")).to_contain_text("is speaking")
        expect(stranger.get_by_role("log").locator("li").filter(has_text=FIRST)).to_have_count(2)
        assert stranger.evaluate("document.documentElement.scrollWidth") <= 280
    expect(stranger.locator("[data-part=state]")).to_have_text("Ended")
    assert stranger.context.cookies() == []


def test_works_in_another_site_s_frame_without_cookies(hub, stranger, script_site):
    allow(hub, script_site)
    stranger.goto(f"{script_site}/?{hub.url}/client?callId=embed-2%26key={hub.embed_key}")
    frame = stranger.frame_locator("iframe")
    expect(frame.get_by_text("Waiting for the call to start…")).to_be_visible()
    assert hub.embed_key not in stranger.frames[1].url
    with Caller(hub, "embed-2", ani="5550102"):
        expect(frame.get_by_role("log")).to_contain_text(FIRST)
    assert stranger.context.cookies() == []


def test_a_page_that_is_not_named_can_not_frame_it(hub, browser, script_site):
    allow(hub)
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{script_site}/?{hub.url}/embed/?callId=1%23key={hub.embed_key}")
    page.wait_for_timeout(500)
    assert any("frame-ancestors" in text for text in refused)
    expect(page.frame_locator("iframe").locator("#embed")).to_have_count(0)
    page.close()


def test_comes_back_with_a_fresh_ticket_after_a_restart(hub, stranger):
    stranger.goto(f"{hub.url}/embed/?callId=embed-3#key={hub.embed_key}")
    expect(stranger.get_by_text("Waiting for the call to start…")).to_be_visible()
    hub.stop()
    expect(stranger.locator(".connection")).to_have_attribute("data-state", "waiting")
    hub.start()
    expect(stranger.locator(".connection")).to_have_attribute("data-state", "open", timeout=20_000)
    with Caller(hub, "embed-3", ani="5550103"):
        expect(stranger.get_by_role("log")).to_contain_text(FIRST)


@pytest.mark.provokes(401)
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("#key=emb_x", "The address names no call."),
        ("?callId={{model.call.uii}}#key=emb_x", "The address names no call."),
        ("?callId=7", "The address carries no embed key."),
        ("?callId=7#key=emb_wrong", "This embed key is unknown or was revoked."),
    ],
)
def test_says_what_is_missing(hub, stranger, query, says):
    stranger.goto(f"{hub.url}/embed/{query}")
    expect(stranger.get_by_role("alert")).to_contain_text(says)


MORE = """
from calls.models import Call, Segment
stream = Call.objects.get(vendor_call_id=%r).streams.get()
text = "and since then the tracking page says nothing at all so i wonder where it went"
Segment.objects.bulk_create(
    Segment(call=stream.call, stream=stream, track="customer", start_ms=at, end_ms=at + 900, text=text)
    for at in range(60_000, 100_000, 1000)
)
"""


def test_follows_the_words_when_the_frame_changes_its_size(seeded, new_context, complaints):
    hub, made = seeded
    hub.shell(MORE % made["callId"])
    page = complaints.watch(new_context(viewport={"width": 280, "height": 900}).new_page())
    page.goto(f"{hub.url}/embed/?callId={made['callId']}#key={made['key']}")
    last = page.get_by_role("log").locator("li").last
    expect(last).to_be_in_viewport()
    for width, height in ((320, 560), (280, 900), (500, 300), (300, 700)):
        page.set_viewport_size({"width": width, "height": height})
        expect(last).to_be_in_viewport()
        expect(page.get_by_role("button", name="To the newest")).to_be_hidden()
