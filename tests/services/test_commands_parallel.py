"""Many at once, on real connections: one key makes one command, and one receipt wins."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from calls import live
from calls.models import AuditEntry, Call, Command, StreamingProfile
from calls.services import commands
from calls.services.commands import Requester
from tests.conftest import MakeCall

pytestmark = pytest.mark.django_db(transaction=True)
SOMEBODY = Requester("somebody", None, "user:1")


@pytest.fixture(autouse=True)
def as_in_service(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """SQLite in a file: the tests' own database is in memory, where threads meet other locks than in a real hub."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    path = str(tmp_path / "hub.sqlite3")
    with closing(sqlite3.connect(path)) as file:
        in_memory.backup(file)
    connection.connection, connection.settings_dict["NAME"] = None, path
    try:
        yield
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = in_memory, name


@pytest.fixture
def call(acme: StreamingProfile, make_call: MakeCall) -> Call:
    return make_call(state="live", vendor="acme", profile=acme)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    heard: list[Any] = []
    monkeypatch.setattr(live, "tell_process", lambda process, message: heard.append(message))
    return heard


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What each of `count` threads that begin at one moment returns or raises."""
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        try:
            start.wait()
            return work(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_twenty_identical_ones_make_one_command(call: Call, told: list[Any]) -> None:
    found = together(
        20,
        lambda number: commands.request_command(
            call_id=call.id, type="say", params={"text": "hello"}, requester=SOMEBODY, idempotency_key="k"
        ),
    )
    assert [command for command in found if not isinstance(command, Command)] == []
    assert len({command.id for command in found}) == 1
    assert Command.objects.count() == AuditEntry.objects.count() == len(told) == 1


def test_of_two_bodies_one_is_refused(call: Call, told: list[Any]) -> None:
    found = together(
        20,
        lambda number: commands.request_command(
            call_id=call.id, type="say", params={"text": f"{number % 2}"}, requester=SOMEBODY, idempotency_key="k"
        ),
    )
    assert Command.objects.count() == len(told) == 1
    assert sum(isinstance(each, commands.IdempotencyMismatch) for each in found) == 10
    assert sum(isinstance(each, Command) for each in found) == 10


def test_without_a_key_each_is_carried_out(call: Call, told: list[Any]) -> None:
    together(10, lambda number: commands.request_command(call_id=call.id, type="break", params={}, requester=SOMEBODY))
    assert Command.objects.count() == AuditEntry.objects.count() == len(told) == 10


@pytest.mark.parametrize("round", range(3))
def test_one_outcome_wins(call: Call, told: list[Any], round: int) -> None:
    command = commands.request_command(call_id=call.id, type="hangup", params={}, requester=SOMEBODY)
    commands.note_sent(command.id)
    found = together(8, lambda number: commands.note_outcome(command.id, ok=number % 2 == 0, detail=str(number)))
    assert sum(found) == 1
    row = Command.objects.get()
    assert (row.confirmed_at is None) != (row.failed_at is None)
    winner = str(found.index(True))
    assert (row.detail or row.error) == winner
