from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from calls.models import Segment
from tests.api.conftest import Problem
from tests.conftest import MakeCall

SAID = [
    ("customer", 1520, 4310, "i want to cancel"),
    ("agent", 0, 1500, "hello & <b>welcome</b>"),
    ("bot", 3_723_004, 3_723_004, "one\ntwo --> three {\\an8}"),
]


def address(call: object, **query: str) -> str:
    return f"/api/v1/calls/{call.id}/transcript/" + "".join(f"?{k}={v}" for k, v in query.items())  # type: ignore[attr-defined]


@pytest.mark.parametrize("query", [{}, {"format": "json"}])
def test_json(as_viewer: APIClient, make_call: MakeCall, query: dict[str, str]) -> None:
    call = make_call(said=SAID)
    Segment.objects.filter(track="agent").update(words=[["hello", 0, 400, 0.9]], confidence=0.5, participant="123")
    response = as_viewer.get(address(call, **query))
    assert response["Content-Type"] == "application/json"
    found = response.json()
    assert found["callId"] == str(call.id)
    first, *others = found["segments"]
    assert (first["track"], first["startMs"], first["participant"], first["confidence"]) == ("agent", 0, "123", 0.5)
    assert first["words"] == [{"text": "hello", "startMs": 0, "endMs": 400, "confidence": 0.9}]
    assert first["text"] == "hello & <b>welcome</b>"
    assert [(other["track"], other["participant"]) for other in others] == [("customer", None), ("bot", None)]


def test_txt(as_viewer: APIClient, make_call: MakeCall) -> None:
    response = as_viewer.get(address(make_call(vendor_call_id='a/b\r\n"c', said=SAID), format="txt"))
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="call-a-b-c.txt"'
    assert response.content.decode() == (
        "[00:00:00.000] Agent: hello & <b>welcome</b>\n"
        "[00:00:01.520] Customer: i want to cancel\n"
        "[01:02:03.004] Bot: one two --> three {\\an8}\n"
    )


def test_vtt(as_viewer: APIClient, make_call: MakeCall) -> None:
    call = make_call(said=SAID)
    Segment.objects.filter(track="agent").update(participant="1>2")
    response = as_viewer.get(address(call, format="vtt"))
    assert response["Content-Type"] == "text/vtt; charset=utf-8"
    agent, customer, bot = call.segments.order_by("start_ms").values_list("id", flat=True)
    assert response.content.decode() == (
        "WEBVTT\n"
        f"\n{agent}\n00:00:00.000 --> 00:00:01.500\n<v Agent 1&gt;2>hello &amp; &lt;b&gt;welcome&lt;/b&gt;\n"
        f"\n{customer}\n00:00:01.520 --> 00:00:04.310\n<v Customer>i want to cancel\n"
        f"\n{bot}\n01:02:03.004 --> 01:02:03.005\n<v Bot>one two --&gt; three {{\\an8}}\n"
    )


def test_srt(as_viewer: APIClient, make_call: MakeCall) -> None:
    response = as_viewer.get(address(make_call(said=SAID), format="srt"))
    assert response["Content-Type"] == "application/x-subrip; charset=utf-8"
    assert response["Content-Disposition"].endswith('.srt"')
    assert response.content.decode() == (
        "1\n00:00:00,000 --> 00:00:01,500\nAgent: hello & ‹b›welcome‹/b›\n\n"
        "2\n00:00:01,520 --> 00:00:04,310\nCustomer: i want to cancel\n\n"
        "3\n01:02:03,004 --> 01:02:03,005\nBot: one two --› three (\\an8)\n\n"
    )


@pytest.mark.parametrize(("name", "body"), [("txt", ""), ("vtt", "WEBVTT\n"), ("srt", "")])
def test_of_a_silent_call(as_viewer: APIClient, make_call: MakeCall, name: str, body: str) -> None:
    assert as_viewer.get(address(make_call(state="live"), format=name)).content.decode() == body


@pytest.mark.parametrize("name", ["pdf", "api", "JSON", ""])
def test_an_unknown_format(as_viewer: APIClient, problem: Problem, make_call: MakeCall, name: str) -> None:
    assert (
        "srt" in problem(as_viewer.get(address(make_call(), format=name)), 422, field="format")["errors"][0]["detail"]
    )


def test_accept_does_not_matter(as_viewer: APIClient, make_call: MakeCall) -> None:
    call = make_call(said=SAID)
    assert as_viewer.get(address(call, format="vtt"), HTTP_ACCEPT="text/vtt").status_code == 200
    assert as_viewer.get(address(call), HTTP_ACCEPT="text/html").status_code == 200


def test_head(as_viewer: APIClient, make_call: MakeCall) -> None:
    response = as_viewer.head(address(make_call(said=SAID), format="txt"))
    assert (response.status_code, response.content) == (200, b"")
