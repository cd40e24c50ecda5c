"""Readings are on record once for each person, call and hour."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from calls.models import AuditEntry, User
from calls.services import reading
from calls.services.audit import Requester, requester
from tests.conftest import MakeCall


def test_once_an_hour_for_each_person_call_and_act(make_call: MakeCall, viewer: User, supervisor: User) -> None:
    one, two = make_call(), make_call()
    for call in (one, two, one):
        for user in (viewer, supervisor, viewer):
            reading.note_call(call, by=requester(user))
    reading.note_recording(one, by=requester(viewer))
    reading.note_export(one, by=requester(viewer), format="txt")
    found = AuditEntry.objects.order_by("at", "id").values_list("actor_name", "action", "call")
    assert [*found] == [
        ("viewer", "call.read", one.id), ("supervisor", "call.read", one.id),
        ("viewer", "call.read", two.id), ("supervisor", "call.read", two.id),
        ("viewer", "recording.read", one.id), ("viewer", "transcript.txt", one.id),
    ]  # fmt: skip
    AuditEntry.objects.update(at=timezone.now() - timedelta(minutes=61))
    reading.note_call(one, by=requester(viewer))
    assert AuditEntry.objects.filter(action="call.read", call=one, actor=viewer).count() == 2


def test_each_search_is_its_own(viewer: User) -> None:
    for query in ("refund", "refund", "", "cancel my order"):
        reading.note_search(query, by=requester(viewer))
    assert [*AuditEntry.objects.order_by("id").values_list("subject", flat=True)] == ["refund", "cancel my order"]


def test_where_it_is_there_already_it_costs_one_query(
    make_call: MakeCall, viewer: User, django_assert_num_queries: Any
) -> None:
    call = make_call()
    reading.note_call(call, by=requester(viewer))
    with django_assert_num_queries(1):
        reading.note_call(call, by=requester(viewer))


@pytest.mark.django_db(transaction=True)
def test_twenty_at_the_same_moment_are_one(make_call: MakeCall) -> None:
    call, ready = make_call(), Barrier(20)

    def read() -> None:
        ready.wait(30)
        try:
            reading.note_call(call, by=Requester("a player"))
        finally:
            connection.close()

    threads = [Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert AuditEntry.objects.count() == 1
