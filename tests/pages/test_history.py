import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.utils import timezone

from calls.models import StreamingProfile, Tag
from calls.models.calls import CallQuerySet
from calls.pages.history import shortened
from calls.search.matching import Piece


def listed(response):
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', response.content.decode())


@pytest.fixture
def calls(make_call):
    now = timezone.now()
    return [
        make_call(from_number="2223334444", started_at=now - timedelta(hours=1), agent_id="77"),
        make_call(
            from_number="+12025550123", started_at=now - timedelta(hours=2), said=[("agent", 0, 900, "Grüß Gott")]
        ),
        make_call(from_number="5556667777", started_at=now - timedelta(hours=3), state="live"),
    ]


def test_shows_the_newest_first(browse, viewer, calls):
    assert listed(browse(viewer).get("/calls/")) == ["2223334444", "+12025550123", "5556667777"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=3334", ["2223334444"]),
        ("q=(202)+555-0123", ["+12025550123"]),
        ("q=grüß", ["+12025550123"]),
        ("q=77", ["2223334444", "5556667777"]),
        ("q=nothing+like+it", []),
        ("state=live", ["5556667777"]),
        ("state=ended&q=2", ["2223334444", "+12025550123"]),
        ("state=nonsense", ["2223334444", "+12025550123", "5556667777"]),
        ("profile=nonsense", []),
        ("vendor=ringcx", ["2223334444", "+12025550123", "5556667777"]),
        ("vendor=ringover", []),
        ("vendor=nonsense", ["2223334444", "+12025550123", "5556667777"]),
        ("agent=77", ["2223334444"]),
        ("agent=7", []),
        ("q=grüß&agent=77", []),
        ("q=-gott", []),
        ("q=%00", ["2223334444", "+12025550123", "5556667777"]),
        ("from=2026-02-30&to=soon", ["2223334444", "+12025550123", "5556667777"]),
        ("before=nonsense&after=2026_x", ["2223334444", "+12025550123", "5556667777"]),
    ],
)
def test_filters(browse, viewer, calls, query, found):
    assert sorted(listed(browse(viewer).get(f"/calls/?{query}"))) == sorted(found)


def test_filters_by_profile(browse, viewer, calls, make_call, team):
    other = StreamingProfile.objects.create(name="Other", product_id="9")
    team.profiles.add(other)
    make_call(profile=other, from_number="1")
    assert listed(browse(viewer).get(f"/calls/?profile={other.id}")) == ["1"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("from=2026-03-02", ["third", "second"]),
        ("to=2026-03-01", ["first"]),
        ("from=2026-03-01&to=2026-03-02", ["second", "first"]),
        ("from=2026-03-02&to=2026-03-01", []),
        ("from=0001-01-01&to=9999-12-31", ["third", "second", "first"]),
        ("from=0001-01-01&to=9999-12-31&zone=Pacific/Auckland", ["third", "second", "first"]),
        ("from=2026-03-02&to=2026-03-02&zone=Asia/Tokyo", ["second", "first"]),
        ("from=2026-03-02&to=2026-03-02&zone=America/New_York", ["third"]),
        ("from=2026-03-02&to=2026-03-02&zone=Nowhere/Else", ["second"]),
        ("from=2026-03-02&to=2026-03-02&zone=America", ["second"]),
        ("from=2026-03-02&to=2026-03-02&zone=../etc/passwd", ["second"]),
    ],
)
def test_days_are_whole(browse, viewer, make_call, query, found):
    make_call(from_number="first", started_at=datetime(2026, 3, 1, 23, 59, 59, 999_999, UTC))
    make_call(from_number="second", started_at=datetime(2026, 3, 2, tzinfo=UTC))
    make_call(from_number="third", started_at=datetime(2026, 3, 3, tzinfo=UTC))
    assert listed(browse(viewer).get(f"/calls/?{query}")) == found


def test_what_is_no_day_is_told(browse, viewer, calls):
    page = browse(viewer).get("/calls/?from=<b>soon&to=2026-02-30").content.decode()
    assert "“&lt;b&gt;soon” is not a date" in page and "“2026-02-30” is not a date" in page
    assert page.count('aria-invalid="true"') == 2
    assert "is not a date" not in browse(viewer).get("/calls/?from=2026-02-28").content.decode()


