"""Migrations that carry data over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


@pytest.fixture
def before(transactional_db: None) -> Iterator[Any]:
    """The models as they were before teams; afterwards the database is up to date again."""
    executor = MigrationExecutor(connection)
    executor.migrate([("calls", "0003_search")])
    yield executor.loader.project_state([("calls", "0003_search")]).apps
    MigrationExecutor(connection).migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def migrate() -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("calls", "0004_teams")])
    return executor.loader.project_state([("calls", "0004_teams")]).apps.get_model("calls", "Team")


def test_nobody_loses_calls_by_the_update_to_teams(before: Any) -> None:
    User, Profile = before.get_model("calls", "User"), before.get_model("calls", "StreamingProfile")
    for role in ("admin", "supervisor", "agent", "viewer"):
        User.objects.create(username=role, role=role)
    User.objects.create(username="root", role="viewer", is_superuser=True)
    for number in "12":
        Profile.objects.create(name=f"Line {number}", product_id=number)
    (team,) = migrate().objects.all()
    assert team.name == "Everyone"
    assert sorted(team.users.values_list("username", flat=True)) == ["supervisor", "viewer"]
    assert sorted(team.profiles.values_list("name", flat=True)) == ["Line 1", "Line 2"]


def test_where_it_would_change_nothing_no_team_is_made(before: Any) -> None:
    before.get_model("calls", "User").objects.create(username="admin", role="admin")
    before.get_model("calls", "StreamingProfile").objects.create(name="Line", product_id="1")
    assert not migrate().objects.exists()
