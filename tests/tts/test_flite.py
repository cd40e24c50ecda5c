"""What only flite must do. Programs that fail or hang are scripts called flite."""

import asyncio
import os
import shutil

import psutil
import pytest

from calls.tts import make_synthesizer
from calls.tts.base import SynthesisFailed, SynthesizerUnavailable, Voice
from tests.tts.engines import SENTENCE, put_on_path, said, seconds, started

LISTS = 'case "$1" in -lv) echo "Voices available: kal kal16 rms "; exit;; esac\n'


@pytest.fixture
def flite_is(tmp_path, monkeypatch):
    """Puts a script in the place of flite."""

    def put(script):
        put_on_path(str(tmp_path), "#!/bin/sh\n" + script)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return put


async def test_where_it_is_not_installed_the_engine_says_how(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SynthesizerUnavailable, match="Run: apt install flite"):
        await make_synthesizer("flite").start()


async def test_a_voice_of_another_rate_is_none_of_its_voices():
    with pytest.raises(SynthesizerUnavailable, match="no voice 'kal'; it has: kal16, awb, rms, slt"):
        async with started("flite"):
            engine = make_synthesizer("flite", {"voice": "kal"})
            await engine.start()


async def test_voices_and_languages():
    async with started("flite") as engine:
        for name in ("awb", "rms", "slt", "kal16"):
            assert 1 < seconds(engine, await said(engine, SENTENCE, Voice(name=name, language="en-GB"))) < 4
        with pytest.raises(SynthesisFailed, match="English only, not de-DE"):
            await said(engine, SENTENCE, Voice(language="de-DE"))
        with pytest.raises(SynthesisFailed, match="no voice '/etc/passwd'"):
            await said(engine, SENTENCE, Voice(name="/etc/passwd"))


async def test_a_program_that_fails_is_told(flite_is):
    flite_is("exit 3")
    with pytest.raises(SynthesizerUnavailable, match=r"does not work\. flite failed \(exit status 3\)"):
        await make_synthesizer("flite").start()
    flite_is(LISTS + "exit 4")
    engine = make_synthesizer("flite")
    await engine.start()
    with pytest.raises(SynthesisFailed, match="exit status 4"):
        await said(engine, SENTENCE)
    flite_is(LISTS + "exit 0")
    with pytest.raises(SynthesisFailed, match="not a WAV file"):
        await said(engine, SENTENCE)


async def test_a_program_that_hangs_is_ended(flite_is, tmp_path):
    flite_is(f"{LISTS}echo $$ > {tmp_path}/pid; exec {shutil.which('sleep')} 60")
    engine = make_synthesizer("flite", {"timeout_seconds": 0.5})
    await engine.start()
    with pytest.raises(SynthesisFailed, match=r"longer than 0\.5 s"):
        await said(engine, SENTENCE)
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


async def test_a_break_ends_the_program(flite_is, tmp_path):
    flite_is(f"{LISTS}echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; exec sleep 60")
    engine = make_synthesizer("flite", {"timeout_seconds": 30})
    await engine.start()
    waiting = asyncio.create_task(anext(engine.speak(SENTENCE, Voice())))
    async with asyncio.timeout(15):
        while not (tmp_path / "pid").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


async def test_nobody_else_on_the_machine_sees_what_is_said(flite_is, tmp_path):
    flite_is(
        f'{LISTS}echo "$@" > {tmp_path}/arguments; cp "$6" {tmp_path}/text; stat -c %a "$6" "$8" > {tmp_path}/modes'
    )
    engine = make_synthesizer("flite")
    await engine.start()
    with pytest.raises(SynthesisFailed):
        await said(engine, "my pin is 1234")
    assert (tmp_path / "text").read_text() == "my pin is 1234"
    assert "1234" not in (tmp_path / "arguments").read_text()
    assert (tmp_path / "modes").read_text().split() == ["600", "600"]
