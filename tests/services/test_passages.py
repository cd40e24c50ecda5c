"""What was skipped while a call was live is transcribed afterwards, from its spool, by the real recogniser."""

from __future__ import annotations

import audioop
import json
import uuid
import wave
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from calls.audio import spool
from calls.models import Call, Segment, SkippedPassage, Stream, StreamingProfile
from calls.services import sweep
from calls.services.storage import spool_path

SAMPLES = Path(__file__).parents[2] / "calls" / "samples"


@pytest.fixture
def ended_call(db: None) -> Call:
    now = timezone.now()
    profile = StreamingProfile.objects.create(name="Q", product_id="1", recognizer="pocketsphinx", record=False)
    call = Call.objects.create(
        vendor="ringcx", key="k", vendor_call_id="c", profile=profile, state="ended", ended_at=now, audio_started_at=now
    )
    stream = Stream.objects.create(
        call=call, state="ended", offset_ms=1000, process=uuid.uuid4(), lease_until=now, ended_at=now, agent_id="7"
    )
    with wave.open(str(SAMPLES / "agent.wav")) as file:
        audio = audioop.lin2ulaw(file.readframes(12 * 8000), 2)
    path = spool_path(stream.id)
    path.parent.mkdir(parents=True)
    path.write_bytes(spool.pack("agent", "mulaw", 0, audio))
    return call


def first_turn() -> dict[str, Any]:
    turns = json.loads((SAMPLES / "transcript.json").read_text())["turns"]
    return next(turn for turn in turns if turn["track"] == "agent")


def test_a_passage_is_transcribed_at_its_place(ended_call: Call) -> None:
    turn = first_turn()
    start, end = max(0, turn["startMs"] - 300), turn["endMs"] + 600
    passage = SkippedPassage.objects.create(
        call=ended_call,
        stream=ended_call.streams.get(),
        track="agent",
        start_ms=1000 + start,
        end_ms=1000 + end,
        reason="overload",
    )
    assert sweep.finish_due() == 1
    passage.refresh_from_db()
    assert passage.state == "done"
    segments = list(Segment.objects.filter(call=ended_call))
    assert segments[0].participant == "7"
    assert 1000 + start <= segments[0].start_ms and segments[-1].end_ms <= 1000 + end + 100
    heard = " ".join(segment.text for segment in segments).split()
    true = turn["text"].lower().replace(",", "").replace(".", "").replace("?", "").split()
    assert len(set(true) & set(heard)) >= len(set(true)) // 2
    assert sweep.finish_due() == 0


def test_a_passage_without_audio_is_done_and_empty(ended_call: Call) -> None:
    passage = SkippedPassage.objects.create(
        call=ended_call, stream=ended_call.streams.get(), track="customer", start_ms=0, end_ms=900, reason="overload"
    )
    sweep.finish_due()
    passage.refresh_from_db()
    assert passage.state == "done"
    assert not Segment.objects.exists()


def test_an_engine_that_cannot_run_leaves_it_due_again(ended_call: Call) -> None:
    StreamingProfile.objects.update(recognizer="nothing-of-the-kind")
    passage = SkippedPassage.objects.create(
        call=ended_call, stream=ended_call.streams.get(), track="agent", start_ms=0, end_ms=900, reason="overload"
    )
    for attempt in range(1, 4):
        assert sweep.finish_due() == 1
        passage.refresh_from_db()
        assert passage.attempts == attempt
        SkippedPassage.objects.filter(state="pending").update(due_at=timezone.now())
    assert passage.state == "failed"


def test_a_live_call_is_left_alone(ended_call: Call) -> None:
    Call.objects.update(state="live", ended_at=None)
    SkippedPassage.objects.create(
        call=ended_call, stream=ended_call.streams.get(), track="agent", start_ms=0, end_ms=900, reason="overload"
    )
    assert sweep.finish_due() == 0
