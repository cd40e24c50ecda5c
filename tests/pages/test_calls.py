import re
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import StreamingProfile


def listed(response):
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', response.content.decode())


class TestWall:
    def test_without_a_profile_it_says_how_to_begin(self, browse, admin, settings):
        settings.HUB_PUBLIC_URL = "https://hub.example.com"
        text = browse(admin).get("/").content.decode()
        assert "Connect your first queue" in text
        assert "wss://hub.example.com" in text
        assert "/profiles/new/" in text

    def test_who_may_not_create_a_profile_is_not_told_to(self, browse, viewer):
        text = browse(viewer).get("/").content.decode()
        assert "/profiles/new/" not in text
        assert "Ask an admin" in text

    def test_with_a_profile_it_waits_for_calls(self, browse, viewer, profile):
        assert "No call is live at the moment" in browse(viewer).get("/").content.decode()


class TestHistory:
    @pytest.fixture
    def calls(self, make_call):
        now = timezone.now()
        return [
            make_call(from_number="2223334444", started_at=now - timedelta(hours=1), agent_id="77"),
            make_call(
                from_number="+12025550123", started_at=now - timedelta(hours=2), said=[("agent", 0, 900, "Grüß Gott")]
            ),
            make_call(from_number="5556667777", started_at=now - timedelta(hours=3), state="live"),
        ]

    def test_shows_the_newest_first(self, browse, viewer, calls):
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
            ("before=nonsense&after=2026_x", ["2223334444", "+12025550123", "5556667777"]),
        ],
    )
    def test_filters(self, browse, viewer, calls, query, found):
        assert sorted(listed(browse(viewer).get(f"/calls/?{query}"))) == sorted(found)

    def test_filters_by_profile(self, browse, viewer, calls, make_call):
        other = StreamingProfile.objects.create(name="Other", product_id="9")
        make_call(profile=other, from_number="1")
        assert listed(browse(viewer).get(f"/calls/?profile={other.id}")) == ["1"]

    def test_what_found_nothing_says_what_to_try(self, browse, viewer, calls):
        assert "No call matches" in browse(viewer).get("/calls/?q=zzz").content.decode()

    def test_empty(self, browse, viewer):
        assert "No calls yet" in browse(viewer).get("/calls/").content.decode()

    def test_pages_back_and_forth_without_loss_even_at_one_moment(self, browse, viewer, make_call, monkeypatch):
        monkeypatch.setattr("calls.pages.calls.PAGE", 2)
        at = timezone.now()
        for number in range(5):
            make_call(from_number=str(number), started_at=at)
        client, path, seen = browse(viewer), "/calls/?state=ended", []
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

    def test_costs_the_same_queries_however_many_calls(self, browse, viewer, make_call, django_assert_num_queries):
        client = browse(viewer)
        for _ in range(12):
            make_call()
        with django_assert_num_queries(4):  # session, user, calls, profiles
            client.get("/calls/")


class TestCall:
    def test_shows_the_frame_and_why_nothing_can_be_done(self, browse, viewer, make_call):
        call = make_call(from_number="<b>222</b>", said=[("agent", 0, 900, "hello")])
        text = browse(viewer).get(f"/calls/{call.id}/").content.decode()
        assert "&lt;b&gt;222&lt;/b&gt;" in text and "<b>222" not in text
        assert "RingCX streams are one-way" in text
        for name in ("txt", "vtt", "srt", "json"):
            assert f"/api/v1/calls/{call.id}/transcript/?format={name}" in text

    def test_only_admins_are_led_to_the_profile(self, browse, viewer, admin, make_call):
        call = make_call()
        path = f"/profiles/{call.profile_id}/"
        assert path not in browse(viewer).get(f"/calls/{call.id}/").content.decode()
        assert path in browse(admin).get(f"/calls/{call.id}/").content.decode()

    def test_outlives_its_profile(self, browse, viewer, make_call, profile):
        call = make_call()
        profile.delete()
        assert browse(viewer).get(f"/calls/{call.id}/").status_code == 200

    def test_an_unknown_call_is_404(self, browse, viewer):
        response = browse(viewer).get("/calls/01939f9e-0000-7000-8000-000000000000/")
        assert response.status_code == 404
        assert "There is no such call" in response.content.decode()