def test_a_live_call_lasts_until_now(browse, viewer, make_call):
    make_call(state="live", started_at=timezone.now() - timedelta(minutes=3, seconds=2))
    assert re.search(r'data-since="[^"]+">3:0[2-9]<', browse(viewer).get("/calls/").content.decode())


def moments(response):
    """Of each line below a call: where it leads, its time, who says it, and what, with the marks."""
    lines = re.findall(
        r'<a href="([^"]+)" class="\w+"><span[^>]*>([^<]+)</span> <b>([^<]+)</b> <span class="said">(.*?)</span></a>',
        response.content.decode(),
    )
    return [tuple(map(unescape, line)) for line in lines]


def test_shows_what_was_found_who_said_it_and_when(browse, viewer, make_call):
    first = make_call(
        started_at=timezone.now() - timedelta(hours=1),
        said=[
            ("agent", 900, 2000, "hello"),
            ("customer", 61_520, 65_000, 'my <b>order</b> & "my order"'),
            ("bot", 3_700_000, 3_701_000, "your order please"),
        ],
    )
    first.segments.filter(track="bot").update(participant="supervisor")
    second = make_call(said=[("bot", 0, 9, "my order"), ("agent", 10, 19, "something else")])
    second.segments.filter(track="bot").update(participant="Desk")
    make_call(from_number="+15550000", said=[("agent", 0, 9, "nothing of it")])
    response = browse(viewer).get("/calls/?q=order")
    assert moments(response) == [
        (f"/calls/{second.id}/?at=0", "0:00", "Desk", "my <mark>order</mark>"),
        (f"/calls/{first.id}/?at=61520", "1:01", "Customer", 'my <b><mark>order</mark></b> & "my <mark>order</mark>"'),
        (f"/calls/{first.id}/?at=3700000", "1:01:40", "Supervisor", "your <mark>order</mark> please"),
    ]
    assert "<b>order" not in response.content.decode() and "more in this call" not in response.content.decode()


def test_a_call_that_is_full_of_it_shows_the_first(browse, viewer, make_call):
    call = make_call(said=[("agent", at * 1000, at * 1000 + 9, "yes") for at in range(9, -1, -1)])
    response = browse(viewer).get("/calls/?q=yes")
    assert [where for where, *_ in moments(response)] == [f"/calls/{call.id}/?at={ms}" for ms in (0, 1000, 2000)]
    assert "and 7 more in this call" in response.content.decode()


def test_a_call_that_is_found_by_its_number_needs_no_words(browse, viewer, make_call):
    make_call(from_number="555100", said=[("agent", 0, 9, "hello")])
    make_call(from_number="1", said=[("agent", 0, 9, "it is 555100")])
    response = browse(viewer).get("/calls/?q=555100")
    assert listed(response) == ["1", "555100"]
    assert [said for *_, said in moments(response)] == ["it is <mark>555100</mark>"]


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        ([("x" * 140, False)], "x" * 140),
        ([("x" * 141, False)], "x" * 70 + "…"),
        ([("x" * 200, False), ("y", True), ("z" * 200, False)], "…" + "x" * 70 + "y" + "z" * 70 + "…"),
        ([("y" * 200, True), ("z" * 200, False), ("y", True)], "y" * 200 + "z" * 70 + "…" + "z" * 70 + "y"),
        ([], ""),
    ],
    ids=["short", "long", "around", "between", "nothing"],
)
def test_a_long_text_is_shown_where_it_was_found(pieces, shown):
    assert "".join(text for text, _ in shortened([Piece(*piece) for piece in pieces])) == shown


def advice(response):
    found = re.search(r'<div class="panel empty">(.*?)</div>', response.content.decode(), re.S)[1]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found)).split())


@pytest.mark.parametrize(
    ("query", "says", "leads"),
    [
        ("q=zzz", "Nothing was found for “zzz” All the words must be said by one speaker", []),
        ("state=interrupted", "No call matches Try another state", []),
        ("q=-zzz", "A minus only leaves out", []),
        ("q=" + "%26", "There is no word in it", []),
        ("q=%22zzz+yyy%22", "not as a phrase", ["?q=zzz+yyy"]),
        ("q=zzz+yyy", "Search for any of the words .", ["?q=zzz+or+yyy"]),
        ("q=zzz&state=live", "the same in all calls", ["?q=zzz"]),
        (
            "q=%22a+b%22+zzz+-c&state=live",
            "not as a phrase , or any of the words , or the same in all calls .",
            ["?q=a+b+zzz&state=live", "?q=a+or+b+or+zzz&state=live", "?q=%22a+b%22+zzz+-c"],
        ),
    ],
)
def test_what_found_nothing_says_what_to_try(browse, viewer, calls, query, says, leads):
    response = browse(viewer).get(f"/calls/?{query}")
    assert says in advice(response)
    assert [unescape(link) for link in re.findall(r'<a href="(\?[^"]+)"', response.content.decode())] == leads


