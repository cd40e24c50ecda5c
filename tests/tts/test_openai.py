"""The real client against a local server that does what servers do."""

import asyncio

import pytest

from calls.tts import make_synthesizer
from calls.tts.base import SynthesisFailed, SynthesizerUnavailable, Voice
from tests.bots.web_server import WebServer
from tests.tts.engines import SENTENCE, said, seconds
from tests.tts.openai_server import begin, end, gone, send, speak, synthesizer

PCM = bytes(range(256)) * 40


async def hear(answer, **options):
    async with WebServer(answer) as server:
        engine = synthesizer(server, **options)
        await engine.start()
        try:
            return await said(engine, SENTENCE), server
        finally:
            await engine.close()


async def test_what_is_asked_for():
    _, server = await hear(speak, api_key="sk-mine")
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/audio/speech")
    assert asked.headers["authorization"] == "Bearer sk-mine"
    assert asked.json == {"input": SENTENCE, "model": "tts", "voice": "nova", "response_format": "pcm"}


async def test_voice_and_speed_are_passed_on():
    async with WebServer(speak) as server:
        engine = synthesizer(server)
        await engine.start()
        await said(engine, SENTENCE, Voice(name="coral", speed=1.5, language="de-DE"))
        await engine.close()
    assert (server.asked[0].json["voice"], server.asked[0].json["speed"]) == ("coral", 1.5)


async def test_a_key_for_openai_is_not_shown_to_others(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    _, server = await hear(speak)
    assert "sk-secret" not in str(server.asked[0].headers)


@pytest.mark.parametrize("size", [1, 3, 999, 5000, 100_000])
async def test_samples_stay_whole_however_the_bytes_come(size):
    async def answer(asked, reply):
        await begin(reply)
        await send(reply, PCM[: 2000 if size == 1 else None] + b"!", size)
        await end(reply)

    pcm, _ = await hear(answer)
    assert pcm == PCM[: len(pcm)] and len(pcm) == (2000 if size == 1 else len(PCM))


async def test_speech_comes_before_all_of_it_is_made():
    goes_on = asyncio.Event()

    async def answer(asked, reply):
        await begin(reply)
        await send(reply, PCM * 3)
        await goes_on.wait()
        await send(reply, PCM * 3)
        await end(reply)

    async with WebServer(answer) as server:
        engine = synthesizer(server)
        await engine.start()
        speech = engine.speak(SENTENCE, Voice())
        first = await anext(speech)
        goes_on.set()
        assert first + b"".join([piece async for piece in speech]) == PCM * 6
        await engine.close()


async def test_another_rate_may_come():
    async with WebServer(speak) as server:
        engine = synthesizer(server, rate=16_000)
        assert engine.capabilities.rate == 16_000
        await engine.start()
        assert 3 < seconds(engine, await said(engine, SENTENCE)) < 3.5
        await engine.close()


async def test_a_refusal_is_told_with_its_reason():
    async def answer(asked, reply):
        await reply.send({"error": {"message": "Incorrect API key provided"}}, status=401)

    with pytest.raises(SynthesisFailed, match=r"refused the text \(401\).*Incorrect API key"):
        await hear(answer)


async def test_one_failure_of_the_server_is_forgiven():
    answers = iter([500, 200])

    async def answer(asked, reply):
        if next(answers) == 500:
            await reply.send(b"oops", status=500)
        else:
            await speak(asked, reply)

    pcm, server = await hear(answer)
    assert pcm and len(server.asked) == 2


async def test_a_server_that_only_fails_is_told():
    async def answer(asked, reply):
        await reply.send(b"<h1>Bad Gateway</h1>" * 1000, status=502)

    with pytest.raises(SynthesisFailed, match=r"refused the text \(502\)") as caught:
        await hear(answer)
    assert len(str(caught.value)) < 300


async def test_a_server_that_says_nothing_is_given_up():
    async def answer(asked, reply):
        await gone(reply)

    async with asyncio.timeout(10):
        with pytest.raises(SynthesisFailed, match=r"sent nothing for 0\.3 s"):
            await hear(answer, timeout_seconds=0.3)


async def test_a_server_that_stops_in_the_middle_is_given_up():
    async def answer(asked, reply):
        await begin(reply)
        await send(reply, PCM * 2)
        await gone(reply)

    async with asyncio.timeout(10):
        with pytest.raises(SynthesisFailed, match=r"sent nothing for 0\.3 s"):
            await hear(answer, timeout_seconds=0.3)


async def test_a_connection_that_breaks_is_told():
    async def answer(asked, reply):
        await begin(reply)
        await send(reply, PCM * 2)
        reply.reset()

    with pytest.raises(SynthesisFailed, match="broke off"):
        await hear(answer)


async def test_an_endpoint_that_is_not_there_is_told():
    async with WebServer(speak) as server:
        engine = synthesizer(server)
    await engine.start()
    with pytest.raises(SynthesisFailed, match="can't be reached"):
        await said(engine, SENTENCE)
    await engine.close()


@pytest.mark.parametrize(
    ("kind", "body"),
    [("audio/wav", b"RIFF1234WAVE"), ("audio/mpeg", b"\xff\xfb\x90\x00"), ("application/json", b"{}"),
     ("application/octet-stream", b"ID3\x04"), ("text/html", b"<html>")],
    ids=range(5),
)  # fmt: skip
async def test_what_is_not_pcm_is_never_played(kind, body):
    async def answer(asked, reply):
        await begin(reply, kind)
        await send(reply, body * 100)
        await end(reply)

    with pytest.raises(SynthesisFailed, match="not with raw PCM"):
        await hear(answer)


@pytest.mark.parametrize("cancel", [False, True])
async def test_a_break_closes_the_connection(cancel):
    closed = asyncio.Event()

    async def answer(asked, reply):
        await begin(reply)
        await send(reply, PCM * 3)
        await gone(reply)
        closed.set()

    async with WebServer(answer) as server, asyncio.timeout(20):
        engine = synthesizer(server)
        await engine.start()
        speech = engine.speak(SENTENCE, Voice())
        await anext(speech)
        if cancel:
            waiting = asyncio.create_task(anext(speech))
            for _ in range(5):
                await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await speech.aclose()
        await closed.wait()
        await engine.close()


async def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(SynthesizerUnavailable, match="needs the options `model` and `voice`"):
        await make_synthesizer("openai", {"base_url": "http://127.0.0.1:1/v1"}).start()
    with pytest.raises(SynthesizerUnavailable, match="needs a key"):
        await make_synthesizer("openai", {"model": "m", "voice": "v"}).start()
