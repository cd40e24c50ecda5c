"""What only the built-in engine must do: survive its processes, bound them, and leave none behind."""

import asyncio
import signal
import subprocess
import sys

import psutil
import pytest

from calls.tts import make_synthesizer
from calls.tts.base import SynthesisFailed, SynthesizerUnavailable, Voice
from calls.tts.espeak import engine as espeak_engine
from calls.tts.espeak import host
from tests.server import ROOT
from tests.tts.engines import SENTENCE, said, seconds, started

LONG = (SENTENCE + " ") * 120


def worker(engine):
    return psutil.Process(engine._host.process.pid)


async def utterances(engine, count):
    """The processes of so many; the last word of one before may take a moment to end."""
    await until(lambda: len(worker(engine).children()) == count)
    return worker(engine).children()


async def until(condition, limit=15.0):
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_the_rate_is_what_espeak_speaks_at():
    async with started("espeak") as engine:
        assert engine.capabilities.rate == 22_050
        assert seconds(engine, await said(engine, SENTENCE)) == pytest.approx(2.1, abs=0.3)


@pytest.mark.parametrize(
    ("language", "text"),
    [("de-AT", "Guten Tag"), ("es-US", "Buenos días"), ("pt_BR", "Bom dia"), ("zh-CN", "你好"), ("hi", "नमस्ते"), ("", "Hello")],
)  # fmt: skip
async def test_languages(language, text):
    async with started("espeak") as engine:
        assert 0.3 < seconds(engine, await said(engine, text, Voice(language=language))) < 2


async def test_a_language_that_it_does_not_speak_is_told():
    async with started("espeak") as engine:
        with pytest.raises(SynthesisFailed, match="does not speak the language 'xx-YY'"):
            await said(engine, SENTENCE, Voice(language="xx-YY"))
        with pytest.raises(SynthesisFailed, match=r"no voice '\.\./\.\./etc/passwd'"):
            await said(engine, SENTENCE, Voice(name="../../etc/passwd"))


async def test_voices_differ():
    async with started("espeak") as engine:
        heard = {await said(engine, SENTENCE, Voice(name=name)) for name in ("", "f3", "en-gb", "en-gb+f3", "German")}
        assert len(heard) == 5


async def test_the_installation_may_choose_variant_and_pace():
    plain = make_synthesizer("espeak")
    chosen = make_synthesizer("espeak", {"variant": "f3", "language": "de", "words_per_minute": 90})
    await plain.start()
    await chosen.start()
    slow = seconds(chosen, await said(chosen, SENTENCE))
    assert slow > 1.3 * seconds(plain, await said(plain, SENTENCE))
    await plain.close()
    await chosen.close()
    with pytest.raises(SynthesizerUnavailable, match="no voice 'fx'"):
        await make_synthesizer("espeak", {"variant": "fx"}).start()


async def test_a_killed_worker_costs_nobody_his_speech():
    async with started("espeak") as engine:
        speech = engine.speak(LONG, Voice())
        heard = len(await anext(speech))
        first = worker(engine)
        first.kill()
        assert await said(engine, SENTENCE)
        assert worker(engine).pid != first.pid
        async for piece in speech:
            heard += len(piece)
        assert heard == len(await said(engine, LONG))


async def test_a_crash_costs_one_utterance():
    async with started("espeak") as engine:
        mine, other = engine.speak(LONG, Voice()), engine.speak(LONG, Voice())
        assert await anext(mine)
        [child] = await utterances(engine, 1)
        assert await anext(other)
        child.send_signal(signal.SIGSEGV)
        with pytest.raises(SynthesisFailed, match="ended in the middle"):
            async for _ in mine:
                pass
        assert sum([len(piece) async for piece in other]) > 3_000_000


async def test_a_stuck_utterance_is_given_up(monkeypatch):
    monkeypatch.setattr(espeak_engine, "SILENT_SECONDS", 0.5)
    async with started("espeak") as engine:
        speech = engine.speak(LONG, Voice())
        await anext(speech)
        [child] = await utterances(engine, 1)
        child.suspend()
        with pytest.raises(SynthesisFailed, match=r"did not answer for 0\.5 s"):
            async for _ in speech:
                pass
        child.resume()
        await until(lambda: not child.is_running())
        assert await said(engine, SENTENCE)


