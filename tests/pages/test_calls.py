import pytest


class TestWall:
    def test_without_a_profile_it_says_how_to_begin(self, browse, admin):
        text = browse(admin).get("/").content.decode()
        assert "Connect your first calls" in text
        assert "RingCX" in text
        assert "/profiles/new/" in text

    def test_who_may_not_create_a_profile_is_not_told_to(self, browse, viewer):
        text = browse(viewer).get("/").content.decode()
        assert "/profiles/new/" not in text
        assert "Ask an admin" in text

    def test_with_a_profile_it_waits_for_calls(self, browse, viewer, profile, settings):
        settings.HUB_PUBLIC_URL = "https://hub.example.com"
        text = browse(viewer).get("/").content.decode()
        assert "No call is live at the moment" in text
        assert "“Sales” streams to <code>wss://hub.example.com</code>" in text


class TestCall:
    def test_shows_the_frame(self, browse, viewer, make_call):
        call = make_call(from_number="<b>222</b>", said=[("agent", 0, 900, "hello")])
        text = browse(viewer).get(f"/calls/{call.id}/").content.decode()
        assert "&lt;b&gt;222&lt;/b&gt;" in text and "<b>222" not in text
        for name in ("txt", "vtt", "srt", "json"):
            assert f"/api/v1/calls/{call.id}/transcript/?format={name}" in text

    def test_a_product_is_shown_where_there_is_one(self, browse, admin, make_call):
        path = f"/calls/{make_call().id}/"
        assert "<dt>Product</dt><dd>Queue 1234</dd>" in browse(admin).get(path).content.decode()
        call = make_call(vendor="ringover", product_type="", product_id="", profile=None)
        text = browse(admin).get(f"/calls/{call.id}/").content.decode()
        assert "<dt>Product</dt>" not in text and "<dt>Ringover call id</dt>" in text

    @pytest.mark.parametrize(
        ("role", "acts"), [("viewer", False), ("agent", False), ("supervisor", True), ("admin", True)]
    )
    def test_who_has_an_action_bar(self, browse, request, make_call, role, acts):
        text = browse(request.getfixturevalue(role)).get(f"/calls/{make_call(agent_id='123').id}/").content.decode()
        assert ('data-part="actions"' in text) == acts

    @pytest.mark.parametrize(
        "role, writes", [("admin", True), ("supervisor", True), ("agent", True), ("viewer", False)]
    )
    def test_who_has_fields_for_notes_and_tags(self, browse, request, make_call, role, writes):
        text = browse(request.getfixturevalue(role)).get(f"/calls/{make_call(agent_id='123').id}/").content.decode()
        assert 'data-part="notes-list"' in text and 'data-part="tags-list"' in text and 'data-part="summary"' in text
        assert ('data-part="notes-form"' in text) == ('data-part="tags-form"' in text) == writes
        assert ("data-is-admin" in text) == (role == "admin")
        assert ('data-part="summary-make"' in text) == (role in ("admin", "supervisor"))

    def test_only_admins_are_led_to_the_profile(self, browse, viewer, admin, make_call):
        call = make_call()
        path = f"/profiles/{call.profile_id}/"
        assert path not in browse(viewer).get(f"/calls/{call.id}/").content.decode()
        assert path in browse(admin).get(f"/calls/{call.id}/").content.decode()

    @pytest.mark.parametrize(
        ("vendor", "left"), [("ringcx", "agent"), ("ringover", "agent or bot"), ("audiocodes", "agent or bot")]
    )
    def test_the_recording_s_left_side_is_whose_it_may_be(self, browse, admin, make_call, vendor, left):
        text = browse(admin).get(f"/calls/{make_call(vendor=vendor).id}/").content.decode()
        assert f">Mute {left}<" in text and f">left: {left}, right: customer<" in text

    def test_outlives_its_profile(self, browse, admin, make_call, profile):
        call = make_call()
        profile.delete()
        assert browse(admin).get(f"/calls/{call.id}/").status_code == 200

    def test_an_unknown_call_is_404(self, browse, viewer):
        response = browse(viewer).get("/calls/01939f9e-0000-7000-8000-000000000000/")
        assert response.status_code == 404
        assert "There is no such call" in response.content.decode()
