"""A call as one ZIP: whole, streamed, and on record."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from calls.api.zipping import PIECE, Member, archive
from calls.models import AuditEntry, Call, Recording, User
from calls.services.accounts import create_api_key
from tests.api.conftest import Problem
from tests.api.test_recordings import Asgi, file_of, get, recorded  # noqa: F401
from tests.conftest import MakeCall

AT = datetime(2026, 1, 15, 9, 30, 12, tzinfo=UTC)


def address(call: Call) -> str:
    return f"/api/v1/calls/{call.id}/export/"


def opened(body: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    return archive


def test_it_holds_all_of_a_call(recorded: Call, get: Asgi, data_dir: Path) -> None:  # noqa: F811
    segment = {"call": recorded, "stream": recorded.streams.get(), "track": "agent", "start_ms": 900, "end_ms": 1800}
    recorded.segments.create(text="grüß Gott <b>", **segment)
    answer = get(address(recorded))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="call-2026-01.zip"'
    assert answer.headers["Cache-Control"] == "no-store"
    files = opened(answer.body)
    folder = "call-2026-01/"
    assert sorted(files.namelist()) == [
        folder + name
        for name in (
            "call.json", "recording.wav", "transcript.json", "transcript.srt", "transcript.txt", "transcript.vtt",
        )
    ]  # fmt: skip
    assert files.read(f"{folder}recording.wav") == file_of(recorded, data_dir)
    assert json.loads(files.read(f"{folder}call.json"))["id"] == str(recorded.id)
    assert json.loads(files.read(f"{folder}transcript.json"))["segments"][0]["text"] == "grüß Gott <b>"
    for name in ("txt", "vtt", "srt"):
        transcript = get(f"/api/v1/calls/{recorded.id}/transcript/?format={name}")
        assert files.read(f"{folder}transcript.{name}") == transcript.body
    entry = AuditEntry.objects.get(action="call.exported")
    assert (entry.call, entry.detail) == (recorded, {"recording": True})
    get(address(recorded))
    assert AuditEntry.objects.filter(action="call.exported").count() == 2  # each one


@pytest.mark.parametrize("state", [None, Recording.State.EMPTY, Recording.State.FAILED])
def test_without_a_recording(viewer: User, make_call: MakeCall, state: str | None) -> None:
    call = make_call(said=[("agent", 0, 900, "hello")])
    if state:
        Recording.objects.create(call=call, state=state)
    answer = Asgi(create_api_key(name="k", owner=viewer, scope="read")[1])(address(call))
    assert not any(name.endswith(".wav") for name in opened(answer.body).namelist())
    assert AuditEntry.objects.get(action="call.exported").detail == {"recording": False}


def test_what_is_not_finished_is_not_exported(as_admin: APIClient, make_call: MakeCall, problem: Problem) -> None:
    live, pending = make_call(state="live"), make_call()
    Recording.objects.create(call=pending)
    for call in (live, pending):
        refused = as_admin.get(address(call))
        problem(refused, 409, "not_ready")
        assert int(refused["Retry-After"]) > 0
    assert not AuditEntry.objects.filter(action="call.exported").exists()


def test_an_archive_is_made_as_it_is_sent() -> None:
    taken: list[int] = []

    def audio() -> Iterator[bytes]:
        for number in range(50):
            taken.append(number)
            yield bytes([number]) * PIECE

    pieces = archive([Member("a.txt", [b"a"]), Member("b.wav", audio(), False, 50 * PIECE)], AT)
    first = next(pieces)
    assert len(taken) == 1 and len(first) < 2 * PIECE
    body = first + b"".join(pieces)
    files = opened(body)
    assert files.read("b.wav") == b"".join(bytes([number]) * PIECE for number in range(50))
    assert files.getinfo("b.wav").date_time == (2026, 1, 15, 9, 30, 12)


def test_a_recording_of_more_than_four_gigabytes_gets_a_head_for_it() -> None:
    """Its size is known beforehand, so that the member is written as ZIP64 from its first byte."""
    pieces = archive([Member("long.wav", iter([b"x"]), False, 5 << 30)], AT)
    head = next(pieces)
    assert int.from_bytes(head[4:6], "little") >= 45  # the version that a reader needs
