"""The pages of rules for alerts, and what the history says of alerts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from calls.models import Alert, AlertRule, StreamingProfile, User
from calls.services import alert_book
from tests.conftest import MakeCall

RULES = "/team/alerts/"
LEAVING = {"name": "Leaving", "expression": "cancel*", "track": "customer", "scope": "every", "enabled": "on"}


@pytest.fixture(autouse=True)
def no_rule_is_remembered() -> Iterator[None]:
    yield
    alert_book._forget()


@pytest.fixture
def page(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def test_where_there_is_none_three_are_offered(page: Client) -> None:
    text = page.get(RULES).content.decode()
    assert "No rule yet" in text and text.count("/team/alerts/examples/") == 3
    answer = page.post(f"{RULES}examples/silence/", follow=True)
    assert answer.redirect_chain == [(RULES, 302)]
    text = answer.content.decode()
    assert "Nobody speaks" in text and "after 30 seconds" in text and "/team/alerts/examples/" not in text
    assert page.post(f"{RULES}examples/nonsense/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "field", "value", "stored"),
    [
        ("silence", "threshold", "45", 45),
        ("long", "threshold", "20", 1200),
        ("confidence", "threshold", "40", 0.4),
        ("mood", "threshold", "-0.5", -0.5),
        ("phrase", "expression", "refund NEAR/5 angry", None),
    ],
)
def test_each_kind_has_its_form(page: Client, kind: str, field: str, value: str, stored: float | None) -> None:
    assert f'href="{RULES}new/{kind}/"' in page.get(f"{RULES}new/").content.decode()
    address = f"{RULES}new/{kind}/"
    text = page.get(address).content.decode()
    assert ("threshold" in text) == (kind != "phrase") and ('name="expression"' in text) == (kind == "phrase")
    assert ('name="enabled" id="id_enabled" checked' in text) == (kind != "mood")
    answer = page.post(address, {"name": "New", field: value, "scope": "every", "enabled": "on"})
    assert answer.status_code == 302, answer.content.decode()
    rule = AlertRule.objects.get()
    assert (rule.kind, rule.threshold, rule.every_profile, rule.enabled) == (kind, stored, True, True)
    shown = page.get(f"{RULES}{rule.id}/").content.decode()
    assert f'value="{value}"' in shown or f">\n{value}<" in shown


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"name": ""}, "Give it a name"),
        ({"expression": "refund OR"}, "At character 10"),
        ({"scope": "some"}, "Choose one profile"),
        ({"track": "nobody"}, "Select a valid choice"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_at_its_field(page: Client, wrong: dict[str, Any], word: str) -> None:
    answer = page.post(f"{RULES}new/phrase/", {**LEAVING, **wrong})
    assert answer.status_code == 422 and word in answer.content.decode()
    assert not AlertRule.objects.exists()


@pytest.mark.parametrize(("kind", "value"), [("silence", "2"), ("confidence", "99"), ("mood", "0.3"), ("long", "")])
def test_a_threshold_out_of_bounds(page: Client, kind: str, value: str) -> None:
    assert page.post(f"{RULES}new/{kind}/", {"name": "x", "threshold": value, "scope": "every"}).status_code == 422


def test_a_rule_is_changed_and_deleted(page: Client, profile: StreamingProfile) -> None:
    page.post(f"{RULES}new/phrase/", LEAVING)
    rule = AlertRule.objects.get()
    address = f"{RULES}{rule.id}/"
    chosen = {**LEAVING, "scope": "some", "profiles": [str(profile.id)], "version": 1}
    assert page.post(address, chosen).status_code == 302
    rule.refresh_from_db()
    assert list(rule.profiles.all()) == [profile] and not rule.every_profile
    assert page.post(address, chosen).status_code == 409
    profile.delete()
    assert "it watches nothing" in page.get(address).content.decode()
    assert "Alerts that it raised stay" in page.get(f"{address}delete/").content.decode()
    assert page.post(f"{address}delete/").status_code == 302
    assert not AlertRule.objects.exists()
    assert page.get(f"{RULES}new/nonsense/").status_code == 404


def test_the_history_counts_and_filters(page: Client, make_call: MakeCall) -> None:
    rule = AlertRule.objects.create(name="Leaving", kind="phrase", expression="cancel")
    with_alerts, without = make_call(from_number="111111"), make_call(from_number="222222")
    for at_ms in (0, 500):
        Alert.objects.create(call=with_alerts, rule=rule, name="Leaving", kind="phrase", at_ms=at_ms)
    text = page.get("/calls/").content.decode()
    assert "2 alerts" in text and "222222" in text
    for wanted in ("any", str(rule.id)):
        text = page.get(f"/calls/?alert={wanted}").content.decode()
        assert "111111" in text and "222222" not in text
    assert "111111" not in page.get("/calls/?alert=nonsense").content.decode()
    assert f'href="/calls/?alert={rule.id}"' in page.get(f"{RULES}{rule.id}/").content.decode()
    assert without.alerts.count() == 0
