"""Masking and retention of profiles, what a masked call shows, and deleting calls, by REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from calls.audio import spool
from calls.models import AuditEntry, Call, Command, Recording, Segment, StreamingProfile, User
from calls.services.commands import waiting_for
from calls.services.storage import spool_path
from tests.api.conftest import Problem, with_key
from tests.conftest import MakeCall

ALL = ["card", "iban", "ssn", "code"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (True, ALL),
        (False, []),
        (None, []),
        ([], []),
        (["code", "card"], ["card", "code"]),
        (["iban", "iban"], ["iban"]),
    ],
)
def test_kinds_of_masking(as_admin: APIClient, given: Any, kept: list[str]) -> None:
    made = as_admin.post("/api/v1/profiles/", {"productType": "QUEUE", "productId": 7, "mask": given})
    assert made.status_code == 201
    assert made.json()["mask"] == kept
    address = f"/api/v1/profiles/{made.json()['id']}/"
    assert as_admin.patch(address, {"name": "Other"}).json()["mask"] == kept
    assert as_admin.put(address, made.json() | {"version": 2}).json()["mask"] == kept


def test_masking_needs_a_recogniser(as_admin: APIClient) -> None:
    body = {"productType": "QUEUE", "productId": 7, "mask": True, "recognizer": "off"}
    made = as_admin.post("/api/v1/profiles/", body).json()
    assert [warning["code"] for warning in made["warnings"]] == ["mask_without_recognizer"]
    assert as_admin.patch(f"/api/v1/profiles/{made['id']}/", {"recognizer": "pocketsphinx"}).json()["warnings"] == []


def test_retention(as_admin: APIClient) -> None:
    made = as_admin.post("/api/v1/profiles/", {"productType": "QUEUE", "productId": 7, "retentionDays": 30}).json()
    assert made["retentionDays"] == 30
    address = f"/api/v1/profiles/{made['id']}/"
    assert as_admin.patch(address, {"name": "Other"}).json()["retentionDays"] == 30
    assert as_admin.patch(address, {"retentionDays": None}).json()["retentionDays"] is None


def test_what_a_masked_call_shows(as_viewer: APIClient, make_call: MakeCall) -> None:
    call = make_call(said=[("customer", 0, 900, "it is [card number]")], mask=["card"])
    Segment.objects.update(masked=[["card", 200, 900]])
    assert as_viewer.get(f"/api/v1/calls/{call.id}/").json()["mask"] == ["card"]
    (segment,) = as_viewer.get(f"/api/v1/calls/{call.id}/transcript/").json()["segments"]
    assert segment["masked"] == [{"kind": "card", "startMs": 200, "endMs": 900}]


@pytest.mark.parametrize(
    ("state", "status"), [(None, 200), ("pending", 409), ("failed", 409), ("ready", 200), ("empty", 200)]
)
def test_a_stream_of_a_masked_call_waits_until_it_is_silenced(
    as_viewer: APIClient, make_call: MakeCall, state: str | None, status: int
) -> None:
    call = make_call(mask=["card"])
    stream = call.streams.get()
    path = spool_path(stream.id)
    path.parent.mkdir(parents=True)
    path.write_bytes(spool.pack("agent", "mulaw", 0, b"\x90" * 800))
    if state:
        Recording.objects.create(call=call, state=state)
    address = f"/api/v1/calls/{call.id}/recording/?stream={stream.id}"
    for mask, expected in (["card"], status), ([], 200):
        Call.objects.update(mask=mask)
        answer = as_viewer.get(address)
        assert answer.status_code == expected
        assert answer.getvalue()  # read to its end


def test_a_command_with_a_card_number(
    supervisor: User,
    acme: StreamingProfile,
    make_call: MakeCall,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr("calls.live.tell_process", lambda process, message: told.append(message["order"].params))
    call = make_call(profile=acme, vendor="acme", state="live", mask=["card"])
    client = with_key(supervisor, "control")
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            f"/api/v1/calls/{call.id}/commands/", {"type": "say", "text": "It is 4111 1111 1111 1111."}
        )
    assert answer.status_code == 202, answer.content
    shown = {"text": "It is [card number]."}
    assert answer.json()["params"] == shown
    command = Command.objects.get()
    assert (command.params, command.is_masked) == (shown, True)
    assert AuditEntry.objects.get(action="command.say").detail["params"] == shown
    assert told == [{"text": "It is 4111 1111 1111 1111."}]  # whoever holds the stream still says it
    assert waiting_for(command.stream.process) == []


# Deleting


def test_an_admin_deletes_a_call(as_admin: APIClient, make_call: MakeCall, problem: Problem) -> None:
    call = make_call(said=[("customer", 0, 900, "hello")])
    address = f"/api/v1/calls/{call.id}/"
    assert as_admin.delete(address).status_code == 204
    problem(as_admin.get(address), 404)
    problem(as_admin.delete(address), 404)
    entries = as_admin.get(f"/api/v1/audit/?call={call.id}").json()["results"]
    assert [entry["action"] for entry in entries] == ["call.removed"]
    assert entries[0]["detail"]["rows"] == {"segments": 1, "streams": 1}


def test_a_live_call_can_not_be_deleted(as_admin: APIClient, make_call: MakeCall, problem: Problem) -> None:
    call = make_call(state="live")
    problem(as_admin.delete(f"/api/v1/calls/{call.id}/"), 409, "live")
    assert Call.objects.exists()


def test_a_call_whose_recording_is_being_made(as_admin: APIClient, make_call: MakeCall, problem: Problem) -> None:
    call = make_call()
    Recording.objects.create(call=call, attempts=1, due_at=timezone.now() + timedelta(minutes=5))
    answer = as_admin.delete(f"/api/v1/calls/{call.id}/")
    problem(answer, 409, "not_ready")
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("scope", ["read", "control"])
def test_others_can_not_delete(
    admin: User, supervisor: User, make_call: MakeCall, problem: Problem, scope: str
) -> None:
    call = make_call()
    problem(with_key(admin, scope).delete(f"/api/v1/calls/{call.id}/"), 403)
    problem(with_key(supervisor, "admin").delete(f"/api/v1/calls/{call.id}/"), 403)
    assert Call.objects.exists()
