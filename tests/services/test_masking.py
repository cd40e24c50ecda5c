"""Segments with sensitive data taken out: their text, words and times; recordings that are silent there."""

from __future__ import annotations

import io
import uuid
import wave
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from calls.audio import spool
from calls.models import AuditEntry, Call, Note, Recording, Segment, SkippedPassage, Stream, User
from calls.privacy.hiding import Place
from calls.services import audit, reading, sweep
from calls.services.masking import MARGIN_MS, hidden, mask_later, mask_values, silences, spoken_text
from calls.services.notes import add_note, change_note
from calls.services.storage import peaks_path, recording_path, spool_path
from calls.services.transcripts import store_transcript
from tests.conftest import MakeCall

CARD = "four one one one one one one one one one one one one one one one"
DIGITS = "4111 1111 1111 1111"


def segment(call: Call, start_ms: int, end_ms: int, text: str, track: str = "customer", **fields: Any) -> Segment:
    return Segment(
        call=call,
        stream=call.streams.get(),
        track=track,
        start_ms=start_ms,
        end_ms=end_ms,
        text=text,
        language="en",
        **fields,
    )


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    """Ended, with two seconds of noise on both tracks, masked."""
    call = make_call(mask=["card", "code", "iban", "ssn"])
    stream = call.streams.get()
    stream.offset_ms = 0
    stream.save()
    path = spool_path(stream.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    audio = b"\x90" * 8000 * 10
    path.write_bytes(spool.pack("agent", "mulaw", 0, audio) + spool.pack("customer", "mulaw", 0, audio))
    return call


def samples(path: Path) -> np.ndarray:
    with wave.open(io.BytesIO(path.read_bytes())) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


def test_a_segment_loses_text_words_and_tells_when(call: Call) -> None:
    words = [["it", 0, 200, 0.9], ["is", 200, 400, 0.9], ["4111", 400, 800, 0.7], ["ok", 900, 1000, 0.9]]
    whole = segment(call, 0, 1000, "it is 4111 ok", words=words)
    masked = hidden(whole, [Place("card", 6, 10)])
    assert (masked.id, masked.text) == (whole.id, "it is [card number] ok")
    assert masked.words == [*words[:2], ["[card number]", 400, 800, None], words[3]]
    assert masked.masked == [["card", 400, 800]]
    assert whole.text == "it is 4111 ok" and whole.words == words


def test_keys_become_dots_and_the_time_before_they_were_told(call: Call) -> None:
    keys = segment(call, 9000, 9000, "[keys: 4111111111111111#]")
    assert spoken_text(keys) == "4111111111111111#"
    masked = hidden(keys, [Place("card", 0, 16)])
    assert masked.text == "[keys: ••••••••••••••••#]"
    ((kind, start, end),) = masked.masked
    assert kind == "card" and start < 2000 and end > 9000


def test_the_recording_is_silent_with_a_margin_on_both_tracks(call: Call) -> None:
    store_transcript([hidden(segment(call, 2000, 5000, CARD), [Place("card", 0, len(CARD))])])
    Recording.objects.create(call=call)
    assert silences(call) == [(2000 - MARGIN_MS, 5000 + MARGIN_MS)]
    assert sweep.finish_due() == 1
    recording = Recording.objects.get(call=call)
    assert recording.state == "ready"
    heard = samples(recording_path(recording))
    low, high = (2000 - MARGIN_MS) * 8, (5000 + MARGIN_MS) * 8
    assert not heard[low + 80 : high - 80].any()
    assert (heard[: low - 1] != 0).all() and (heard[high + 1 :] != 0).all()
    raw = spool_path(call.streams.get().id).read_bytes()
    assert raw.count(b"\xff" * 8000) >= 2  # nor is it left in the spool
    assert '"left":[' in peaks_path(recording_path(recording)).read_text()


def test_what_is_found_late_makes_the_recording_anew(call: Call) -> None:
    Recording.objects.create(call=call)
    sweep.finish_due()
    assert samples(recording_path(Recording.objects.get(call=call))).all()
    store_transcript([hidden(segment(call, 1000, 2000, CARD), [Place("card", 0, len(CARD))])])
    assert Recording.objects.get(call=call).state == "pending"
    sweep.finish_due()
    recording = Recording.objects.get(call=call)
    assert recording.state == "ready"
    assert not samples(recording_path(recording))[1000 * 8 : 2000 * 8].any()


def test_it_waits_for_what_is_still_to_be_transcribed(call: Call) -> None:
    passage = SkippedPassage.objects.create(
        call=call, stream=call.streams.get(), track="customer", start_ms=3000, end_ms=4000, reason="overload"
    )
    SkippedPassage.objects.update(due_at=timezone.now() + timedelta(hours=1))
    Recording.objects.create(call=call)
    assert sweep.finish_due() == 0
    passage.state = SkippedPassage.State.FAILED
    passage.save()
    assert sweep.finish_due() == 1
    heard = samples(recording_path(Recording.objects.get(call=call)))
    assert not heard[3000 * 8 + 80 : 4000 * 8 - 80].any()  # nobody knows what was said
    assert heard[4000 * 8 + 1 :].all()


def test_a_call_that_is_not_masked_keeps_what_failed(call: Call) -> None:
    Call.objects.update(mask=[])
    SkippedPassage.objects.create(
        call=call,
        stream=call.streams.get(),
        track="customer",
        start_ms=3000,
        end_ms=4000,
        reason="overload",
        state="failed",
    )
    Recording.objects.create(call=call)
    sweep.finish_due()
    assert samples(recording_path(Recording.objects.get(call=call))).all()


def test_what_is_transcribed_later_is_read_with_what_is_stored(call: Call) -> None:
    store_transcript([segment(call, 0, 2000, "my card is four one one one one one one one")])
    late = segment(call, 2100, 4000, "one one one one one one one one")
    (masked,), rewritten = mask_later(call, [late])
    assert masked.text == "[card number]"
    assert [earlier.text for earlier in rewritten] == ["my card is [card number]"]
    store_transcript([masked], rewritten=rewritten)
    assert sorted(Segment.objects.values_list("text", flat=True)) == ["[card number]", "my card is [card number]"]
    assert silences(call) == [(0, 4000 + MARGIN_MS)]


def test_what_is_transcribed_later_of_a_call_without_masking(call: Call) -> None:
    call.mask = []
    late = segment(call, 0, 2000, CARD)
    assert mask_later(call, [late]) == ([late], [])


def test_values_of_all_shapes() -> None:
    value = {"digits": DIGITS, "more": [CARD, 7, None, {"text": "call +1 202 555 0123"}]}
    assert mask_values(value, ["card"], "en-US") == {
        "digits": "[card number]",
        "more": ["[card number]", 7, None, {"text": "call +1 202 555 0123"}],
    }
    assert mask_values(value, [], "en-US") is value
    assert mask_values("4111 1111", ["card"], "en") == "4111 1111"


def test_a_bots_memory_is_masked(call: Call, db: None) -> None:
    from bots.memory import RowMemory
    from bots.models import Bot, BotSession

    bot = Bot.objects.create(name="B", kind="echo")
    BotSession.objects.create(call=call, bot=bot, bot_version=1)
    memory = RowMemory(call.id, mask=call.mask, language="en-US")
    memory.write({"turns": [{"text": f"it is {CARD}"}]}, paused=False, ended=False)
    assert BotSession.objects.get().state == {"turns": [{"text": "it is [card number]"}]}


def test_what_people_write(call: Call, make_call: MakeCall, admin: User) -> None:
    by = audit.requester(admin)
    note = add_note(call_id=call.id, text=f"paid with {DIGITS}", at_ms=None, by=by)
    assert Note.objects.get().text == "paid with [card number]"
    note.text = "the iban is GB29 NWBK 6016 1331 9268 19"
    change_note(note, by=by)
    assert Note.objects.get().text == "the iban is [IBAN]"
    add_note(call_id=make_call().id, text=DIGITS, at_ms=None, by=by)
    assert Note.objects.filter(text=DIGITS).exists()  # of a call that is not masked
    reading.note_search(DIGITS, by=by)
    reading.note_search("order 471928", by=by)
    told = AuditEntry.objects.filter(action="calls.search").values_list("subject", flat=True)
    assert set(told) == {"[card number]", "order 471928"}


def test_what_a_process_that_died_had_not_told_is_silent(call: Call) -> None:
    stream = call.streams.get()
    call.audio_started_at = timezone.now() - timedelta(seconds=10)
    call.save()
    stream.state, stream.ended_at = "interrupted", timezone.now()
    stream.save()
    assert silences(call) == []  # no word at all: there is no recogniser
    store_transcript([segment(call, 1000, 4000, "i would like to pay"), segment(call, 4500, 6000, "sure", "agent")])
    ((start, end),) = silences(call)
    assert start == 6000 and 11_000 < end < 13_000
    stream.state = "ended"
    stream.save()
    assert silences(call) == []


def test_a_stream_of_another_agent_is_silent_too(call: Call) -> None:
    now = timezone.now()
    other = Stream.objects.create(
        call=call, state="ended", offset_ms=1000, process=uuid.uuid4(), lease_until=now, ended_at=now
    )
    spool_path(other.id).write_bytes(spool.pack("customer", "mulaw", 0, b"\x90" * 8000 * 6))
    first = call.streams.exclude(id=other.id).get()
    taken = Segment(
        call=call, stream=first, track="customer", start_ms=3000, end_ms=4000, text="[card number]",
        masked=[["card", 3000, 4000]],
    )  # fmt: skip
    store_transcript([taken])
    Recording.objects.create(call=call)
    sweep.finish_due()
    (record,) = spool.records(memoryview(spool_path(other.id).read_bytes()))
    audio = spool_path(other.id).read_bytes()[record.start :]
    assert set(audio[2000 * 8 : 3000 * 8]) <= {0xFF, 0x7F}
    assert set(audio[: 1800 * 8]) == {0x90}


def test_a_passage_that_was_skipped_is_masked_and_silenced(
    call: Call, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Live, half of the number was heard; the rest was skipped under load."""
    published: list[Any] = []
    monkeypatch.setattr("calls.live.publish", lambda call_id, kind, **shapes: published.append((kind, shapes)))
    settings.HUB_RECOGNIZER_OPTIONS = {
        "scripted": {"script": [{"start_ms": 4200, "end_ms": 5800, "text": "one one one one one one one one"}]}
    }
    call.profile.recognizer = "scripted"
    call.profile.save()
    stream = call.streams.get()
    stream.encoding, stream.sample_rate = "mulaw", 8000
    stream.save()
    earlier = segment(call, 2000, 4000, "four one one one one one one one")
    store_transcript([earlier])
    SkippedPassage.objects.create(
        call=call, stream=stream, track="customer", start_ms=4000, end_ms=6500, reason="overload"
    )
    Recording.objects.create(call=call)
    while sweep.finish_due():
        pass
    assert list(call.segments.order_by("start_ms").values_list("text", flat=True)) == ["[card number]"] * 2
    finals = [shapes["segment"] for kind, shapes in published if kind == "segment.final"]
    assert [final.text for final in finals] == ["[card number]"] * 2
    assert finals[0].id == earlier.id
    heard = samples(recording_path(Recording.objects.get(call=call)))
    assert not heard[2000 * 8 : 4000 * 8].any() and not heard[4200 * 8 : 5800 * 8].any()
    assert heard[6000 * 8 :].all()
