"""Every page of the hub, as the table of rights lists them: accessible, readable, calm, light and wide, dark and narrow."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import sign_in
from tests.browser.looks import WIDE, look_at_both
from tests.permissions.table import lines

# No pages: for machines; files; what leads on to another page.
OTHERS = re.compile(
    r"^(profiles/refused/|livez|health|readyz|metrics|words/|client|account/$|account/.*(authenticate|deactivate|recovery)|set-password/)"
)
STATES = (
    "/calls/?q=saturday",
    "/calls/?state=ended",
    "/calls/?from=yesterday",
    "/team/users/?q=nobody",
    "/team/audit/?actor=nobody",
    "/set-password/x/y/",
    "/nowhere/",
)
MAKE = """
import json
from bots.models import Bot, BotVersion
from calls.models import (AlertRule, ApiKey, Call, StreamingProfile, Team, TransferTarget, User, VendorAccount, Webhook)
from calls.services.accounts import create_api_key
maria = User.objects.get(username="maria")
team = Team.objects.create(name="Front office")
team.users.add(maria)
fields = {"platformUrl": "https://platform.ringcentral.com", "ringcxUrl": "https://ringcx.ringcentral.com"}
BotVersion.objects.create(bot=Bot.objects.first(), version=1, name="Front desk", kind="menu", document="", config={})
ended = Call.objects.filter(state="ended").first()
key = create_api_key(name="Reports", owner=maria, scope="read")[0]
print(json.dumps({
    "call_id": str(ended.id),
    "profile_id": str(StreamingProfile.objects.get(vendor="audiocodes").id),
    "vendor": "ringover", "account_vendor": "ringcx", "kind": "menu", "number": "1", "alert_kind": "phrase",
    "bot_id": str(Bot.objects.first().id),
    "account_id": str(VendorAccount.objects.create(vendor="ringcx", name="Ours", fields=fields).id),
    "webhook_id": str(Webhook.objects.create(url="https://crm.example.com/", events=["call.ended"], secret="s").id),
    "rule_id": str(AlertRule.objects.create(name="Money", kind="phrase", expression="refund").id),
    "target_id": str(TransferTarget.objects.create(name="Billing", target="+12025550123").id),
    "team_id": str(team.id), "user_id": str(maria.pk), "api_key_id": str(key.id), "own_key_id": str(key.id),
}))
"""


def pages(places: dict[str, str]) -> list[str]:
    routes = [line.route for line in lines() if line.method == "GET" and not line.route.startswith(("api/", "ws/"))]
    found = [
        "/" + re.sub(r"<(\w+)>", lambda name: places[name[1]], route) for route in routes if not OTHERS.match(route)
    ]
    return [*found, *STATES]


@pytest.fixture(scope="module")
def places(seeded):
    hub, made = seeded
    return {**json.loads(hub.shell(MAKE)), "live": made["answered"], "vendorCallId": made["callId"], "key": made["key"]}


@pytest.mark.provokes(404)
def test_every_page(seeded, places, new_context, complaints):
    hub, _ = seeded
    context = new_context(**WIDE)
    sign_in(context, hub.url, "maria", "made-up")
    page = complaints.watch(context.new_page())
    embed = f"/embed/?callId={places['vendorCallId']}#key={places['key']}"
    failed = []
    for path in [*pages(places), f"/calls/{places['live']}/", embed]:
        answer = page.goto(hub.url + path)
        assert answer and answer.status in (200, 404 if path == "/nowhere/" else 200), f"{path}: {answer.status}"
        if path in (embed, f"/calls/{places['live']}/"):
            expect(page.locator(".log .line").first).to_be_visible()
        else:
            page.wait_for_load_state("load")
            expect(page.locator("main")).to_be_visible()
        try:
            look_at_both(page, path)
        except AssertionError as error:
            failed.append(str(error).split("Elements Affected")[0][:600])
    assert failed == [], "\n".join(failed)


def test_the_pages_without_a_log_in(seeded, new_context, complaints):
    hub, _ = seeded
    page = complaints.watch(new_context().new_page())
    for path in ("/login/", "/embed/", "/client?callId=7"):
        page.goto(hub.url + path)
        look_at_both(page, path)
