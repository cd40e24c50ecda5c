"""What every engine must do, whatever it hears."""

import asyncio
import itertools

import pytest

from calls.stt import ENGINES
from calls.stt.base import Final, Interim, RecognizerUnavailable, Skipped, SpeechEnded, SpeechStarted
from tests.stt.engines import RATE, as_encoding, feed, sample, started, text_of, track_config

pytestmark = pytest.mark.parametrize("name", sorted(ENGINES))

BAD_PHRASES = (
    "", "   ", "!!!", "xqzzvwkj", "漢字", "a" * 5000, "$$ 12 0034567 %s", "\\data\\", "<s> </s>", "(2)", "\x00\n\t",
    "order " * 1000, "the", "full refund",
)  # fmt: skip


async def test_events_come_in_the_order_of_the_speech(name):
    events = []
    async with started(name) as engine:
        track = engine.open_track(track_config(), events.append)
        await feed(track, sample("agent", 12))
        await track.finish()
    finals = [event for event in events if isinstance(event, Final)]
    assert finals and not [event for event in events if isinstance(event, Skipped)]
    assert any(isinstance(event, Interim) for event in events)
    for final in finals:
        assert 0 <= final.start_ms <= final.end_ms <= 12_000
        assert final.text and final.text == " ".join(word.text for word in final.words)
        assert final.confidence is None or 0 <= final.confidence <= 1
        assert all(a.start_ms <= b.start_ms for a, b in itertools.pairwise(final.words))
        assert all(final.start_ms <= w.start_ms <= w.end_ms <= final.end_ms for w in final.words)
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(finals))
    starts = [e for e in events if isinstance(e, SpeechStarted | SpeechEnded)]
    assert all(a.at_ms <= b.at_ms for a, b in itertools.pairwise(starts))
    assert isinstance(starts[0], SpeechStarted) and isinstance(starts[-1], SpeechEnded)
    assert events.index(starts[0]) < min(i for i, e in enumerate(events) if isinstance(e, Interim | Final))


async def test_the_size_of_the_pieces_makes_no_difference(name):
    heard = []
    async with started(name) as engine:
        for piece in (160, 801):
            events = []
            track = engine.open_track(track_config(), events.append)
            await feed(track, sample("agent", 6.5), piece=piece)
            await track.finish()
            heard.append([(e.start_ms, e.end_ms, e.text) for e in events if isinstance(e, Final)])
    assert heard[0]
    assert heard[0] == heard[1]


async def test_a_jump_forward_is_silence(name):
    events = []
    jump = 60 * RATE
    async with started(name) as engine:
        track = engine.open_track(track_config(), events.append)
        await feed(track, sample("agent", 6))
        before = len([event for event in events if isinstance(event, Final)])
        await feed(track, sample("agent", 6), position=jump)
        await track.finish()
    finals = [event for event in events if isinstance(event, Final)]
    assert len(finals) > before
    assert finals[-1].start_ms >= 55_000
    assert all(a.start_ms <= b.start_ms for a, b in itertools.pairwise(finals))


async def test_finish_is_bounded_with_and_without_audio(name):
    async with started(name, finish_seconds=10) as engine:
        for seconds in (0, 0.03, 2.5):
            track = engine.open_track(track_config(), lambda event: None)
            await feed(track, sample("agent", seconds))
            async with asyncio.timeout(15):
                await track.finish()
            track.feed(10**6, b"\xff" * 800)


async def test_close_silences(name):
    events = []
    async with started(name) as engine:
        track = engine.open_track(track_config(), events.append)
        for position in range(0, 4 * RATE, 800):
            track.feed(position, sample("agent", 6)[position : position + 800])
        track.close()
        track.close()
        count = len(events)
        track.feed(10**6, sample("agent", 3))
        await asyncio.sleep(0.3)
        assert len(events) == count
        assert track.lag_ms == 0


async def test_bad_phrases_break_nothing(name):
    events = []
    async with started(name) as engine:
        track = engine.open_track(track_config(phrases=BAD_PHRASES), events.append)
        await feed(track, sample("agent", 6))
        await track.finish()
    assert text_of(events)
    assert not [event for event in events if isinstance(event, Skipped)]


async def test_every_declared_encoding_and_rate_is_heard(name):
    async with started(name) as engine:
        for encoding, rate in itertools.product(engine.capabilities.encodings, engine.capabilities.rates):
            events = []
            track = engine.open_track(track_config(encoding, rate), events.append)
            audio = as_encoding(sample("agent", 6), encoding, rate)
            width = 2 if encoding == "l16" else 1
            await feed(track, audio, piece=rate // 10 * width, width=width)
            track.feed(len(audio) // width, b"")
            await track.finish()
            finals = [event for event in events if isinstance(event, Final)]
            assert finals, (encoding, rate)
            assert 3000 <= finals[-1].end_ms <= 7000


async def test_audio_that_the_engine_does_not_take_is_refused(name):
    async with started(name) as engine:
        with pytest.raises(RecognizerUnavailable, match="44100"):
            engine.open_track(track_config(rate=44100), lambda event: None)


async def test_start_and_close_may_be_repeated(name):
    async with started(name) as engine:
        await engine.start()
        engine.open_track(track_config(), lambda event: None).feed(0, b"\xff" * 800)
        await engine.close()
