"""Who sees which calls: the rule in SQL, and that it is the same where it is asked of one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from calls.models import Call, StreamingProfile, Team, User
from tests.conftest import MakeCall


@pytest.fixture
def calls(make_call: MakeCall, profile: StreamingProfile, acme: StreamingProfile) -> dict[str, Call]:
    """By name: of each profile, of none, and of agents 123 and 1234, one of them by a stream only."""
    other = StreamingProfile.objects.create(name="Other", product_id="9")
    made = {
        "sales": make_call(agent_id="1234"),
        "acme": make_call(profile=acme, vendor="acme"),
        "other": make_call(profile=other, agent_id="123"),
        "orphan": make_call(profile=None, vendor="ringcx"),
    }
    made["acme"].streams.update(agent_id="123")
    return made


Seen = Callable[[Any], set[str]]


@pytest.fixture
def seen(calls: dict[str, Call]) -> Seen:
    names = {call.id: name for name, call in calls.items()}
    return lambda user: {names[call.id] for call in Call.objects.visible_to(user)}


def test_an_admin_sees_all(seen: Seen, admin: User, calls: dict[str, Call]) -> None:
    assert seen(admin) == set(calls)
    root = User.objects.create_user("root", is_superuser=True)
    assert seen(root) == set(calls)


def test_supervisors_and_viewers_see_those_of_their_teams(seen: Seen, supervisor: User, viewer: User) -> None:
    assert seen(supervisor) == seen(viewer) == {"sales", "acme"}


def test_a_profile_in_two_teams_shows_its_calls_once(seen: Seen, supervisor: User, profile: StreamingProfile) -> None:
    second = Team.objects.create(name="Second")
    second.users.add(supervisor)
    second.profiles.add(profile)
    assert sorted(call.profile_id == profile.id for call in Call.objects.visible_to(supervisor)) == [False, True]


def test_without_a_team_they_see_none(seen: Seen, supervisor: User, team: Team) -> None:
    team.users.clear()
    assert seen(supervisor) == set()
    Team.objects.all().delete()
    assert seen(supervisor) == set()


def test_an_agent_sees_calls_with_a_stream_of_theirs_whatever_their_team(seen: Seen, agent: User, team: Team) -> None:
    assert seen(agent) == {"acme", "other"}
    team.users.add(agent)
    assert seen(agent) == {"acme", "other"}


def test_an_agent_without_an_id_sees_none(seen: Seen, agent: User) -> None:
    agent.agent_id = ""
    assert seen(agent) == set()


def test_only_agents_are_found_by_their_id(seen: Seen, supervisor: User) -> None:
    supervisor.agent_id = "123"
    assert seen(supervisor) == {"sales", "acme"}


def test_nobody_sees_none(seen: Seen) -> None:
    assert seen(AnonymousUser()) == set()


def test_profiles(admin: User, supervisor: User, agent: User, calls: dict[str, Call]) -> None:
    def names(user: User) -> list[str]:
        return [profile.name for profile in StreamingProfile.objects.visible_to(user)]

    assert names(admin) == ["Acme", "Other", "Sales"]
    assert names(supervisor) == ["Acme", "Sales"]
    assert names(agent) == []
