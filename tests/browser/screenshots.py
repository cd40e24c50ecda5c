"""The README's pictures: `python -m tests.browser.screenshots docs/images`. A hub of its own, made-up calls."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, WebSocketRoute

from tests.browser.chromium import chromium, sign_in
from tests.server import HubServer

SEED = """
import json, random, uuid
from datetime import timedelta
from django.utils import timezone
from calls.models import Call, Recording, Segment, Stream, StreamingProfile, User
from calls.models.accounts import Role
from calls.services import accounts, profiles
from calls.events import CallInfo

User.objects.create_user("maria", password="pictures-only", role=Role.ADMIN)
support = profiles.save_profile(StreamingProfile(name="Support line", product_id="1234", secret="s", secret_check="observe",
    phrases=["cancel my order", "tracking number", "refund to my card"]))
sales = profiles.save_profile(StreamingProfile(name="Spring campaign", product_type="CAMPAIGN", product_id="77", recognizer="google"))
StreamingProfile.objects.filter(id=support.id).update(secret_seen_at=timezone.now() - timedelta(minutes=4))
_, embed = profiles.create_embed_key(support)
profiles.note_refused(vendor="ringcx", info=CallInfo(product_type="QUEUE", product_id="1301", sub_account_id="9981"), reason="unknown_product")
now = timezone.now()
CALLS = json.loads(%r)
ids = {}
for number, c in enumerate(CALLS):
    started = now - timedelta(seconds=c["age"])
    live = c.get("ended") is None
    profile = sales if c["product"] == "CAMPAIGN" else support
    call = Call.objects.create(vendor="ringcx", key=f"ringcx::{c['id']}", vendor_call_id=c["id"], profile=profile,
        from_number=c["from"], to_number=c["to"], agent_id=c["agent"], product_type=c["product"], product_id=profile.product_id,
        started_at=started, audio_started_at=started, state="live" if live else "ended",
        ended_at=None if live else started + timedelta(seconds=c["ended"]))
    stream = Stream.objects.create(call=call, session_id="2", agent_id=c["agent"], process=uuid.uuid4(), offset_ms=0,
        started_at=started, lease_until=now + timedelta(hours=1), state=call.state, ended_at=call.ended_at,
        counters={"tracks": {t: {"frames": c["age"] * 50, "lost": c.get("lost", 0), "duplicates": 1, "reordered": 4, "late": 0, "resyncs": 0}
            for t in ("agent", "customer")}, "ignored": {}},
        health={"recognizerLagMs": c.get("lag", 240), "silenceMs": c.get("silence", {"agent": 800, "customer": 0}), "skippedMs": 0})
    at = 900
    for track, text in c["said"]:
        words, start = [], at
        for word in text.split():
            sure = 0.34 if word.startswith("~") else 0.93
            words.append([word.lstrip("~"), at, at + 260, sure]); at += 300
        Segment.objects.create(call=call, stream=stream, track=track, start_ms=start, end_ms=at, text=text.replace("~", ""),
            confidence=0.88, words=words, participant=c["agent"] if track == "agent" else "")
        at += 700
    if not live:
        Recording.objects.create(call=call, state="empty")
    ids[c["id"]] = str(call.id)
