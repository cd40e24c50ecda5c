"""The real client against a local gRPC server with Google's protocol."""

import asyncio

import grpc
import pytest

from calls.tts import make_synthesizer
from calls.tts.base import SynthesisFailed, SynthesizerUnavailable, Voice
from tests.tts.engines import SENTENCE, said, seconds
from tests.tts.google_server import FakeGoogle, wav

TWO = "This is the first sentence of two. This is the second one, and it is asked for early."


async def test_what_is_asked_for():
    async with FakeGoogle() as server:
        engine = server.synthesizer(language="en-GB")
        await engine.start()
        pcm = await said(engine, SENTENCE, Voice(speed=1.25))
        await engine.close()
    [asked] = server.asked
    assert asked.input.text == SENTENCE
    assert (asked.voice.language_code, asked.voice.name) == ("en-GB", "")
    assert (asked.audio_config.sample_rate_hertz, asked.audio_config.speaking_rate) == (24_000, 1.25)
    assert seconds(engine, pcm) == pytest.approx(len(SENTENCE) / 15 / 1.25, abs=0.01)


@pytest.mark.parametrize(
    ("usual", "asked", "language", "name"),
    [
        ("", Voice(), "en-US", ""),
        ("", Voice(language="de-DE"), "de-DE", ""),
        ("en-US-Neural2-F", Voice(), "en-US", "en-US-Neural2-F"),
        ("en-US-Neural2-F", Voice(language="de-DE"), "de-DE", ""),
        ("en-US-Neural2-F", Voice(name="de-DE-Wavenet-B", language="en-US"), "de-DE", "de-DE-Wavenet-B"),
        ("Kore", Voice(language="fr-FR"), "fr-FR", "Kore"),
    ],
    ids=range(6),
)
async def test_a_voice_goes_with_its_language(usual, asked, language, name):
    async with FakeGoogle() as server:
        engine = server.synthesizer(voice=usual)
        await engine.start()
        await said(engine, SENTENCE, asked)
        await engine.close()
    assert (server.asked[0].voice.language_code, server.asked[0].voice.name) == (language, name)


async def test_the_next_passage_is_asked_for_while_one_is_heard():
    async with FakeGoogle() as server, asyncio.timeout(20):
        engine = server.synthesizer()
        await engine.start()
        speech = engine.speak(TWO, Voice())
        assert await anext(speech)
        server.gate.clear()
        while len(server.asked) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        server.gate.set()
        assert sum([len(piece) async for piece in speech]) > 4 * 48_000
        await engine.close()
    assert " ".join(asked.input.text for asked in server.asked) == TWO


async def test_a_refusal_is_told_with_its_reason():
    async with FakeGoogle() as server:
        engine = server.synthesizer()
        await engine.start()
        with pytest.raises(SynthesisFailed, match="Voice 'nobody' does not exist"):
            await said(engine, SENTENCE, Voice(name="nobody"))
        await engine.close()
    assert len(server.asked) == 1


async def test_what_passes_is_tried_again():
    async with FakeGoogle() as server:
        server.failures = [grpc.StatusCode.UNAVAILABLE]
        engine = server.synthesizer()
        await engine.start()
        assert await said(engine, SENTENCE)
        await engine.close()
    assert len(server.asked) == 2


async def test_a_server_that_says_nothing_is_given_up():
    async with FakeGoogle() as server, asyncio.timeout(20):
        server.gate.clear()
        engine = server.synthesizer(timeout_seconds=0.5)
        await engine.start()
        with pytest.raises(SynthesisFailed, match=r"did not answer for 0\.5 s"):
            await said(engine, SENTENCE)
        await server.cancelled.wait()
        await engine.close()


async def test_a_server_that_is_not_there_is_given_up():
    async with FakeGoogle() as server:
        engine = server.synthesizer(timeout_seconds=1.0)
    await engine.start()
    async with asyncio.timeout(20):
        with pytest.raises(SynthesisFailed):
            await said(engine, SENTENCE)
    await engine.close()


@pytest.mark.parametrize("audio", [b"noise" * 100, wav(bytes(4800), 16_000)], ids=["no-wav", "other-rate"])
async def test_what_is_not_the_format_is_never_played(audio):
    async with FakeGoogle() as server:
        server.audio = audio
        engine = server.synthesizer()
        await engine.start()
        with pytest.raises(SynthesisFailed):
            await said(engine, SENTENCE)
        await engine.close()


async def test_a_break_ends_the_request():
    async with FakeGoogle() as server, asyncio.timeout(20):
        engine = server.synthesizer()
        await engine.start()
        speech = engine.speak(TWO, Voice())
        await anext(speech)
        server.gate.clear()
        while len(server.asked) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await speech.aclose()
        await server.cancelled.wait()
        waiting = asyncio.create_task(anext(engine.speak(SENTENCE, Voice())))
        server.cancelled.clear()
        while len(server.asked) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        waiting.cancel()
        await server.cancelled.wait()
        await engine.close()


async def test_without_credentials_the_engine_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(SynthesizerUnavailable, match="gcloud auth application-default login"):
        await make_synthesizer("google").start()
