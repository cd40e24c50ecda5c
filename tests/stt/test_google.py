"""The Google engine through Google's real client, over a real socket, to a local stand-in."""

import asyncio
import itertools

import pytest

from calls.stt.base import Final, Interim, RecognizerUnavailable, Skipped, SpeechEnded, SpeechStarted, TrackConfig
from calls.stt.google.engine import GoogleOptions, GoogleRecognizer
from tests.stt.google_server import FakeGoogle, until

CONFIG = TrackConfig("mulaw", 8000, "en-US", ("full refund", "order number"))
WORD = 800


def words_as_audio(count: int) -> bytes:
    """Each word has the number of its place in all its samples."""
    return b"".join(bytes([i]) * WORD for i in range(count))


async def speak(track, audio, pause=0.0):
    for position in range(0, len(audio), WORD):
        track.feed(position, audio[position : position + WORD])
        await asyncio.sleep(pause)


def heard_words(events):
    return [word.text for event in events if isinstance(event, Final) for word in event.words]


async def recognizer(server, **options):
    engine = GoogleRecognizer(GoogleOptions(project="demo", **options), server.client())
    await engine.start()
    return engine


async def test_a_call_is_heard_with_interims_words_and_times():
    async with FakeGoogle() as server:
        engine, events = await recognizer(server), []
        track = engine.open_track(CONFIG, events.append)
        await speak(track, words_as_audio(8), pause=0.01)
        await track.finish()
        await engine.close()
    assert heard_words(events) == [f"w{i}" for i in range(8)]
    assert any(isinstance(event, Interim) for event in events)
    first = next(event for event in events if isinstance(event, Final))
    assert (first.start_ms, first.end_ms, first.text) == (0, 300, "w0 w1 w2")
    assert [(word.start_ms, word.end_ms) for word in first.words] == [(0, 100), (100, 200), (200, 300)]
    assert isinstance(events[0], SpeechStarted) and isinstance(events[-1], SpeechEnded)
    config = server.configs[0]
    assert config.recognizer == "projects/demo/locations/global/recognizers/_"
    recognition = config.streaming_config.config
    assert recognition.explicit_decoding_config.sample_rate_hertz == 8000
    phrases = recognition.adaptation.phrase_sets[0].inline_phrase_set.phrases
    assert [phrase.value for phrase in phrases] == ["full refund", "order number"]


@pytest.mark.parametrize("ages", [(0.0, 60.0), (60.0, 0.25), (0.1, 0.3)], ids=["soft", "hard", "both"])
async def test_streams_follow_each_other_without_a_word_lost_or_doubled(ages):
    async with FakeGoogle() as server:
        engine, events = await recognizer(server, soft_age_seconds=ages[0], hard_age_seconds=ages[1]), []
        track = engine.open_track(CONFIG, events.append)
        await speak(track, words_as_audio(100), pause=0.01)
        await track.finish()
        await engine.close()
    assert len(server.received) > 2
    assert heard_words(events) == [f"w{i}" for i in range(100)]
    finals = [event for event in events if isinstance(event, Final)]
    assert [word.start_ms for final in finals for word in final.words] == [i * 100 for i in range(100)]
    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(finals))
    assert not [event for event in events if isinstance(event, Skipped)]


async def test_a_failed_stream_is_replaced_and_its_unfinished_words_are_sent_again():
    async with FakeGoogle(fail_after=[5 * WORD, 4 * WORD]) as server:
        engine, events = await recognizer(server), []
        track = engine.open_track(CONFIG, events.append)
        await speak(track, words_as_audio(30), pause=0.03)
        await track.finish()
        await engine.close()
    assert len(server.received) == 3
    assert heard_words(events) == [f"w{i}" for i in range(30)]


async def test_what_an_outage_costs_is_told():
    async with FakeGoogle() as server:
        server.refuse = True
        engine, events = await recognizer(server, keep_seconds=3), []
        track = engine.open_track(CONFIG, events.append)
        await speak(track, words_as_audio(60))
        await asyncio.sleep(0.05)
        server.refuse = False
        await until(lambda: server.received)
        await track.finish()
        await engine.close()
    skipped = [event for event in events if isinstance(event, Skipped)]
    assert {event.reason for event in skipped} == {"engine_failed"}
    assert skipped[0].start_ms < 1000  # what the refused stream took before it failed is not told
    lost_until = skipped[-1].end_ms
    assert heard_words(events) == [f"w{i}" for i in range(lost_until // 100, 60)]


async def test_requests_stay_below_the_limit():
    async with FakeGoogle() as server:
        engine, events = await recognizer(server), []
        track = engine.open_track(CONFIG, events.append)
        track.feed(0, words_as_audio(100))
        await track.finish()
        await engine.close()
    assert server.largest <= 25_000
    assert bytes(server.received[0]) == words_as_audio(100)


async def test_a_jump_of_the_audio_moves_the_times():
    async with FakeGoogle() as server:
        engine, events = await recognizer(server), []
        track = engine.open_track(CONFIG, events.append)
        audio = words_as_audio(6)
        await speak(track, audio[: 3 * WORD])
        track.feed(80_000, audio[3 * WORD :])
        await track.finish()
        await engine.close()
    times = {word.text: word.start_ms for e in events if isinstance(e, Final) for word in e.words}
    assert times["w0"] == 0
    assert times["w4"] == 10_100


async def test_close_ends_the_stream_at_once():
    async with FakeGoogle() as server:
        engine, events = await recognizer(server), []
        track = engine.open_track(CONFIG, events.append)
        await speak(track, words_as_audio(5), pause=0.01)
        track.close()
        track.close()
        count = len(events)
        await asyncio.sleep(0.1)
        assert len(events) == count
        await engine.close()


async def test_without_a_project_the_engine_says_what_is_missing():
    with pytest.raises(RecognizerUnavailable, match="project"):
        await GoogleRecognizer(GoogleOptions()).start()
