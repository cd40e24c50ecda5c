"""Recordings: real bytes over the ASGI handler, whole and in ranges."""

from __future__ import annotations

import itertools
import struct
import uuid
from collections.abc import AsyncIterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from rest_framework.test import APIClient

from calls.api import recordings
from calls.audio import g711, spool, wav
from calls.models import Call, Recording, Stream, StreamingProfile, User
from calls.services.accounts import create_api_key
from calls.services.recordings import finish_due_recordings
from calls.services.storage import spool_path
from tests.api.conftest import Problem
from tests.conftest import MakeCall

SECOND = 8000  # bytes of mu-law


class Answer:
    def __init__(self, response: Any, body: bytes) -> None:
        self.status, self.headers, self.body, self.response = response.status_code, response.headers, body, response


class Asgi:
    """Gets over the ASGI handler and reads the whole body."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, path: str, method: str = "get", **headers: str) -> Answer:
        async def fetch() -> Answer:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            request = getattr(AsyncClient(), method)
            response = await request(path, headers={"Authorization": f"Bearer {self.key}", **given})
            if not response.streaming:
                return Answer(response, response.content)
            assert isinstance(response.streaming_content, AsyncIterator)
            return Answer(response, b"".join([part async for part in response.streaming_content]))

        return async_to_sync(fetch)()


@pytest.fixture
def get(viewer: User) -> Asgi:
    return Asgi(create_api_key(name="k", owner=viewer, scope="read")[1])


def write_spool(stream: Stream, seconds: int = 25) -> None:
    """Agent and customer speak at once; each second sounds otherwise."""
    path = spool_path(stream.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        for tenth in range(seconds * 10):
            for track, shift in (("agent", 1), ("customer", 101)):
                file.write(spool.pack(track, "mulaw", tenth * 800, bytes([(shift + tenth) % 256]) * 800))


@pytest.fixture
def recorded(make_call: MakeCall) -> Call:
    call = make_call(vendor_call_id="2026 01")
    write_spool(call.streams.get())
    Recording.objects.create(call=call)
    assert finish_due_recordings() == 1
    return call


def file_of(call: Call, data_dir: Path) -> bytes:
    return (data_dir / Recording.objects.get(call=call).file).read_bytes()


def address(call: Call) -> str:
    return f"/api/v1/calls/{call.id}/recording/"


def test_the_whole_file(get: Asgi, recorded: Call, data_dir: Path) -> None:
    answer = get(address(recorded))
    body = file_of(recorded, data_dir)
    assert (answer.status, answer.body) == (200, body)
    assert len(body) == wav.HEADER_BYTES + 25 * SECOND * 4
    assert answer.headers["Content-Type"] == "audio/wav"
    assert answer.headers["Content-Length"] == str(len(body))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"] == 'inline; filename="call-2026-01.wav"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["ETag"].startswith('"')
    left, right = struct.unpack_from("<hh", body, 44)
    heard = g711.decode(memoryview(bytes([1, 101])), "mulaw")
    assert (left, right) == (heard[0], heard[1])


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-43", 0, 44),
        ("bytes=44-", 44, None),
        ("bytes=100-199", 100, 200),
        ("bytes=-1", -1, None),
        ("bytes=-1000", -1000, None),
        ("bytes=-99999999", 0, None),
        ("bytes=10-99999999", 10, None),
        ("bytes = 1-2", 1, 3),
        ("bytes=320000-400000", 320_000, 400_001),
        ("bytes=0-999999999999999999", 0, None),
    ],
)
def test_ranges(get: Asgi, recorded: Call, data_dir: Path, asked: str, start: int, stop: int | None) -> None:
    body = file_of(recorded, data_dir)
    for query, whole in (("", body), (f"?stream={recorded.streams.get().id}", body)):
        answer = get(address(recorded) + query, Range=asked)
        assert (answer.status, answer.body) == (206, whole[start:stop])
        first = start % len(whole) if start < 0 else start
        last = min(stop or len(whole), len(whole)) - 1
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
        assert answer.headers["Content-Length"] == str(len(answer.body))


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=5-4",
        "bytes=-",
        "bytes=a-b",
        "bytes",
        "items=0-1",
        "bytes=0-1,4-5",
        "bytes=0-1-2",
        "",
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_ranges_that_are_not_understood_get_it_all(get: Asgi, recorded: Call, data_dir: Path, asked: str) -> None:
    answer = get(address(recorded), Range=asked)
    assert (answer.status, answer.body) == (200, file_of(recorded, data_dir))


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=800044-800050", "bytes=-0"])
def test_ranges_outside(get: Asgi, recorded: Call, problem: Problem, asked: str) -> None:
    answer = get(address(recorded), Range=asked)
    problem(answer.response, 416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == "bytes */800044"


def test_head(get: Asgi, recorded: Call) -> None:
    answer = get(address(recorded), method="head", Range="bytes=0-9")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "800044")
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_conditions(get: Asgi, recorded: Call, problem: Problem) -> None:
    first = get(address(recorded), method="head")
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert get(address(recorded), Range="bytes=0-9", If_Range=etag).status == 206
    assert get(address(recorded), Range="bytes=0-9", If_Range=modified).status == 206
    assert get(address(recorded), Range="bytes=0-9", If_Range='"another"').status == 200
    assert get(address(recorded), Range="bytes=0-9", If_Range=f"W/{etag}").status == 200
    assert get(address(recorded), Range="bytes=0-9", If_Range=formatdate(0, usegmt=True)).status == 200
    unchanged = get(address(recorded), If_None_Match=etag)
    assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, b"", etag)
    assert get(address(recorded), If_None_Match='"another"').status == 200
    assert get(address(recorded), If_Modified_Since=modified).status == 304
    problem(get(address(recorded), If_Match='"another"').response, 412, "precondition_failed")


def test_one_stream_in_memory_of_a_block(get: Asgi, recorded: Call, data_dir: Path) -> None:
    """A stream's own WAV is mixed as it is read; here it is the only stream, so it equals the recording."""
    stream = recorded.streams.get()
    answer = get(f"{address(recorded)}?stream={stream.id}")
    assert (answer.status, answer.body) == (200, file_of(recorded, data_dir))
    body = recordings.StreamBody(stream)
    assert max(map(len, body.read(0, body.size))) <= 10 * SECOND * 4
    for start, stop in itertools.product(
        (0, 1, 43, 44, 45, 320_043, 320_044, 320_045), (46, 320_044, 640_047, body.size)
    ):
        assert b"".join(body.read(start, stop)) == answer.body[start:stop]


