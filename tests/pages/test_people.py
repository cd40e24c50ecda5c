"""Users, teams and keys as admins see and change them; the own account as everybody does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from calls.models import ApiKey, AuditEntry, StreamingProfile, Team, User
from calls.services.accounts import create_api_key, find_api_key

PASSWORD = "correct-horse-battery"
USERS, TEAMS, KEYS = "/team/users/", "/team/teams/", "/team/keys/"


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def text_of(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def person(**fields: Any) -> dict[str, Any]:
    return {"username": "maria", "role": "agent", "agent_id": "77", **fields}


class TestUsers:
    def test_a_new_person_chooses_a_password_by_a_link_that_works_once(self, client: Client, team: Team) -> None:
        made = client.post(f"{USERS}new/", person(first_name="María", teams=[str(team.id)]))
        assert made.status_code == 201
        maria = User.objects.get(username="maria")
        assert (maria.role, maria.agent_id, maria.first_name, [*maria.teams.all()]) == ("agent", "77", "María", [team])
        [path] = re.findall(r"http://127.0.0.1:8000(/set-password/[^<]+)<", text_of(made))
        assert path not in text_of(client.get(f"{USERS}{maria.pk}/"))
        hers = Client()
        form = hers.get(path)["Location"]
        assert path.split("/")[-2] not in form  # the token leaves the address
        assert "You will sign in as maria" in text_of(hers.get(form))
        easy = text_of(hers.post(form, {"new_password1": "maria", "new_password2": "maria"}))
        assert "too similar" in easy and "too short" in easy
        done = hers.post(form, {"new_password1": PASSWORD, "new_password2": PASSWORD}, follow=True)
        assert "Your password is set" in text_of(done)
        cache.clear()
        assert hers.post("/login/", {"username": "maria", "password": PASSWORD}).status_code == 302
        assert "This link no longer works" in text_of(Client().get(path))
        actions = AuditEntry.objects.order_by("at", "id").values_list("actor_name", "action")
        assert [*actions] == [
            ("admin", "user.create"),
            ("admin", "user.password_link"),
            ("maria", "user.password"),
            ("maria", "sign-in"),
        ]

    def test_a_link_of_somebody_who_was_switched_off_is_dead(self, client: Client, viewer: User) -> None:
        [path] = re.findall(r"8000(/set-password/[^<]+)<", text_of(client.post(f"{USERS}{viewer.pk}/link/")))
        client.post(f"{USERS}{viewer.pk}/switch/")
        assert "This link no longer works" in text_of(Client().get(path))

    def test_the_list_is_searched_by_words_and_role(self, client: Client, supervisor: User, viewer: User) -> None:
        User.objects.create_user("maria", first_name="María", last_name="Oliveira", role="agent", agent_id="A-77")
        User.objects.filter(pk=viewer.pk).update(is_active=False)

        def names(**query: str) -> list[str]:
            return re.findall(r'class="row-name" href="[^"]+">([^<]+)<', text_of(client.get(USERS, query)))

        assert names() == ["admin", "maria", "supervisor", "viewer"]
        assert names(q="oliv mar") == names(q="a-77") == names(role="agent") == ["maria"]
        assert names(role="inactive") == ["viewer"]
        assert names(q="%") == []
        assert "Nobody fits" in text_of(client.get(USERS, {"q": "x", "role": "admin"}))

    def test_many_are_in_pages(self, client: Client) -> None:
        User.objects.bulk_create(User(username=f"person{number:03}") for number in range(60))
        assert "page 1 of 2" in text_of(client.get(USERS, {"role": "viewer"}))
        second = text_of(client.get(USERS, {"role": "viewer", "page": "2"}))
        assert "person059" in second and "person001" not in second and "role=viewer&amp;page=1" in second

    def test_what_is_wrong_is_said_where_it_is(self, client: Client, agent: User) -> None:
        for form, said in (
            (person(username="agent"), "Somebody else has this name."),
            (person(username="Agent"), "Somebody else has this name."),
            (person(agent_id="123"), "Somebody else has this agent id."),
            (person(username=""), "Give a name to sign in with."),
            (person(email="nonsense"), "Enter a valid email address."),
            (person(username="a b"), "Enter a valid username."),
        ):
            answer = client.post(f"{USERS}new/", form)
            assert answer.status_code == 422 and said in text_of(answer), form
        assert not AuditEntry.objects.exists()

    def test_the_last_admin_stays(self, client: Client, admin: User, supervisor: User) -> None:
        address = f"{USERS}{admin.pk}/"
        demoted = client.post(address, {"username": "admin", "role": "viewer"})
        assert demoted.status_code == 422 and "This is the only active admin" in text_of(demoted)
        for act in ("switch", "delete"):
            assert "This is the only active admin" in text_of(client.post(f"{address}{act}/", follow=True))
        admin.refresh_from_db()
        assert admin.is_admin and admin.is_active
        User.objects.filter(pk=supervisor.pk).update(role="admin")
        assert client.post(address, {"username": "admin", "role": "viewer"}).status_code == 302
        assert client.get(USERS).status_code == 403

    def test_a_superuser_who_gets_another_role_is_none_any_more(self, client: Client, viewer: User) -> None:
        User.objects.filter(pk=viewer.pk).update(is_superuser=True)
        client.post(f"{USERS}{viewer.pk}/", {"username": "viewer", "role": "viewer"})
        viewer.refresh_from_db()
        assert not viewer.is_superuser and not viewer.is_admin

    def test_switched_off_on_and_deleted(self, client: Client, viewer: User, team: Team) -> None:
        address = f"{USERS}{viewer.pk}/"
        key, text = create_api_key(name="Wall", owner=viewer, scope="read")
        client.post(f"{address}switch/")
        assert find_api_key(text) is None
        assert "Switched off" in text_of(client.get(address))
        client.post(f"{address}switch/")
        assert find_api_key(text) == key
        assert [*viewer.teams.all()] == [team]
        assert "One API key of this person stops working" in text_of(client.get(f"{address}delete/"))
        assert "“viewer” is deleted." in text_of(client.post(f"{address}delete/", follow=True))
        assert not User.objects.filter(pk=viewer.pk).exists() and not ApiKey.objects.exists()

    def test_a_lost_second_factor_is_removed(self, client: Client, viewer: User) -> None:
        from allauth.mfa.models import Authenticator

        address = f"{USERS}{viewer.pk}/"
        assert "Remove the second factor" not in text_of(client.get(address))
        Authenticator.objects.create(user=viewer, type="totp", data={"secret": "x"})
        assert "Remove the second factor" in text_of(client.get(address))
        client.post(f"{address}second-factor/")
        assert not Authenticator.objects.exists()
        assert AuditEntry.objects.get().action == "user.second_factor"


class TestTeams:
    def test_made_changed_and_deleted(self, client: Client, viewer: User, profile: StreamingProfile) -> None:
        form = {"name": "Night", "users": [str(viewer.pk)], "profiles": [str(profile.id)]}
        client.post(f"{TEAMS}new/", form)
        made = Team.objects.get(name="Night")
        assert [*made.users.all()] == [viewer] and [*made.profiles.all()] == [profile]
        assert "1 person · 1 profile" in text_of(client.get(TEAMS))
        address = f"{TEAMS}{made.id}/"
        assert 'value="1"' in text_of(client.get(address))
        changed = {"name": "Night", "version": "1"}
        assert client.post(address, changed).status_code == 302
        assert not made.users.exists() and not made.profiles.exists()
        conflict = client.post(address, changed)
        assert conflict.status_code == 409 and 'name="version" value="2"' in text_of(conflict)
        assert "People, profiles and calls stay." in text_of(client.get(f"{address}delete/"))
        client.post(f"{address}delete/")
        assert not Team.objects.filter(name="Night").exists()

    def test_an_empty_list_says_what_to_do(self, client: Client) -> None:
        assert "Make the first team" in text_of(client.get(TEAMS))

    def test_names_are_taken_once(self, client: Client, team: Team) -> None:
        answer = client.post(f"{TEAMS}new/", {"name": team.name.upper()})
        assert answer.status_code == 422 and "Another team has this name" in text_of(answer)


class TestKeys:
    def test_shown_once_listed_and_revoked(self, client: Client, admin: User) -> None:
        assert "Make the first key" in text_of(client.get(KEYS))
        made = client.post("/me/keys/new/", {"name": "CRM", "scope": "admin"})
        assert made.status_code == 201 and "no-store" in made["Cache-Control"]
        [text] = re.findall(r"hub_[\w-]{40,}", text_of(made))
        key = ApiKey.objects.get()
        assert find_api_key(text) == key and key.owner == admin
        listed = text_of(client.get(KEYS))
        assert "CRM" in listed and text not in listed and text not in text_of(client.get("/me/"))
        assert "Revoke the key “CRM”?" in text_of(client.get(f"{KEYS}{key.id}/revoke/"))
        client.post(f"{KEYS}{key.id}/revoke/")
        assert find_api_key(text) is None
        assert [*AuditEntry.objects.order_by("at", "id").values_list("action", flat=True)] == [
            "api-key.create",
            "api-key.revoke",
        ]

    def test_nobody_makes_a_key_worth_more_than_the_own_role(self, supervisor: User, viewer: User) -> None:
        client = Client()
        for who, allowed in ((viewer, {"read"}), (supervisor, {"read", "control"})):
            client.force_login(who)
            for scope in ("read", "control", "admin"):
                answer = client.post("/me/keys/new/", {"name": scope, "scope": scope})
                assert answer.status_code == (201 if scope in allowed else 422), (who, scope)

    def test_the_own_keys_only(self, viewer: User, supervisor: User) -> None:
        client = Client()
        client.force_login(viewer)
        key, _ = create_api_key(name="Theirs", owner=supervisor, scope="read")
        assert "Theirs" not in text_of(client.get("/me/"))
        assert client.post(f"/me/keys/{key.id}/revoke/").status_code == 404
        own, _ = create_api_key(name="Mine", owner=viewer, scope="read")
        assert "Mine" in text_of(client.get("/me/"))
        client.post(f"/me/keys/{own.id}/revoke/")
        assert [*ApiKey.objects.all()] == [key]


class TestMe:
    @pytest.fixture
    def person(self, viewer: User) -> User:
        viewer.set_password(PASSWORD)
        viewer.save()
        cache.clear()
        return viewer

    @pytest.fixture
    def client(self, person: User) -> Client:
        client = Client()
        client.post("/login/", {"username": "viewer", "password": PASSWORD})
        return client

    def test_name_and_address(self, client: Client, person: User) -> None:
        assert '<a class="who" href="/me/"' in text_of(client.get("/calls/"))
        assert client.post("/me/", {"first_name": "Ada", "last_name": "L", "email": "no"}).status_code == 422
        client.post("/me/", {"first_name": "Ada", "last_name": "L", "email": "ada@example.com", "role": "admin"})
        person.refresh_from_db()
        assert (person.first_name, person.email, person.role) == ("Ada", "ada@example.com", "viewer")
        entry = AuditEntry.objects.get(action="user.profile")
        assert entry.detail["changed"] == ["firstName", "lastName", "email"]

    def test_a_changed_password_ends_the_other_sessions(self, client: Client) -> None:
        other = Client()
        other.post("/login/", {"username": "viewer", "password": PASSWORD})
        form = {"old_password": "wrong", "new_password1": "another-" + PASSWORD, "new_password2": "another-" + PASSWORD}
        assert client.post("/me/password/", form).status_code == 422
        assert other.get("/calls/").status_code == 200
        assert "is changed" in text_of(client.post("/me/password/", {**form, "old_password": PASSWORD}, follow=True))
        assert client.get("/calls/").status_code == 200
        assert other.get("/calls/").status_code == 302
        assert AuditEntry.objects.filter(action="user.password", actor_name="viewer").count() == 1

    def test_language(self, client: Client) -> None:
        page = text_of(client.get("/me/"))
        assert 'action="/language/setlang/"' in page and "Français" in page

    def test_whoever_has_no_password_here_is_not_asked_for_one(self, admin: User) -> None:
        admin.set_unusable_password()
        admin.save()
        client = Client()
        client.force_login(admin)
        assert "Change the password" not in text_of(client.get("/me/"))
