"""The waveform of a recording, and that playing it is on record."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from calls.audio import g711, spool
from calls.models import AuditEntry, Call, Recording, User
from calls.services.accounts import create_api_key
from calls.services.recordings import finish_due_recordings
from calls.services.storage import peaks_path, recording_path, spool_path
from tests.api.conftest import Problem, with_key
from tests.api.test_recordings import Asgi
from tests.conftest import MakeCall

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def recorded(make_call: MakeCall) -> Call:
    """One second: the agent is as loud as can be from 200 ms on, for 100 ms; the customer says nothing."""
    call = make_call(vendor_call_id="1")
    path = spool_path(call.streams.get().id)
    path.parent.mkdir(parents=True)
    loud = g711.encode(b"\xff\x7f" * 800, "mulaw")
    quiet = b"\xff" * 8000
    path.write_bytes(spool.pack("agent", "mulaw", 1600, loud) + spool.pack("customer", "mulaw", 0, quiet))
    Recording.objects.create(call=call)
    finish_due_recordings()
    return Call.objects.get()


@pytest.fixture
def get(viewer: User) -> Asgi:
    return Asgi(create_api_key(name="k", owner=viewer, scope="read")[1])


def test_peaks_are_made_with_the_recording(recorded: Call, get: Asgi) -> None:
    path = peaks_path(recording_path(recorded.recording))
    made = path.stat().st_mtime_ns
    answer = get(f"/api/v1/calls/{recorded.id}/recording/peaks/")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.response.headers["Cache-Control"] == "private, no-cache"
    body: Any = json.loads(answer.body)
    assert (body["state"], body["stepMs"], body["durationMs"]) == ("ready", 50, 1000)
    assert [min(peak, 251) for peak in body["left"]] == [0] * 4 + [251] * 2 + [0] * 14
    assert body["right"] == [0] * 20
    again = get(f"/api/v1/calls/{recorded.id}/recording/peaks/", If_None_Match=answer.headers["ETag"])
    assert again.status == 304
    assert path.stat().st_mtime_ns == made


def test_peaks_of_older_recordings_are_made_once(recorded: Call, get: Asgi) -> None:
    path = peaks_path(recording_path(recorded.recording))
    before = path.read_bytes()
    path.unlink()
    assert get(f"/api/v1/calls/{recorded.id}/recording/peaks/").body == before
    made = path.stat().st_mtime_ns
    get(f"/api/v1/calls/{recorded.id}/recording/peaks/")
    assert path.stat().st_mtime_ns == made
    # A recording that was changed since, say because something in it was silenced, gets new ones.
    os.utime(recording_path(recorded.recording))
    get(f"/api/v1/calls/{recorded.id}/recording/peaks/")
    assert path.stat().st_mtime_ns > made


def test_without_a_recording_they_say_why(recorded: Call, viewer: User, agent: User, problem: Problem) -> None:
    client, url = with_key(viewer, "read"), f"/api/v1/calls/{recorded.id}/recording/peaks/"
    problem(with_key(agent, "read").get(url), 404)
    for change, state in (
        ({"state": "pending"}, "pending"),
        ({"state": "failed", "error": "the disk is full"}, "failed"),
        ({"state": "empty"}, "none"),
        ({"state": "ready", "file": "recordings/gone.wav"}, "none"),
    ):
        Recording.objects.update(**change)
        answer = client.get(url)
        assert answer.status_code == 200 and ("Retry-After" in answer) == (state == "pending")
        body = answer.json()
        assert body["state"] == state and body["detail"] and body["left"] is None
    Recording.objects.all().delete()
    assert client.get(url).json()["state"] == "none"


def test_a_reading_is_on_record_once(recorded: Call, get: Asgi, viewer: User) -> None:
    url = f"/api/v1/calls/{recorded.id}/recording/"
    get(url + "peaks/")
    get(url, "head")
    readings = AuditEntry.objects.exclude(action="api-key.create")
    assert not readings.exists()
    for part in ("bytes=0-99", "bytes=100-199", "bytes=200-"):
        assert get(url, Range=part).status == 206
    entry = readings.get()
    assert (entry.action, entry.call, entry.actor) == ("recording.read", recorded, viewer)
    assert entry.actor_name == "viewer (API key k)"