def test_a_file_is_read_in_pieces(recorded: Call, data_dir: Path) -> None:
    body = recordings.FileBody(data_dir / Recording.objects.get().file)
    assert [len(piece) for piece in body.read(10, 10 + 600_000)] == [262_144, 262_144, 75_712]


def test_under_wsgi_it_is_the_same(as_viewer: APIClient, recorded: Call, data_dir: Path) -> None:
    response = as_viewer.get(address(recorded), HTTP_RANGE="bytes=40-49")
    assert (response.status_code, response.getvalue()) == (206, file_of(recorded, data_dir)[40:50])


def test_live_and_unfinished(as_viewer: APIClient, problem: Problem, make_call: MakeCall) -> None:
    live = make_call(state="live")
    for path in (address(live), f"{address(live)}?stream={live.streams.get().id}"):
        response = as_viewer.get(path)
        problem(response, 409, "not_ready")
        assert int(response["Retry-After"]) > 0
    ended = make_call()
    Recording.objects.create(call=ended)
    response = as_viewer.get(address(ended))
    problem(response, 409, "not_ready")
    assert int(response["Retry-After"]) > 0


def test_a_call_that_joined_again_is_not_ready(as_viewer: APIClient, problem: Problem, recorded: Call) -> None:
    Call.objects.update(state="live", ended_at=None)
    problem(as_viewer.get(address(recorded)), 409, "not_ready")


def test_nothing_recorded(
    as_viewer: APIClient, problem: Problem, make_call: MakeCall, profile: StreamingProfile, data_dir: Path
) -> None:
    problem(as_viewer.get(address(make_call())), 404, "no_recording")
    silent = make_call()
    Recording.objects.create(call=silent, state=Recording.State.EMPTY)
    problem(as_viewer.get(address(silent)), 404, "no_recording")
    problem(as_viewer.get(f"{address(silent)}?stream={silent.streams.get().id}"), 404, "no_recording")
    empty = spool_path(silent.streams.get().id)
    empty.parent.mkdir(parents=True)
    empty.touch()
    problem(as_viewer.get(f"{address(silent)}?stream={silent.streams.get().id}"), 404, "no_recording")
    lost = make_call()
    Recording.objects.create(call=lost, state=Recording.State.READY, file="recordings/lost.wav")
    problem(as_viewer.get(address(lost)), 404, "no_recording")
    profile.record = False
    profile.save()
    problem(as_viewer.get(address(make_call(state="live"))), 404, "no_recording")


def test_a_recording_that_failed(
    as_viewer: APIClient, as_admin: APIClient, problem: Problem, make_call: MakeCall
) -> None:
    call = make_call()
    Recording.objects.create(call=call, state=Recording.State.FAILED, error="OSError: /inner/path")
    assert "/inner" not in problem(as_viewer.get(address(call)), 409, "failed")["detail"]
    assert "/inner" in problem(as_admin.get(address(call)), 409, "failed")["detail"]


def test_streams_that_are_not_there(
    as_viewer: APIClient, problem: Problem, recorded: Call, make_call: MakeCall
) -> None:
    problem(as_viewer.get(f"{address(recorded)}?stream=2"), 422, field="stream")
    problem(as_viewer.get(f"{address(recorded)}?stream={uuid.uuid4()}"), 404)
    other = make_call().streams.get()
    problem(as_viewer.get(f"{address(recorded)}?stream={other.id}"), 404)
