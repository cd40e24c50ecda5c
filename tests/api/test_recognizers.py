"""`recognizers/`: which can run here, and what one makes of a recording."""

from __future__ import annotations

import wave
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from calls.models import StreamingProfile
from calls.services import trying
from tests.api.conftest import Problem

ADDRESS = "/api/v1/recognizers/"


@pytest.fixture(autouse=True)
def installed(settings: Any) -> None:
    settings.HUB_RECOGNIZER, settings.HUB_RECOGNIZER_OPTIONS = "pocketsphinx", {}


def spoken(settings: Any, seconds: float = 7) -> bytes:
    """The first words of the samples."""
    with wave.open(str(Path(settings.BASE_DIR) / "calls/samples/agent.wav")) as file:
        frames, parameters = file.readframes(round(seconds * file.getframerate())), file.getparams()
    made = BytesIO()
    with wave.open(made, "wb") as out:
        out.setparams(parameters)
        out.writeframes(frames)
    return made.getvalue()


def silence(seconds: float, *, channels: int = 1) -> bytes:
    made = BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(round(seconds * 8000) * 2 * channels))
    return made.getvalue()


def attempt(client: APIClient, wav: bytes, name: str = "pocketsphinx", query: str = "") -> Any:
    return client.generic("POST", f"{ADDRESS}{name}/try/{query}", wav, content_type="audio/wav")


def test_each_says_whether_it_can_run_and_what_is_missing(as_admin: APIClient, profile: StreamingProfile) -> None:
    body = as_admin.get(ADDRESS).json()
    rows = {row["name"]: row for row in body["results"]}
    assert body["next"] is None and next(iter(rows)) == "pocketsphinx"
    built_in = rows["pocketsphinx"]
    assert (built_in["available"], built_in["default"], built_in["profiles"]) == (True, True, 1)
    assert not rows["google"]["available"] and "needs the option `project`" in rows["google"]["problem"]


def test_a_recording_becomes_text(as_admin: APIClient, settings: Any) -> None:
    answer = attempt(as_admin, spoken(settings))
    assert answer.status_code == 200, answer.content
    heard = answer.json()
    assert "thank you for calling" in heard["text"]
    assert heard["complete"] and abs(heard["durationMs"] - 7000) < 50 and heard["tookMs"] > 0
    [first, *_] = heard["segments"]
    assert 500 < first["startMs"] < first["endMs"] <= 7000
    assert first["words"] and all(0 <= word["confidence"] <= 1 for word in first["words"])


def test_what_can_not_be_heard_is_said(as_admin: APIClient, problem: Problem) -> None:
    assert "is not a WAV file" in problem(attempt(as_admin, b"ID3 no wav"), 422, "not_audio")["detail"]
    assert "must be mono" in problem(attempt(as_admin, silence(1, channels=2)), 422, "not_audio")["detail"]
    assert "longer than 30 seconds" in problem(attempt(as_admin, silence(61)), 422, "not_audio")["detail"]
    assert "no audio" in problem(attempt(as_admin, silence(0)), 422, "not_audio")["detail"]
    problem(attempt(as_admin, silence(1), query="?language=no%20tag"), 422, "invalid", "language")
    problem(attempt(as_admin, silence(1), "google"), 409, "unavailable")
    problem(attempt(as_admin, silence(1), "nobody"), 404)
    problem(as_admin.post(f"{ADDRESS}pocketsphinx/try/", {"audio": 1}), 415)


def test_a_file_that_is_too_large(as_admin: APIClient, problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "MAX_BYTES", 1000)
    problem(attempt(as_admin, silence(1)), 413, "too_large")


def test_one_at_a_time(as_admin: APIClient, problem: Problem) -> None:
    with trying._one_at_a_time:
        problem(attempt(as_admin, silence(1)), 429, "busy")


def test_it_is_the_admins(as_viewer: APIClient, problem: Problem) -> None:
    problem(as_viewer.get(ADDRESS), 403)
    problem(attempt(as_viewer, silence(1)), 403)
