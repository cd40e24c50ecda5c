"""`teams/` and `users/`: who is there, and who sees what."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from calls.models import AuditEntry, Call, StreamingProfile, Team, User
from tests.api.conftest import Problem, with_key
from tests.conftest import MakeCall

TEAMS, USERS = "/api/v1/teams/", "/api/v1/users/"
PASSWORD = "correct horse battery"


def test_a_team_lets_its_people_see_its_calls(
    as_admin: APIClient, supervisor: User, profile: StreamingProfile, make_call: MakeCall
) -> None:
    Team.objects.all().delete()
    call = make_call()
    person = with_key(supervisor)
    assert person.get(f"/api/v1/calls/{call.id}/").status_code == 404
    response = as_admin.post(TEAMS, {"name": "Night", "users": [supervisor.pk], "profiles": [str(profile.id)]})
    assert response.status_code == 201
    team = response.json()
    assert list(team) == ["id", "name", "users", "profiles", "version", "createdAt", "updatedAt"]
    assert team["users"] == [supervisor.pk] and team["profiles"] == [str(profile.id)]
    assert person.get(f"/api/v1/calls/{call.id}/").status_code == 200
    patched = as_admin.patch(f"{TEAMS}{team['id']}/", {"users": []})
    assert patched.json()["users"] == [] and patched.json()["profiles"] == [str(profile.id)]
    assert person.get(f"/api/v1/calls/{call.id}/").status_code == 404
    assert as_admin.put(f"{TEAMS}{team['id']}/", {"name": "Day"}).json()["profiles"] == []
    assert as_admin.delete(f"{TEAMS}{team['id']}/").status_code == 204
    assert Call.objects.filter(id=call.id).exists()
    entries = AuditEntry.objects.filter(action__startswith="team.").order_by("id")
    assert [entry.action for entry in entries] == ["team.create", "team.change", "team.change", "team.delete"]
    assert entries[1].detail["usersRemoved"] == [supervisor.username]


def test_what_a_team_refuses(as_admin: APIClient, team: Team, problem: Problem) -> None:
    problem(as_admin.post(TEAMS, {"name": team.name.upper()}), 422, field="name")
    problem(as_admin.post(TEAMS, {}), 422, field="name")
    problem(as_admin.post(TEAMS, {"name": "x", "users": [987654]}), 422, field="users")
    problem(as_admin.post(TEAMS, {"name": "x", "profiles": ["nonsense"]}), 422, field="profiles")
    problem(as_admin.post(TEAMS, {"name": "x", "colour": "red"}), 422, field="colour")
    address = f"{TEAMS}{team.id}/"
    assert as_admin.patch(address, {"name": "One", "version": 1}).json()["version"] == 2
    problem(as_admin.patch(address, {"name": "Two", "version": 1}), 409, "version_conflict")


def test_a_person_is_made_changed_and_deleted(as_admin: APIClient, team: Team) -> None:
    response = as_admin.post(USERS, {"username": "maria", "role": "agent", "agentId": 77, "teams": [str(team.id)]})
    assert response.status_code == 201
    made = response.json()
    assert (made["role"], made["agentId"], made["teams"], made["isActive"]) == ("agent", "77", [str(team.id)], True)
    maria = User.objects.get(username="maria")
    assert maria.check_password(made["password"])
    address = f"{USERS}{maria.pk}/"
    assert "password" not in as_admin.get(address).json()
    changed = as_admin.patch(address, {"role": "supervisor", "password": PASSWORD, "agentId": None})
    assert (changed.json()["role"], changed.json()["agentId"]) == ("supervisor", None)
    maria.refresh_from_db()
    assert maria.check_password(PASSWORD)
    assert as_admin.delete(address).status_code == 204
    entries = AuditEntry.objects.filter(action__startswith="user.").order_by("id")
    assert [entry.action for entry in entries] == ["user.create", "user.change", "user.delete"]
    assert set(entries[1].detail["changed"]) == {"role", "password", "agentId"} and PASSWORD not in str(
        entries.values()
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "admin"}, "username"),
        ({"username": "x", "role": "king"}, "role"),
        ({"username": "x", "password": "123"}, "password"),
        ({"username": "x", "password": "xxxxxxxx"}, "password"),
        ({"username": "x", "agentId": "123"}, "agentId"),
        ({"username": "x", "teams": ["01939f9e-0000-7000-8000-000000000000"]}, "teams"),
        ({"username": "x", "isSuperuser": True}, "isSuperuser"),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_person_may_not_be(
    as_admin: APIClient, agent: User, problem: Problem, body: dict[str, object], field: str
) -> None:
    if body == {"username": "x", "password": "xxxxxxxx"}:
        body = {"username": "xxxxxxxx", "password": "xxxxxxxx"}
    problem(as_admin.post(USERS, body), 422, field=field)
    assert not User.objects.filter(username="x").exists()


def test_the_last_admin_stays(as_admin: APIClient, admin: User, problem: Problem) -> None:
    address = f"{USERS}{admin.pk}/"
    problem(as_admin.patch(address, {"role": "viewer"}), 409, "last_admin")
    problem(as_admin.patch(address, {"isActive": False}), 409, "last_admin")
    problem(as_admin.delete(address), 409, "last_admin")
    admin.refresh_from_db()
    assert admin.role == "admin" and admin.is_active
    assert not AuditEntry.objects.filter(action__startswith="user.").exists()
    User.objects.create_user("second", role="admin")
    assert as_admin.patch(address, {"role": "viewer"}).status_code == 200


@pytest.mark.parametrize("path", [TEAMS, USERS])
def test_only_admins(supervisor: User, as_viewer: APIClient, nobody: APIClient, problem: Problem, path: str) -> None:
    problem(nobody.get(path), 401)
    for client in (with_key(supervisor), as_viewer):
        problem(client.get(path), 403)
        problem(client.post(path, {"name": "x"}), 403)
