"""What every engine must do, whatever it is told to say."""

import asyncio

import numpy as np
import pytest
import uvloop

from calls.audio.g711 import decode
from calls.events import AudioFormat
from calls.tts import ENGINES
from calls.tts.base import SynthesisFailed, Voice
from calls.tts.speech import speak_as
from calls.tts.text import MAX_CHARACTERS
from tests.tts.engines import SENTENCE, loudness, made, said, seconds, started

pytestmark = pytest.mark.parametrize("name", sorted(ENGINES))

LONG = (SENTENCE + " ") * (MAX_CHARACTERS // (len(SENTENCE) + 1))
ODD = (
    "a", "7", "3.50 €", "voilà", "<speak>hello</speak>", "$(id) `id`; exit", "[[h@loU]]", "-voice kal", "/etc/passwd",
    "hello\x00there", "hello\ud800there", "one\r\n\r\ntwo", "%s %n", "ok 👍", "\\n", "x" * 300,
)  # fmt: skip


async def test_a_sentence_becomes_speech(name):
    async with started(name) as engine:
        pcm = await said(engine, SENTENCE)
        assert 1.2 < seconds(engine, pcm) < 4
        assert 0.02 < loudness(pcm) < 0.6


async def test_a_text_without_a_word_is_nothing(name):
    async with started(name) as engine:
        for text in ("", "  \n ", "...", "?!", "\x00"):
            assert await said(engine, text) == b""


@pytest.mark.parametrize("number", range(len(ODD)))
async def test_odd_texts_are_spoken_as_they_are(name, number):
    async with started(name) as engine:
        assert 0.03 < seconds(engine, await said(engine, ODD[number])) < 300
        assert await said(engine, SENTENCE)


async def test_too_long_a_text_is_refused_at_once(name):
    async with started(name) as engine:
        with pytest.raises(SynthesisFailed, match=f"at most {MAX_CHARACTERS}"):
            await said(engine, "a" * (MAX_CHARACTERS + 1))


async def test_a_voice_that_is_not_there_is_refused(name):
    async with started(name) as engine:
        with pytest.raises(SynthesisFailed, match="nobody"):
            await said(engine, SENTENCE, Voice(name="nobody"))
        assert await said(engine, SENTENCE)


async def test_speed_has_bounds(name):
    async with started(name) as engine:
        lengths = [seconds(engine, await said(engine, SENTENCE, Voice(speed=speed))) for speed in (0.1, 0.5, 1, 2, 9)]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.02)
    assert lengths[1] > 1.5 * lengths[2] > 2 * lengths[3]
    assert lengths[3] == pytest.approx(lengths[4], rel=0.02)


async def test_nobody_waits_for_a_long_text(name):
    async with started(name) as engine, asyncio.timeout(60):
        long = engine.speak(LONG, Voice())
        assert await anext(long)
        waiting = asyncio.create_task(anext(engine.speak(LONG, Voice())))
        assert seconds(engine, await said(engine, SENTENCE)) > 1
        assert await waiting
        rest = 0.0
        while rest < 60:
            rest += seconds(engine, await anext(long))
        await long.aclose()


async def test_many_speak_at_a_time_and_none_is_mixed_up(name):
    texts = [SENTENCE * number for number in range(1, 9)]
    async with started(name) as engine, asyncio.timeout(60):
        alone = [len(await said(engine, text)) for text in texts]
        together = await asyncio.gather(*(said(engine, text) for text in texts))
    assert [len(pcm) for pcm in together] == pytest.approx(alone, rel=0.01)
    assert alone == sorted(alone)


async def test_closing_aborts(name):
    async with started(name) as engine, asyncio.timeout(30):
        for _ in range(5):
            speech = engine.speak(LONG, Voice())
            assert await anext(speech)
            await speech.aclose()
            assert await anext(speech, None) is None
        assert await said(engine, SENTENCE)


async def test_cancelling_whoever_waits_aborts(name):
    async def listen():
        async for _ in engine.speak(LONG, Voice()):
            await asyncio.sleep(0)

    async with started(name) as engine, asyncio.timeout(30):
        before = asyncio.all_tasks()
        for pauses in range(8):
            task = asyncio.create_task(listen())
            for _ in range(pauses):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await said(engine, SENTENCE)
        if name in ("espeak", "flite"):  # grpc and HTTP clients keep tasks of their own
            assert asyncio.all_tasks() <= before


async def test_started_twice_and_closed_twice(name):
    async with made(name) as engine:
        with pytest.raises(SynthesisFailed, match="not started"):
            await said(engine, SENTENCE)
        await engine.start()
        await engine.start()
        assert await said(engine, SENTENCE)
        await engine.close()
        await engine.close()
        with pytest.raises(SynthesisFailed, match="not started"):
            await said(engine, SENTENCE)


@pytest.mark.parametrize(("encoding", "rate"), [("mulaw", 8000), ("alaw", 8000), ("l16", 16_000), ("l16", 48_000)])
async def test_speech_comes_as_a_stream_wants_it(name, encoding, rate):
    async with started(name) as engine:
        pcm = await said(engine, SENTENCE)
        pieces = [piece async for piece in speak_as(engine, SENTENCE, Voice(), AudioFormat(encoding, rate))]
    samples = decode(b"".join(pieces), encoding)
    assert all(pieces)
    assert len(samples) == pytest.approx(len(pcm) / 2 * rate / engine.capabilities.rate, rel=0.01)
    assert np.std(samples) == pytest.approx(np.std(np.frombuffer(pcm, "<i2")), rel=0.35)  # an s is lost at 8000 Hz


async def test_speech_for_a_stream_is_aborted_too(name):
    async with started(name) as engine, asyncio.timeout(30):
        speech = speak_as(engine, LONG, Voice(), AudioFormat("mulaw", 8000))
        assert await anext(speech)
        await speech.aclose()
        assert await said(engine, SENTENCE)


def test_it_runs_on_the_loop_of_production(name):
    async def main():
        async with started(name) as engine, asyncio.timeout(30):
            speech = engine.speak(LONG, Voice())
            await anext(speech)
            await speech.aclose()
            return seconds(engine, await said(engine, SENTENCE))

    assert uvloop.run(main()) > 1
