"""`alert-rules/` and `calls/{id}/alerts/`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rest_framework.test import APIClient

from calls import shapes
from calls.models import Alert, AlertRule, AuditEntry, Call, StreamingProfile, User
from calls.services import alert_book
from tests.api.conftest import Problem, with_key
from tests.conftest import MakeCall

RULES = "/api/v1/alert-rules/"
LEAVING = {"name": "Leaving", "kind": "phrase", "expression": 'cancel* OR "close my account"', "track": "customer"}


@pytest.fixture(autouse=True)
def no_rule_is_remembered() -> Iterator[None]:
    yield
    alert_book._forget()


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call(state="live")


def make_alert(call: Call, **fields: object) -> Alert:
    return Alert.objects.create(
        **{
            "call": call,
            "name": "Leaving",
            "kind": "phrase",
            "track": "customer",
            "at_ms": 1500,
            "text": "cancel",
            **fields,
        }
    )


class TestRules:
    def test_a_rule_is_made_changed_and_deleted(self, as_admin: APIClient, profile: StreamingProfile) -> None:
        response = as_admin.post(RULES, LEAVING)
        assert response.status_code == 201
        rule = response.json()
        assert {name: rule[name] for name in LEAVING} == LEAVING
        assert (rule["threshold"], rule["profiles"], rule["everyProfile"], rule["enabled"]) == (None, [], True, True)
        assert (rule["version"], next(iter(rule))) == (1, "id")
        address = f"{RULES}{rule['id']}/"
        assert as_admin.get(address).json() == rule == as_admin.get(RULES).json()["results"][0]
        changed = as_admin.patch(address, {"profiles": [str(profile.id)], "track": None}).json()
        assert (changed["profiles"], changed["everyProfile"], changed["track"]) == ([str(profile.id)], False, None)
        assert changed["expression"] == LEAVING["expression"] and changed["version"] == 2
        assert as_admin.put(address, changed).json()["profiles"] == [str(profile.id)]
        replaced = as_admin.put(address, {"name": "Quiet", "kind": "silence"}).json()
        assert (replaced["expression"], replaced["threshold"], replaced["profiles"]) == (None, 30, [])
        assert as_admin.delete(address).status_code == 204
        assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
            "alert_rule.create", "alert_rule.update", "alert_rule.update", "alert_rule.update", "alert_rule.delete",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("kind", "threshold", "enabled"),
        [("silence", 30, True), ("long", 900, True), ("confidence", 0.5, True), ("mood", -0.35, False)],
    )
    def test_what_a_new_rule_gets(self, as_admin: APIClient, kind: str, threshold: float, enabled: bool) -> None:
        rule = as_admin.post(RULES, {"name": "x", "kind": kind}).json()
        assert (rule["threshold"], rule["enabled"], rule["expression"]) == (threshold, enabled, None)
        assert as_admin.post(RULES, {"name": "y", "kind": kind, "enabled": True}).json()["enabled"] is True

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"kind": "nonsense"}, "kind"),
            ({"name": ""}, "name"),
            ({"expression": None}, "expression"),
            ({"expression": "x" * 1001}, "expression"),
            ({"track": "both"}, "track"),
            ({"threshold": 3}, "threshold"),
            ({"profiles": ["nonsense"]}, "profiles"),
            ({"colour": "red"}, "colour"),
        ],
        ids=str,
    )
    def test_what_is_refused(self, as_admin: APIClient, problem: Problem, more: dict[str, object], field: str) -> None:
        problem(as_admin.post(RULES, {**LEAVING, **more}), 422, field=field)
        assert not AlertRule.objects.exists()

    def test_a_mistake_is_told_with_its_place(self, as_admin: APIClient, problem: Problem) -> None:
        told = problem(as_admin.post(RULES, {**LEAVING, "expression": "refund OR (angry"}), 422, field="expression")
        assert told["errors"][0]["detail"] == "At character 11: This ( is not closed: add a )."

    def test_a_version_that_was_overtaken(self, as_admin: APIClient, problem: Problem) -> None:
        address = f"{RULES}{as_admin.post(RULES, LEAVING).json()['id']}/"
        assert as_admin.patch(address, {"name": "One", "version": 1}).json()["version"] == 2
        problem(as_admin.patch(address, {"name": "Two", "version": 1}), 409, "version_conflict")

    def test_an_expression_is_tried(self, as_admin: APIClient, problem: Problem) -> None:
        body = {"expression": LEAVING["expression"], "text": "I am cancelling, close my account"}
        assert as_admin.post(f"{RULES}try/", body).json() == {
            "found": True,
            "pieces": [
                {"text": "I am ", "match": False},
                {"text": "cancelling", "match": True},
                {"text": ", ", "match": False},
                {"text": "close my account", "match": True},
            ],
            "mood": None,
        }
        other = as_admin.post(f"{RULES}try/", {**body, "text": "hello"}).json()
        assert (other["found"], other["pieces"]) == (False, [{"text": "hello", "match": False}])
        problem(as_admin.post(f"{RULES}try/", {**body, "expression": "a OR"}), 422, field="expression")
        problem(as_admin.post(f"{RULES}try/", {**body, "expression": ""}), 422, field="expression")
        problem(as_admin.post(f"{RULES}try/", {"expression": "a"}), 422, field="text")
        assert as_admin.post(f"{RULES}try/", {"text": "i hate this"}).json()["mood"] < -0.35
        assert not AlertRule.objects.exists()


class TestAlertsOfACall:
    def test_what_was_found_the_newest_first(self, as_viewer: APIClient, call: Call) -> None:
        first, second = make_alert(call), make_alert(call, name="Quiet", kind="silence", text="", value=31.5, track="")
        results = as_viewer.get(f"/api/v1/calls/{call.id}/alerts/").json()["results"]
        assert [alert["id"] for alert in results] == [str(second.id), str(first.id)]
        assert {name: results[0][name] for name in ("rule", "kind", "track", "text", "value", "endedAt", "segmentId")} == {
            "rule": None, "kind": "silence", "track": None, "text": None, "value": 31.5, "endedAt": None, "segmentId": None,
        }  # fmt: skip
        assert (results[1]["text"], results[1]["atMs"], results[1]["acknowledgedBy"]) == ("cancel", 1500, None)

    def test_the_call_shows_the_open_ones_first(self, as_viewer: APIClient, call: Call) -> None:
        for place in range(6):
            make_alert(call, name=f"done {place}", ended_at=call.started_at)
        make_alert(call, name="open")
        make_alert(call, name="seen", acknowledged_at=call.started_at, acknowledged_by="maria")
        shape = as_viewer.get(f"/api/v1/calls/{call.id}/").json()
        assert shape["alertCount"] == 8 and len(shape["alerts"]) == 5 and shape["alerts"][0]["name"] == "open"
        listed = as_viewer.get("/api/v1/calls/").json()["results"]
        assert listed == [shape]

    def test_a_snapshot_holds_them(self, call: Call) -> None:
        alert = make_alert(call)
        shown = Call.objects.for_display().get(id=call.id)
        snapshot = shapes.snapshot(1, shown, shown.segments.all(), (), (), call.alerts.all(), ())
        assert [shape.id for shape in snapshot["alerts"]] == [alert.id]

    def test_somebody_looks_after_it(self, supervisor: User, call: Call, problem: Problem) -> None:
        alert = make_alert(call)
        address = f"/api/v1/calls/{call.id}/alerts/{alert.id}/acknowledge/"
        told = with_key(supervisor, "control").post(address)
        assert told.status_code == 200 and told.json()["acknowledgedBy"].startswith(supervisor.username)
        again = with_key(supervisor, "control").post(address).json()
        assert again["acknowledgedAt"] == told.json()["acknowledgedAt"]
        problem(with_key(supervisor, "read").post(address), 403)
        problem(with_key(supervisor, "control").post(address.replace(str(alert.id), str(call.id))), 404)
        assert AuditEntry.objects.filter(action="alert.acknowledge").count() == 1

    def test_calls_by_alert(self, as_viewer: APIClient, make_call: MakeCall, problem: Problem) -> None:
        rule = AlertRule.objects.create(name="Leaving", kind="phrase", expression="cancel")
        calls = [make_call() for _ in range(3)]
        make_alert(calls[0], rule=rule)
        make_alert(calls[1])
        found = as_viewer.get("/api/v1/calls/?alert=any").json()["results"]
        assert {call["id"] for call in found} == {str(calls[0].id), str(calls[1].id)}
        found = as_viewer.get(f"/api/v1/calls/?alert={rule.id}").json()["results"]
        assert [call["id"] for call in found] == [str(calls[0].id)]
        problem(as_viewer.get("/api/v1/calls/?alert=nonsense"), 422, field="alert")
