"""The page of the audit: sentences, filters that stand in the address, pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from bots.models import Bot
from calls.models import AlertRule, AuditEntry, Call, StreamingProfile, User
from calls.pages.audit_words import GROUPS, SENTENCES
from tests.conftest import MakeCall

AUDIT = "/team/audit/"
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call(vendor_call_id="c-1")


def entry(action: str, **fields: Any) -> AuditEntry:
    fields = {"actor_name": "maria", "at": NOON, **fields}
    return AuditEntry.objects.create(action=action, **fields)


def sentences(client: Client, **query: str) -> list[str]:
    page = client.get(AUDIT, query).content.decode()
    rows = re.findall(r'<p>(<a class="actor".*?)</p>', page, re.S)
    return [" ".join(unescape(re.sub(r"<[^>]+>", "", row)).split()) for row in rows]


def test_an_empty_audit_says_what_comes_here(client: Client) -> None:
    text = client.get(AUDIT).content.decode()
    assert "Nothing is on record yet" in text
    assert "Nobody did such a thing" in client.get(AUDIT, {"actor": "x"}).content.decode()


def test_sentences_with_links_and_facts(client: Client, call: Call, profile: StreamingProfile) -> None:
    entry("call.listen_end", call=call, subject="c-1", detail={"seconds": 34.5, "began": "x"})
    entry("command.transfer", call=call, subject="Acme call c-1", detail={"params": {"target": "+1202"}})
    entry("profile.change", subject="Sales", detail={"profile": str(profile.id), "changed": ["secretCheck", "name"]})
    entry("profile.delete", subject="Gone", detail={"profile": "0195d7a2-0000-7000-8000-000000000000"})
    entry("call.removed", subject="c-9", detail={"reason": "retention"})
    bot, rule = (
        Bot.objects.create(name="Reception", kind="echo"),
        AlertRule.objects.create(name="Refund", kind="phrase"),
    )
    entry("bot.change", subject="Reception", detail={"bot": str(bot.id), "version": 2})
    entry("alert_rule.update", subject="Refund", detail={"rule": str(rule.id)})
    entry("strange.thing", subject="<b>x</b>")
    assert sentences(client) == [
        "maria did: strange.thing <b>x</b>",
        "maria changed the alert rule Refund",
        "maria changed the bot Reception",
        "maria deleted call c-9 for good",
        "maria deleted the profile Gone",
        "maria changed the profile Sales",
        "maria asked for Transfer to a queue in call c-1",
        "maria listened to call c-1 for 34.5 seconds",
    ]
    text = client.get(AUDIT).content.decode()
    assert f'<a href="/calls/{call.id}/">call c-1</a>' in text
    assert f'<a href="/bots/{bot.id}/">Reception</a>' in text
    assert f'<a href="/team/alerts/{rule.id}/">Refund</a>' in text
    assert f'<a href="/profiles/{profile.id}/">Sales</a>' in text and "<b>Gone</b>" in text
    assert "<dt>changed</dt> <dd>secretCheck, name</dd>" in text
    assert "<dt>parameters</dt> <dd>target: +1202</dd>" in text
    assert "<b>x</b>" not in text.replace("&lt;b&gt;x&lt;/b&gt;", "")


def test_filters_stand_in_the_address(client: Client, call: Call, viewer: User) -> None:
    entry("sign-in", actor_name="viewer", actor=viewer)
    entry("call.read", actor_name="viewer (API key Wall)", actor=viewer, call=call, subject="c-1")
    entry("call.listen", call=call, subject="c-1", at=NOON + timedelta(days=1))
    entry("call.listen_end", call=call, subject="c-1", at=NOON + timedelta(days=1), detail={"seconds": 1})
    entry("webhook.update", subject="CRM", at=NOON + timedelta(days=2))
    everything = sentences(client)
    assert len(everything) == 5
    assert sentences(client, actor="viewer") == everything[3:]
    assert sentences(client, actor="viewer (API key Wall)") == everything[3:4]
    assert sentences(client, action="listening") == everything[1:3]
    assert sentences(client, action="call.listen_end") == everything[1:2]
    assert sentences(client, action="reading") == everything[3:4]
    assert sentences(client, call="c-1") == sentences(client, call=str(call.id)) == everything[1:4]
    assert sentences(client, **{"from": "2026-01-16", "to": "2026-01-16"}) == everything[1:3]
    assert sentences(client, call="\0") == everything  # no character of an id
    assert sentences(client, **{"from": "yesterday"}) == everything
    days = {"from": "2026-01-16", "to": "2026-01-16", "zone": "Asia/Tokyo"}
    assert (
        "?format=csv&amp;from=2026-01-16T00%3A00%3A00%2B09%3A00&amp;to=2026-01-16T23%3A59%3A59.999999%2B09%3A00"
        in client.get(AUDIT, days).content.decode()
    )
    text = client.get(AUDIT, {"action": "listening", "actor": "maria"}).content.decode()
    assert '<option value="listening" selected>' in text and 'value="maria"' in text
    assert "?format=csv&amp;actor=maria&amp;action=call.listen%2Ccall.listen_end" in text


def test_pages_lead_back_and_forth(client: Client) -> None:
    for number in range(120):
        entry("calls.search", subject=f"word {number}", at=NOON + timedelta(seconds=number // 3))
    seen: list[str] = []
    address = f"{AUDIT}?action=reading"
    while address:
        text = client.get(address).content.decode()
        seen += re.findall(r"searched the calls for <b>(word \d+)</b>", text)
        found = re.search(r'rel="next" href="([^"]+)"', text)
        last, address = address, f"{AUDIT}{unescape(found[1])}" if found else ""
    assert sorted(seen, key=lambda word: int(word.split()[1])) == [f"word {number}" for number in range(120)]
    back = re.search(r'rel="prev" href="([^"]+)"', client.get(last).content.decode())
    assert back
    text = client.get(f"{AUDIT}{unescape(back[1])}").content.decode()
    assert re.findall(r"searched the calls for <b>(word \d+)</b>", text) == seen[50:100]


def test_costs_the_same_however_many_entries(
    client: Client, profile: StreamingProfile, call: Call, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        entry("profile.change", subject=str(number), detail={"profile": str(profile.id)})
        entry("call.read", call=call, subject="c-1")
    with django_assert_max_num_queries(9):
        client.get(AUDIT)


def test_it_is_the_admins(supervisor: User) -> None:
    client = Client()
    client.force_login(supervisor)
    assert client.get(AUDIT).status_code == 403


def test_every_action_of_the_code_has_a_sentence() -> None:
    found = set()
    for path in [*settings.BASE_DIR.glob("calls/**/*.py"), *settings.BASE_DIR.glob("hub/signin/*.py")]:
        text = path.read_text()
        if "audit" in text:
            for pair in re.findall(r'\baction="([a-z_.-]+)"(?: if [^\n]+? else "([a-z_.-]+)")?', text):
                found |= {name for name in pair if name}
    assert len(found) > 40
    assert found - set(SENTENCES) == set()


def test_every_action_is_in_one_group() -> None:
    for action in SENTENCES:
        inside = [
            name
            for name, (_, prefixes) in GROUPS.items()
            if any(action == prefix or action.startswith(f"{prefix}.") for prefix in prefixes)
        ]
        assert len(inside) == 1, (action, inside)


def test_pages_of_calls_are_readings(viewer: User, agent: User, call: Call) -> None:
    client = Client()
    client.force_login(viewer)
    for path in (
        f"/calls/{call.id}/",
        f"/calls/{call.id}/",
        "/calls/",
        "/calls/?q=refund",
        "/calls/?q=refund&state=live",
    ):
        assert client.get(path).status_code == 200
    client.force_login(agent)
    assert client.get(f"/calls/{call.id}/").status_code == 404
    found = AuditEntry.objects.order_by("at", "id").values_list("actor_name", "action", "subject")
    assert [*found] == [("viewer", "call.read", "c-1"), ("viewer", "calls.search", "refund")]
