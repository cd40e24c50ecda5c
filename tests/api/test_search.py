"""Where words were said, by REST."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from rest_framework.test import APIClient

from calls.models import Call, Segment, StreamingProfile, Team
from calls.models.calls import CallQuerySet
from calls.search import finding
from calls.search.matching import matcher
from calls.shape import encode
from calls.transcript_shapes import segment_shape
from tests.api.conftest import Problem
from tests.conftest import MakeCall

SEARCH = "/api/v1/search/"
NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)


def found(client: APIClient, q: str, **query: str) -> list[str]:
    response = client.get(SEARCH, {"q": q, **query})
    assert response.status_code == 200, response.content
    return [row["segment"]["text"] for row in response.json()["results"]]


def test_a_result(as_viewer: APIClient, make_call: MakeCall, profile: StreamingProfile) -> None:
    call = make_call(
        vendor_call_id="uii",
        from_number="2223334444",
        to_number="8005550100",
        agent_id="123",
        started_at=NEW_YEAR,
        said=[("customer", 1520, 4310, "Please cancel <b>my</b> order"), ("agent", 5000, 6000, "of course")],
    )
    response = as_viewer.get(SEARCH, {"q": '"MY ORDER" or cancel'})
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert body["next"] is None and body["previous"] is None
    (result,) = body["results"]
    assert result["call"] == {
        "id": str(call.id),
        "vendor": "ringcx",
        "callId": "uii",
        "from": "2223334444",
        "to": "8005550100",
        "agentId": "123",
        "profile": str(profile.id),
        "startedAt": "2026-01-01T12:00:00Z",
    }
    segment = call.segments.get(track="customer")
    assert result["segment"] == msgspec.json.decode(encode(segment_shape(segment)))
    assert result["highlights"] == [
        {"text": "Please ", "match": False},
        {"text": "cancel", "match": True},
        {"text": " <b>my</b> order", "match": False},
    ]


def test_filters(as_viewer: APIClient, make_call: MakeCall, profile: StreamingProfile, team: Team) -> None:
    other = StreamingProfile.objects.create(name="Other", product_id="9")
    team.profiles.add(other)
    make_call(vendor_call_id="a", from_number="222", started_at=NEW_YEAR, said=[("agent", 0, 9, "one word")])
    make_call(
        vendor_call_id="b",
        to_number="+333",
        profile=other,
        started_at=NEW_YEAR + timedelta(days=1),
        said=[("customer", 0, 9, "two word"), ("agent", 10, 19, "three word")],
    )
    assert found(as_viewer, "word") == ["three word", "two word", "one word"]
    assert found(as_viewer, "word", track="customer") == ["two word"]
    assert found(as_viewer, "word", track="bot") == []
    assert found(as_viewer, "word", profile=str(profile.id)) == ["one word"]
    assert found(as_viewer, "word", profile=str(other.id), track="agent") == ["three word"]
    assert found(as_viewer, "word", vendor="ringcx", callId="a") == ["one word"]
    assert found(as_viewer, "word", vendor="audiocodes") == []
    assert found(as_viewer, "word", **{"from": "2026-01-02"}) == ["three word", "two word"]
    assert found(as_viewer, "word", to="2026-01-01") == ["one word"]
    assert found(as_viewer, "word", **{"from": "222", "to": "2026-01-01"}) == ["one word"]
    assert found(as_viewer, "word", to="333", colour="red", track="") == ["three word", "two word"]
    assert found(as_viewer, "word", callId="nothing") == []


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({}, "q", "Give the words to find"),
        ({"q": "  "}, "q", "Give the words to find"),
        ({"q": "x" * 201}, "q", "at most 200"),
        ({"q": "a\0"}, "q", "printable"),
        ({"q": '"" - &'}, "q", "There is no word in it"),
        ({"q": "-refund"}, "q", "Say also what to find"),
        ({"q": "order or -refund"}, "q", "Say also what to find"),
        ({"q": "a", "track": "both"}, "track", "Choose one of agent, customer, bot"),
        ({"q": "a", "profile": "1"}, "profile", "UUID"),
        ({"q": "a", "vendor": "acme"}, "vendor", "Choose one of"),
        ({"q": "a", "from": "2026-13-01"}, "from", "Give a phone number, a date"),
        ({"q": "a", "limit": "0"}, "limit", "from 1 to 200"),
        ({"q": "a", "cursor": "nonsense"}, "cursor", "Use next or previous"),
        ({"q": "a", "cursor": "W2ZhbHNlLFsiMjAyNi0wMS0wMSJdXQ"}, "cursor", "Use next"),  # [false,["2026-01-01"]]
    ],
)
def test_what_can_not_be_asked(
    as_viewer: APIClient, problem: Problem, query: dict[str, str], field: str, says: str
) -> None:
    (error,) = problem(as_viewer.get(SEARCH, query), 422, "invalid", field)["errors"]
    assert says in error["detail"]


def test_a_place_far_beyond_is_an_empty_page(as_viewer: APIClient, make_call: MakeCall) -> None:
    make_call(said=[("agent", 0, 9, "word"), ("agent", 10, 19, "word")])
    page = as_viewer.get(SEARCH, {"q": "word", "limit": 1}).json()
    nil = "01939f9e-0000-7000-8000-000000000000"
    place = json.dumps([False, ["0001-01-02T00:00:00Z", nil, "9" * 30, nil]])
    cursor = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")
    assert as_viewer.get(SEARCH, {"q": "word", "cursor": cursor}).json()["results"] == []
    assert len(as_viewer.get(page["next"]).json()["results"]) == 1


def test_strangers_and_keys(
    nobody: APIClient, as_viewer: APIClient, problem: Problem, monkeypatch: pytest.MonkeyPatch, make_call: MakeCall
) -> None:
    make_call(said=[("agent", 0, 9, "word")])
    problem(nobody.get(SEARCH, {"q": "word"}), 401, "not_authenticated")
    problem(as_viewer.post(SEARCH, {"q": "word"}), 403, "forbidden")
    assert found(as_viewer, "word") == ["word"]
    # one place decides what somebody sees, here and in the list of calls
    monkeypatch.setattr(CallQuerySet, "visible_to", lambda calls, user: calls.exclude(vendor="ringcx"))
    assert found(as_viewer, "word") == []
    for query in ({}, {"q": "word"}):
        assert as_viewer.get("/api/v1/calls/", query).json()["results"] == []


SAID = [
    "thank you for calling",
    "my order is late",
    "cancel the order",
    "a refund please",
    "yes",
    "the order the order",
]


@pytest.fixture
def many(make_call: MakeCall) -> None:
    """Some calls begin at the same moment, some words at the same time."""
    for number in range(12):
        said = [
            (("agent", "customer")[at % 2], at // 2 * 1000, at * 1000 + 900, SAID[(number * at + at) % len(SAID)])
            for at in range(number % 5 + 1)
        ]
        make_call(started_at=NEW_YEAR + timedelta(minutes=number // 2), said=said)


@pytest.mark.parametrize("tested", [1, 4, 1000])
@pytest.mark.parametrize("limit", [1, 3, 50])
@pytest.mark.parametrize("q", ["order", "yes", '"the order"', "order or refund -late", "nothing"])
def test_pages_there_and_back(
    as_viewer: APIClient, many: None, monkeypatch: pytest.MonkeyPatch, q: str, limit: int, tested: int
) -> None:
    """The same, whether the newest that are tested hold enough or the index has to find more."""
    monkeypatch.setattr(finding, "NEWEST_SEGMENTS", tested)
    in_order = Segment.objects.order_by("-call__started_at", "-call_id", "-start_ms", "-id")
    expected = [str(row.id) for row in in_order if matcher(str(finding.parse(q)), "").matches(row.text)]
    page, seen = as_viewer.get(SEARCH, {"q": q, "limit": limit}).json(), []
    while True:
        seen.append([row["segment"]["id"] for row in page["results"]])
        if page["next"] is None:
            break
        page = as_viewer.get(page["next"]).json()
    assert [row for rows in seen for row in rows] == expected
    back = [seen[-1]]
    while page["previous"]:
        page = as_viewer.get(page["previous"]).json()
        back.append([row["segment"]["id"] for row in page["results"]])
    assert back[::-1] == seen


@pytest.mark.parametrize("tested", [1, 3, 1000])
@pytest.mark.parametrize("q", ["order", "yes", '"my order"', "late or 7", "nothing"])
def test_calls_are_found_by_the_same_words(
    as_viewer: APIClient, many: None, monkeypatch: pytest.MonkeyPatch, q: str, tested: int
) -> None:
    monkeypatch.setattr(finding, "NEWEST_CALLS", tested)
    Call.objects.filter(pk__in=list(Call.objects.values_list("pk", flat=True)[:2])).update(agent_id="late or 7")
    fits = matcher(str(finding.parse(q)), "").matches
    expected = [
        str(call.id)
        for call in Call.objects.order_by("-started_at", "-id")
        if call.agent_id == q or any(fits(segment.text) for segment in call.segments.all())
    ]
    page, seen = as_viewer.get("/api/v1/calls/", {"q": q, "limit": 2}).json(), []
    while True:
        seen += [row["id"] for row in page["results"]]
        if page["next"] is None:
            break
        page = as_viewer.get(page["next"]).json()
    assert seen == expected


def test_costs_the_same_queries_however_much_is_found(
    as_viewer: APIClient, make_call: MakeCall, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_viewer.get(SEARCH, {"q": "word"})  # notes the key's use, and the search
    for count in (1, 30):
        make_call(said=[("agent", at, at + 1, "word") for at in range(count)])
        with django_assert_num_queries(5):  # key, audit, languages, how far to test, what is found there
            as_viewer.get(SEARCH, {"q": "word"})
    monkeypatch.setattr(finding, "NEWEST_SEGMENTS", 1)
    with django_assert_num_queries(6):  # and what the index finds
        assert len(as_viewer.get(SEARCH, {"q": "word"}).json()["results"]) == 31