async def test_a_stuck_worker_is_replaced(monkeypatch):
    monkeypatch.setattr(host, "CONNECT_SECONDS", 0.5)
    async with started("espeak") as engine:
        stuck = worker(engine)
        stuck.suspend()
        with pytest.raises(SynthesisFailed, match="does not answer"):
            await said(engine, SENTENCE)
        monkeypatch.setattr(host, "CONNECT_SECONDS", 10.0)
        assert await said(engine, SENTENCE)
        assert worker(engine).pid != stuck.pid


def test_an_utterance_on_which_espeak_hangs_ends_itself():
    code = (
        "import socket, sys\n"
        "from calls.tts.espeak import wire, worker\n"
        "worker.HANG_SECONDS = 0.2\n"
        "class Hangs:\n"
        "    voices = type('Voices', (), {'find': lambda self, language, name: 'en'})()\n"
        "    def speak(self, text, voice, words_per_minute, take):\n"
        "        take(b'ab')\n"
        "        while True: pass\n"
        "hub, mine = socket.socketpair()\n"
        "hub.sendall(wire.pack_request(wire.Request('hello', 'en', '', 160)))\n"
        "worker.Utterance(mine, Hangs()).run()\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=20).returncode == -signal.SIGALRM


async def test_speech_that_nobody_takes_waits_in_its_process_and_is_bounded():
    async with started("espeak") as engine:
        speeches = [engine.speak(LONG, Voice()) for _ in range(20)]
        for speech in speeches:
            assert await anext(speech)
        children = await utterances(engine, 20)
        first = [piece async for piece in speeches[0]]  # meanwhile an unbounded one would be through
        assert sum(map(len, first)) > 10_000_000
        await until(lambda: sum(child.is_running() for child in children) == 19)
        for speech in speeches:
            await speech.aclose()
        await until(lambda: not worker(engine).children())


async def test_what_is_said_quickly_leaves_no_process_waiting():
    async with started("espeak") as engine:
        speech = engine.speak(SENTENCE * 4, Voice())
        assert await anext(speech)
        await until(lambda: not worker(engine).children())
        assert sum([len(piece) async for piece in speech]) > 7 * 44_100


async def test_more_at_once_than_allowed_is_refused():
    engine = make_synthesizer("espeak", {"at_once": 2})
    await engine.start()
    speeches = [engine.speak(LONG, Voice()) for _ in range(2)]
    for speech in speeches:
        await anext(speech)
    with pytest.raises(SynthesisFailed, match="2 utterances at once"):
        await said(engine, SENTENCE)
    await speeches[0].aclose()
    assert await said(engine, SENTENCE)
    await speeches[1].aclose()
    await engine.close()


async def test_closing_the_engine_ends_what_it_says_and_its_processes():
    async with started("espeak") as engine:
        speech = engine.speak(LONG, Voice())
        await anext(speech)
        processes = [worker(engine), *await utterances(engine, 1)]
        await engine.close()
        with pytest.raises(SynthesisFailed, match="was closed"):
            async for _ in speech:
                pass
        await until(lambda: not any(process.is_running() for process in processes))
        await engine.start()
        assert await said(engine, SENTENCE)


async def test_without_the_library_the_engine_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "espeakng_loader.py").write_text("raise ImportError('No module named espeakng_loader')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(SynthesizerUnavailable, match=r"No module named.*pip install espeakng-loader"):
        await make_synthesizer("espeak").start()


def test_a_killed_server_leaves_no_process():
    code = (
        "import asyncio, sys\n"
        "from calls.tts import make_synthesizer\n"
        "from calls.tts.base import Voice\n"
        "async def main():\n"
        "    engine = make_synthesizer('espeak')\n"
        "    await engine.start()\n"
        "    speech = engine.speak('This is a long text. ' * 180, Voice())\n"
        "    await anext(speech)\n"
        "    sys.stdout.write(f'{engine._host.process.pid}\\n')\n"
        "    sys.stdout.flush()\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert server.stdout is not None
    with server.stdout:
        started = psutil.Process(int(server.stdout.readline()))
    processes = [started, *started.children()]
    assert len(processes) >= 2
    server.kill()
    server.wait()
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert not alive
