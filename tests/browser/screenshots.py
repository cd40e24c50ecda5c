"""The README's pictures: `python -m tests.browser.screenshots docs/images`. A hub of its own, made-up calls."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, WebSocketRoute

from tests.browser.chromium import chromium, sign_in
from tests.server import HubServer

PASSWORD = "pictures-only"
INTERIM = {"track": "customer", "startMs": 60_000, "text": "that would be wonderful and is there anything i have to"}
WIDE, TALL, NARROW = (1280, 800), (1280, 1240), (280, 560)


def speak(route: WebSocketRoute) -> None:
    """Passes everything on, and adds what the customer is saying at the moment."""
    server = route.connect_to_server()

    def on_message(text: str | bytes) -> None:
        route.send(text)
        message = json.loads(text)
        if message["type"] == "snapshot":
            segment = {**INTERIM, "streamId": message["call"]["streams"][0]["id"]}
            route.send(json.dumps({"type": "segment.interim", "seq": message["seq"] + 1, "segment": segment}))

    server.on_message(on_message)


def shoot(browser: Browser, hub: HubServer, folder: Path) -> None:
    seeded = json.loads(hub.shell(f"from tests.browser.seed import seed; seed({PASSWORD!r})"))
    call, profile = f"/calls/{seeded['call']}/", f"/profiles/{seeded['profile']}/"
    pages = {
        "wall": ("/", WIDE, ".card"),
        "call": (call, WIDE, ".line.interim"),
        "calls": ("/calls/", WIDE, "table"),
        "profile": (profile, TALL, "form"),
        "embed": (f"/embed/?callId={seeded['callId']}#key={seeded['key']}", NARROW, ".line.interim"),
    }
    for scheme in ("light", "dark"):
        for name, (path, (width, height), ready) in pages.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US"
            )
            sign_in(context, hub.url, "maria", PASSWORD)
            page = context.new_page()
            page.route_web_socket("**/ws/calls/**", speak)
            page.route_web_socket("**/ws/embed/**", speak)
            page.goto(hub.url + path)
            page.wait_for_selector(ready)
            page.wait_for_timeout(400)
            page.screenshot(path=folder / f"{name}-{scheme}.png")
            context.close()


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    target.mkdir(parents=True, exist_ok=True)
    with HubServer(environment={"HUB_RECOGNIZER": "pocketsphinx"}) as server, chromium() as chrome:
        shoot(chrome, server, target)
