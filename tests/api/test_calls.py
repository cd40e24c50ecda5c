"""Calls by REST: the shape, the filters, the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from rest_framework.test import APIClient

from calls import shapes
from calls.models import Call, StreamingProfile
from calls.shape import encode
from tests.api.conftest import Problem
from tests.conftest import MakeCall

CALLS = "/api/v1/calls/"
NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ids(client: APIClient, **query: str) -> list[str]:
    response = client.get(CALLS, query)
    assert response.status_code == 200, response.content
    return [row["callId"] for row in response.json()["results"]]


def test_one_call(as_viewer: APIClient, make_call: MakeCall) -> None:
    call = make_call(from_number="2223334444", to_number="8005550100", agent_id="123", started_at=NEW_YEAR)
    found = as_viewer.get(f"{CALLS}{call.id}/").json()
    expected = msgspec.json.decode(encode(shapes.call_shape(Call.objects.for_display().get())))
    assert found == expected
    assert (found["from"], found["to"], found["agentId"]) == ("2223334444", "8005550100", "123")
    assert (found["startedAt"], found["durationMs"], found["direction"]) == ("2026-01-01T12:00:00Z", 120_000, None)
    assert found["streams"][0]["sessionId"] == "2"


def test_newest_first_and_constant_in_queries(
    as_viewer: APIClient, make_call: MakeCall, django_assert_num_queries: Any
) -> None:
    as_viewer.get(CALLS)  # notes the key's use
    for count in (1, 12):
        for minute in range(count):
            make_call(started_at=NEW_YEAR + timedelta(minutes=minute))
        with django_assert_num_queries(5):  # key, calls, streams, alerts, tags
            rows = as_viewer.get(CALLS).json()["results"]
        started = [row["startedAt"] for row in rows]
        assert started == sorted(started, reverse=True)
    assert len(rows) == 13


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 200])
def test_pages_there_and_back(as_viewer: APIClient, make_call: MakeCall, limit: int) -> None:
    for number in range(7):  # some start at the same moment
        make_call(started_at=NEW_YEAR + timedelta(minutes=number // 3))
    everything = [str(call.id) for call in Call.objects.order_by("-started_at", "-id")]
    page, seen = as_viewer.get(CALLS, {"limit": limit, "state": "ended"}).json(), []
    assert list(page) == ["next", "previous", "results"] and page["previous"] is None
    while True:
        seen.append([row["id"] for row in page["results"]])
        assert len(page["results"]) <= limit
        if page["next"] is None:
            break
        assert "state=ended" in page["next"]
        page = as_viewer.get(page["next"]).json()
    assert [row for rows in seen for row in rows] == everything
    back = [seen[-1]]
    while page["previous"]:
        page = as_viewer.get(page["previous"]).json()
        back.append([row["id"] for row in page["results"]])
    assert back[::-1] == seen


def test_a_page_stays_in_place_while_calls_come_and_go(as_viewer: APIClient, make_call: MakeCall) -> None:
    calls = [make_call(started_at=NEW_YEAR + timedelta(minutes=number)) for number in range(6)]
    page = as_viewer.get(CALLS, {"limit": 2}).json()
    make_call(started_at=NEW_YEAR + timedelta(hours=1))
    calls[4].delete()
    following = as_viewer.get(page["next"]).json()
    assert [row["id"] for row in following["results"]] == [str(calls[3].id), str(calls[2].id)]


def test_filters(as_admin: APIClient, make_call: MakeCall, profile: StreamingProfile) -> None:
    other = StreamingProfile.objects.create(name="Other", product_id="9")
    make_call(vendor_call_id="a", from_number="2223334444", to_number="+18005550100", started_at=NEW_YEAR)
    make_call(vendor_call_id="b", state="live", profile=other, started_at=NEW_YEAR + timedelta(days=1))
    make_call(vendor_call_id="c", agent_id="77", started_at=NEW_YEAR + timedelta(days=2), profile=None, vendor="ringcx")
    assert ids(as_admin) == ["c", "b", "a"]
    assert ids(as_admin, state="live") == ["b"]
    assert ids(as_admin, state="interrupted") == []
    assert ids(as_admin, vendor="ringcx") == ["c", "b", "a"]
    assert ids(as_admin, profile=str(profile.id)) == ["a"]
    assert ids(as_admin, callId="b") == ["b"]
    assert ids(as_admin, callId="B") == []
    assert ids(as_admin, state="", q="") == ["c", "b", "a"]
    assert ids(as_admin, colour="red") == ["c", "b", "a"]
    assert ids(as_admin, state="ended", callId="b") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"from": "2223334444"}, ["a"]),
        ({"from": "+2223334444"}, ["a"]),
        ({"from": "222"}, []),
        ({"to": "+18005550100"}, ["a"]),
        ({"to": "18005550100"}, ["a"]),
        ({"from": "2026-01-02"}, ["c", "b"]),
        ({"from": "2026-01-01T12:00:00Z"}, ["c", "b", "a"]),
        ({"from": "2026-01-01T12:00:01Z"}, ["c", "b"]),
        ({"to": "2026-01-01"}, ["a"]),
        ({"to": "2026-01-01T11:59:59.999Z"}, []),
        ({"from": "2026-01-01", "to": "2026-01-02"}, ["b", "a"]),
        ({"from": "2026-01-02T14:00:00+02:00", "to": "2026-01-02T12:00:00Z"}, ["b"]),
        ({"from": "2026-01-02T14:00:00 02:00"}, ["c", "b"]),
        ({"from": "2026-01-02T12:00:00"}, ["c", "b"]),
        ({"from": "2026-01-01", "to": "+18005550100"}, ["a"]),
    ],
)
def test_numbers_and_periods(
    as_viewer: APIClient, make_call: MakeCall, query: dict[str, str], found: list[str]
) -> None:
    make_call(vendor_call_id="a", from_number="2223334444", to_number="+18005550100", started_at=NEW_YEAR)
    make_call(vendor_call_id="b", started_at=NEW_YEAR + timedelta(days=1))
    make_call(vendor_call_id="c", started_at=NEW_YEAR + timedelta(days=2))
    assert ids(as_viewer, **query) == found


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("cancel", ["a"]),
        ("CANCEL MY", ["a"]),
        ("0000042", ["b"]),
        ("444", ["a"]),
        ("77", ["b"]),
        ("7", []),
        ("50%", ["b"]),
        ("5%", []),
        ("_", []),
        ("nonsense", []),
        ("'", []),
    ],
)
def test_text(as_viewer: APIClient, make_call: MakeCall, q: str, found: list[str]) -> None:
    make_call(vendor_call_id="a", from_number="2223334444", said=[("customer", 0, 9, "I want to cancel my order")] * 2)
    make_call(vendor_call_id="b", agent_id="77", said=[("agent", 0, 9, "minus 50%")])
    Call.objects.filter(vendor_call_id="b").update(to_number="x0000042y")
    assert ids(as_viewer, q=q) == found


def test_text_finds_the_hubs_own_id(as_viewer: APIClient, make_call: MakeCall) -> None:
    make_call()
    call = make_call(vendor_call_id="wanted")
    assert ids(as_viewer, q=str(call.id)) == ["wanted"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "gone"}, "state"),
        ({"vendor": "acme"}, "vendor"),
        ({"profile": "1"}, "profile"),
        ({"from": "2026-13-01"}, "from"),
        ({"from": "2026-01-01T99:00"}, "from"),
        ({"to": "2026-01-01 or so"}, "to"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"callId": "\x00"}, "callId"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": "WzEsMl0"}, "cursor"),
        ({"cursor": "W2ZhbHNlLFsiYSIsImIiXV0"}, "cursor"),  # [false,["a","b"]]
        ({"cursor": "W2ZhbHNlLFsiMjAyNi0wMS0wMSJdXQ"}, "cursor"),  # [false,["2026-01-01"]]
    ],
)
def test_wrong_queries(as_viewer: APIClient, problem: Problem, query: dict[str, str], field: str) -> None:
    problem(as_viewer.get(CALLS, query), 422, "invalid", field)