print(json.dumps({"calls": ids, "embed": embed, "profile": str(support.id)}))
"""

TALK = [
    ["agent", "thank you for calling my name is maria how can i help you"],
    ["customer", "hi maria i ordered a pair of headphones last week and they still have not arrived"],
    ["agent", "i am sorry to hear that could you give me your order number please"],
    ["customer", "yes one moment it is four seven one ~nine two eight"],
    ["agent", "thank you i see it here the parcel was handed to the carrier on monday"],
    ["customer", "and since then the tracking page says nothing at all"],
    ["customer", "i need them before saturday otherwise i would rather ~cancel my order"],
    ["agent", "i understand i can send a replacement by express today and it will be with you on friday morning"],
]
CALLS = [
    {"id": "202601150930120132050000012345", "from": "+1 222 333 4444", "to": "+1 800 555 0100", "agent": "123", "product": "QUEUE", "age": 94, "said": TALK},
    {"id": "2", "from": "+1 415 555 0137", "to": "+1 800 555 0100", "agent": "118", "product": "QUEUE", "age": 411, "lost": 212,
     "said": [["customer", "you are breaking up a little could you say that again"], ["agent", "of course the technician comes on thursday between nine and eleven"]]},
    {"id": "3", "from": "+1 303 555 0192", "to": "+1 800 555 0177", "agent": "204", "product": "CAMPAIGN", "age": 37,
     "said": [["agent", "good morning this is daniel i am calling about the offer you asked for"], ["customer", "oh yes i have been waiting for that"]]},
    {"id": "4", "from": "+1 617 555 0111", "to": "+1 800 555 0100", "agent": "131", "product": "QUEUE", "age": 753, "silence": {"agent": 47000, "customer": 47000},
     "said": [["customer", "sure i can hold"], ["agent", "let me check that with our billing team it will take a minute"]]},
    {"id": "5", "from": "+1 206 555 0164", "to": "+1 800 555 0177", "agent": "211", "product": "CAMPAIGN", "age": 162,
     "said": [["agent", "so that would be the yearly plan with two months free"], ["customer", "and can i change it later if it does not fit"]]},
    {"id": "6", "from": "+1 512 555 0148", "to": "+1 800 555 0100", "agent": "127", "product": "QUEUE", "age": 12, "said": [["agent", "thank you for calling how can i help"]]},
    *({"id": f"old{n}", "from": f"+1 646 555 01{n:02}", "to": "+1 800 555 0100", "agent": str(110 + n % 7), "product": "QUEUE" if n % 3 else "CAMPAIGN",
       "age": 3600 * n + 900, "ended": 120 + n * 37, "said": TALK} for n in range(1, 24)),
]  # fmt: skip
INTERIM = {"track": "customer", "startMs": 60_000, "text": "that would be wonderful and is there anything i have to"}
WIDE, TALL, NARROW = (1280, 800), (1280, 1240), (280, 560)


def speak(call_id: str) -> object:
    """A route that passes everything on and adds what the customer is saying at the moment."""

    def handler(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def on_message(text: str | bytes) -> None:
            route.send(text)
            message = json.loads(text)
            if message["type"] == "snapshot" and "segments" in message:
                seq = message["seq"] + 1
                segment = {**INTERIM, "streamId": message["call"]["streams"][0]["id"]}
                route.send(json.dumps({"type": "segment.interim", "seq": seq, "segment": segment}))

        server.on_message(on_message)

    return handler


def shoot(browser: Browser, hub: HubServer, folder: Path) -> None:
    seeded = json.loads(hub.shell(SEED % json.dumps(CALLS)))
    call = seeded["calls"][CALLS[0]["id"]]
    pages = {
        "wall": ("/", WIDE, ".card"),
        "call": (f"/calls/{call}/", WIDE, ".line.interim"),
        "calls": ("/calls/", WIDE, "table"),
        "profiles": ("/profiles/", WIDE, ".profile"),
        "profile": (f"/profiles/{seeded['profile']}/", TALL, "form"),
        "login": ("/login/", WIDE, "form"),
        "embed": (f"/embed/?callId={CALLS[0]['id']}#key={seeded['embed']}", NARROW, ".line.interim"),
        "wall-narrow": ("/", (320, 700), ".card"),
        "call-narrow": (f"/calls/{call}/", (320, 700), ".line.interim"),
        "profile-narrow": (f"/profiles/{seeded['profile']}/", (320, 700), "form"),
    }
    for scheme in ("light", "dark"):
        for name, (path, (width, height), ready) in pages.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1, locale="en-US"
            )
            if name not in ("login", "embed"):
                sign_in(context, hub.url, "maria", "pictures-only")
            page: Page = context.new_page()
            page.route_web_socket("**/ws/calls/**", speak(call))
            page.route_web_socket("**/ws/embed/**", speak(call))
            page.goto(hub.url + path)
            page.wait_for_selector(ready)
            page.wait_for_timeout(400)
            page.screenshot(path=folder / f"{name}-{scheme}.png")
            context.close()


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    target.mkdir(parents=True, exist_ok=True)
    with HubServer() as server, chromium() as chrome:
        shoot(chrome, server, target)