def test_a_search_that_can_not_be_is_told_beside_what_else_it_found(browse, viewer, make_call):
    make_call(from_number="5550100", vendor_call_id="a-refund")
    text = browse(viewer).get("/calls/?q=-refund").content.decode()
    assert "5550100" in text and "Only numbers and ids were searched. A minus only leaves out." in text


def test_one_place_decides_who_sees_what(browse, viewer, calls, monkeypatch):
    monkeypatch.setattr(CallQuerySet, "visible_to", lambda calls, user: calls.filter(agent_id="77"))
    for query in ("", "q=2", "q=grüß+or+2223334444", "state=live"):
        assert listed(browse(viewer).get(f"/calls/?{query}")) in (["2223334444"], [])
    assert listed(browse(viewer).get("/calls/?q=2")) == ["2223334444"]


def test_empty(browse, viewer):
    assert "No calls yet" in browse(viewer).get("/calls/").content.decode()


@pytest.mark.parametrize("query", ["state=ended", "q=5550&state=ended"])
@pytest.mark.parametrize("tested", [1, 100])
def test_pages_back_and_forth_without_loss_even_at_one_moment(browse, viewer, make_call, monkeypatch, query, tested):
    monkeypatch.setattr("calls.search.finding.NEWEST_CALLS", tested)
    monkeypatch.setattr("calls.pages.history.PAGE", 2)
    at = timezone.now()
    for number in range(5):
        said = [("agent", 0, 9, "it is 5550")] if number % 2 else []
        make_call(from_number=str(number), to_number="5550", started_at=at, said=said)
    client, path, seen = browse(viewer), f"/calls/?{query}", []
    pages = []
    while path:
        text = client.get(path).content.decode()
        pages.append(path)
        seen.append(re.findall(r'class="row-link"[^>]*>([^<]+)<', text))
        older = re.search(r'rel="next" href="([^"]+)"', text)
        path = "/calls/" + older[1].replace("&amp;", "&") if older else ""
    assert [len(page) for page in seen] == [2, 2, 1]
    assert sorted(number for page in seen for number in page) == ["0", "1", "2", "3", "4"]
    newer = re.search(r'rel="prev" href="([^"]+)"', client.get(pages[2]).content.decode())[1].replace("&amp;", "&")
    assert "state=ended" in newer
    assert listed(client.get("/calls/" + newer)) == seen[1]


def test_a_tag_narrows_and_is_offered(browse, viewer, make_call):
    tagged, other = make_call(from_number="5550101"), make_call(from_number="5550102")
    Tag.objects.create(call=tagged, name="call back", by="maria")
    Tag.objects.create(call=other, name="vip", by="maria")
    foreign = make_call(profile=None, vendor="ringcx")
    Tag.objects.create(call=foreign, name="not yours", by="maria")
    everything = browse(viewer).get("/calls/").content.decode()
    assert '<option value="call back">' in everything and '<option value="vip">' in everything
    assert "not yours" not in everything
    found = browse(viewer).get("/calls/?tag=Call%20Back").content.decode()
    assert "5550101" in found and "5550102" not in found
    assert '<span class="badge tag">call back</span>' in found


def test_costs_the_same_queries_however_many_calls(browse, viewer, make_call, django_assert_num_queries):
    client = browse(viewer)
    for _ in range(12):
        make_call(said=[("agent", 0, 9, "word"), ("agent", 10, 19, "word")])
    with django_assert_num_queries(7):  # session, user, calls, profiles, rules, tags of calls, known tags
        client.get("/calls/")
    client.get("/calls/?q=word")  # is in the audit from now on
    with django_assert_num_queries(11):  # and the audit, languages, how far to test, what is found there, its words
        client.get("/calls/?q=word")
