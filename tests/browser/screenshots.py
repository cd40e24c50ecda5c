"""The pictures of the documents: `python -m tests.browser.screenshots`. A hub of its own, made-up calls; the main pages
light and dark, wide and as narrow as an agent's iFrame."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, WebSocketRoute

from tests.browser.chromium import chromium, sign_in
from tests.server import HubServer

PASSWORD = "pictures-only"
INTERIM = {"track": "customer", "startMs": 60_000, "text": "that would be wonderful and is there anything i have to"}
WIDE, NARROW = (1280, 800), (280, 600)


def speak(route: WebSocketRoute) -> None:
    """Passes everything on, and adds what the customer is saying at the moment."""
    server = route.connect_to_server()

    def on_message(text: str | bytes) -> None:
        route.send(text)
        message = json.loads(text)
        if message["type"] == "snapshot" and message["call"]["state"] == "live":
            segment = {**INTERIM, "streamId": message["call"]["streams"][0]["id"]}
            route.send(json.dumps({"type": "segment.interim", "seq": message["seq"] + 1, "segment": segment}))

    server.on_message(on_message)


def pages_of(hub: HubServer, made: dict[str, str]) -> dict[str, tuple[str, str]]:
    """By name: the address, and what is there once it is drawn."""
    return {
        "wall": ("/", ".card"),
        "call": (f"/calls/{made['answered']}/", ".line.interim"),
        "after": (f"/calls/{made['summed']}/", ".summary li"),
        "calls": ("/calls/", "table"),
        "search": ("/calls/?q=saturday", "mark"),
        "profile": (f"/profiles/{made['profile']}/", "form"),
        "bot": (f"/bots/{made['bot']}/", "form"),
        "alerts": ("/team/alerts/", "main li"),
        "audit": ("/team/audit/", "main"),
        "people": ("/team/users/", "main"),
        "embed": (f"/embed/?callId={made['callId']}#key={made['key']}", ".line.interim"),
    }


def shoot(browser: Browser, hub: HubServer, folder: Path) -> None:
    made = json.loads(hub.shell(f"from tests.browser.seed import seed; seed({PASSWORD!r})"))
    for scheme in ("light", "dark"):
        for size, (width, height) in {"": WIDE, "-280": NARROW}.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US"
            )
            sign_in(context, hub.url, "maria", PASSWORD)
            page = context.new_page()
            page.route_web_socket("**/ws/calls/**", speak)
            page.route_web_socket("**/ws/embed/**", speak)
            for name, (path, ready) in pages_of(hub, made).items():
                page.goto(hub.url + path)
                page.wait_for_selector(ready)
                page.wait_for_timeout(400)
                page.screenshot(path=folder / f"{name}-{scheme}{size}.png")
                if name == "call":
                    page.keyboard.press("d")
                    page.keyboard.type("012*#")
                    page.screenshot(path=folder / f"digits-{scheme}{size}.png")
            context.close()


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    target.mkdir(parents=True, exist_ok=True)
    with HubServer(environment={"HUB_RECOGNIZER": "pocketsphinx"}) as server, chromium() as chrome:
        shoot(chrome, server, target)
