"""`calls/{id}/summary/`."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.test import APIClient

from calls.models import Call, Summary, User
from calls.services import sweep
from tests.api.conftest import Problem, with_key
from tests.conftest import MakeCall

SAID = [
    ("agent", 0, 900, "how can i help you"),
    ("customer", 1000, 3900, "i want to cancel my order from last week"),
    ("agent", 4000, 6900, "i have cancelled the order for you"),
]


def address(call: Call) -> str:
    return f"/api/v1/calls/{call.id}/summary/"


def test_a_summary_is_read_once_it_is_written(
    as_viewer: APIClient, supervisor: User, make_call: MakeCall, problem: Problem
) -> None:
    call = make_call(said=SAID)
    where = address(call)
    problem(as_viewer.get(where), 404, "no_summary")
    problem(as_viewer.post(where), 403)
    asked = with_key(supervisor, "control").post(where)
    assert asked.status_code == 202 and asked.json()["state"] == "pending"
    waiting = as_viewer.get(where)
    problem(waiting, 409, "not_ready")
    assert int(waiting["Retry-After"]) > 0
    assert sweep.summarize_due() == 1
    found = as_viewer.get(where).json()
    assert list(found) == [
        "callId", "state", "by", "model", "madeAt", "error", "reason", "agreed", "nextSteps", "openQuestions",
    ]  # fmt: skip
    assert (found["callId"], found["state"], found["by"], found["model"]) == (str(call.id), "ready", "extractive", None)
    [reason] = found["reason"]
    segment = call.segments.get(start_ms=1000)
    assert reason == {
        "text": SAID[1][3], "segmentId": str(segment.id), "startMs": 1000, "track": "customer", "question": None,
    }  # fmt: skip
    assert [item["startMs"] for item in found["agreed"]] == [4000]
    assert found["nextSteps"] == found["openQuestions"] == []


def test_while_the_call_is_live_there_is_none(
    as_viewer: APIClient, as_admin: APIClient, make_call: MakeCall, problem: Problem
) -> None:
    call = make_call(said=SAID, state="live")
    for answer in (as_viewer.get(address(call)), as_admin.post(address(call))):
        problem(answer, 409, "not_ready")
        assert answer["Retry-After"] == "10"
    Summary.objects.create(call=call, state="ready")  # of before it went on
    problem(as_viewer.get(address(call)), 409, "not_ready")


def test_one_that_failed_says_so_and_an_empty_one_is_empty(
    as_viewer: APIClient, make_call: MakeCall, problem: Problem
) -> None:
    call = make_call()
    summary = Summary.objects.create(call=call, state="failed", error="ZeroDivisionError: broken")
    assert "ZeroDivision" not in problem(as_viewer.get(address(call)), 409, "failed")["detail"]
    summary.state, summary.made_at, summary.error = "empty", timezone.now(), ""
    summary.save()
    found = as_viewer.get(address(call)).json()
    assert found["state"] == "empty" and found["reason"] == []


def test_whoever_does_not_see_the_call_sees_no_summary(
    agent: User, make_call: MakeCall, problem: Problem, nobody: APIClient
) -> None:
    call = make_call(said=SAID, agent_id="9")
    problem(with_key(agent, "read").get(address(call)), 404)
    problem(nobody.get(address(call)), 401)
