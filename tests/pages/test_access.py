import pytest
from django.test import Client

PAGES = ["/", "/calls/", "/calls/01939f9e-0000-7000-8000-000000000000/", "/profiles/", "/profiles/new/"]


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_sign_in_and_back(db, client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"] == f"/login/?next={path}"


@pytest.mark.parametrize("path", ["/", "/calls/"])
def test_everybody_who_is_signed_in_sees_calls(browse, viewer, agent, supervisor, admin, path):
    for user in (viewer, agent, supervisor, admin):
        assert browse(user).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/profiles/", "/profiles/new/"])
def test_profiles_are_for_admins(browse, viewer, supervisor, admin, path):
    for user in (viewer, supervisor):
        response = browse(user).get(path)
        assert response.status_code == 403
        assert "for admins" in response.content.decode()
    assert browse(admin).get(path).status_code == 200


@pytest.mark.parametrize(
    "action", ["", "delete/", "embed-keys/", "embed-keys/01939f9e-0000-7000-8000-000000000000/revoke/"]
)
def test_a_supervisor_changes_no_profile(browse, supervisor, profile, action):
    path = f"/profiles/{profile.id}/{action}"
    assert browse(supervisor).post(path, {"name": "mine"}).status_code == 403
    profile.refresh_from_db()
    assert profile.name == "Sales"
    assert not profile.embed_keys.exists()


def test_pages_are_strict_and_never_cached(browse, admin):
    response = browse(admin).get("/")
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]


def test_pages_hold_no_inline_script_or_style(browse, admin, make_call, profile):
    call = make_call(said=[("agent", 0, 900, "hello")])
    for path in ("/", "/calls/", f"/calls/{call.id}/", "/profiles/", f"/profiles/{profile.id}/", "/profiles/new/"):
        text = browse(admin).get(path).content.decode()
        assert "style=" not in text and "<style" not in text and "onclick" not in text, path
        assert all("src=" in tag for tag in text.split("<script")[1:]), path


class TestLogin:
    @pytest.fixture(autouse=True)
    def password(self, agent):
        agent.set_password("right-horse")
        agent.save()
        from django.core.cache import cache

        cache.clear()

    def test_signs_in_and_goes_on_to_the_page_asked_for(self, client):
        response = client.post("/login/", {"username": "agent", "password": "right-horse", "next": "/calls/?q=x"})
        assert (response.status_code, response["Location"]) == (302, "/calls/?q=x")

    def test_never_leads_to_another_site(self, client):
        response = client.post(
            "/login/", {"username": "agent", "password": "right-horse", "next": "https://evil.example/"}
        )
        assert response["Location"] == "/"

    def test_says_what_is_wrong_without_saying_which(self, client):
        unknown = client.post("/login/", {"username": "nobody", "password": "x"}).content.decode()
        wrong = client.post("/login/", {"username": "agent", "password": "x"}).content.decode()
        message = "That user name and password don&#x27;t match"
        assert message in unknown and message in wrong

    def test_needs_the_csrf_token(self):
        response = Client(enforce_csrf_checks=True).post("/login/", {"username": "agent", "password": "right-horse"})
        assert response.status_code == 403
        assert "too old" in response.content.decode()

    def test_slows_guessing_down_but_not_other_people(self, client, viewer):
        for _ in range(8):
            client.post("/login/", {"username": "Agent", "password": "guess"})
        locked = client.post("/login/", {"username": "agent", "password": "right-horse"})
        assert locked.status_code == 429
        assert locked["Retry-After"] == "300"
        viewer.set_password("other-horse")
        viewer.save()
        assert client.post("/login/", {"username": "viewer", "password": "other-horse"}).status_code == 302

    def test_signs_out_by_post_only(self, client):
        client.post("/login/", {"username": "agent", "password": "right-horse"})
        assert client.get("/logout/").status_code == 405
        assert client.post("/logout/")["Location"] == "/login/"
        assert client.get("/").status_code == 302


def test_an_unknown_address_says_so_kindly(db, client):
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
