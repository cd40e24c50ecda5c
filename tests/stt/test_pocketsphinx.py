"""What only the built-in engine must do: survive its workers, bound its queues, leave no process behind."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time

import psutil

from calls.stt import make_recognizer
from calls.stt.base import Final, Skipped
from tests.stt.engines import RATE, SAMPLES, TRUTH, feed, sample, text_of, track_config


async def engine_with(**options):
    engine = make_recognizer("pocketsphinx", {"workers": 1, "finish_seconds": 60, **options}, production=True)
    await engine.start()
    return engine


async def wait_for(condition, seconds=60.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_killed_worker_costs_its_utterance_and_nothing_more():
    events, other = [], []
    engine = await engine_with()
    track = engine.open_track(track_config(), events.append)
    bystander = engine.open_track(track_config(), other.append)
    await feed(bystander, sample("agent", 7.5))
    await wait_for(lambda: text_of(other))
    await feed(track, sample("agent", 3))
    worker = engine.pool.workers[0]
    first = worker.process.pid
    os.kill(first, signal.SIGKILL)
    await wait_for(lambda: any(isinstance(event, Skipped) for event in events))
    skipped = next(event for event in events if isinstance(event, Skipped))
    assert skipped.reason == "engine_failed"
    assert 700 <= skipped.start_ms <= 1100 and 2900 <= skipped.end_ms <= 3000
    await wait_for(worker.ready.is_set)
    assert worker.process.pid != first
    await feed(track, sample("agent", 7.5), position=10 * RATE)
    await feed(bystander, sample("agent", 7.5), position=10 * RATE)
    await track.finish()
    await bystander.finish()
    await engine.close()
    assert "help you today" in text_of(events)
    assert text_of(other).count("help you today") == 2
    assert not [event for event in other if isinstance(event, Skipped)]


async def test_too_much_audio_is_skipped_exactly_and_recognition_goes_on():
    events = []
    engine = await engine_with(track_backlog_seconds=2)
    track = engine.open_track(track_config(), events.append)
    audio = sample("agent", 7.5)
    for position in range(0, len(audio), 800):
        track.feed(position, audio[position : position + 800])
    assert track.lag_ms > 1000
    await wait_for(lambda: track.lag_ms == 0)
    await feed(track, audio, position=20 * RATE, ahead_ms=500)
    await track.finish()
    await engine.close()
    skipped = [event for event in events if isinstance(event, Skipped)]
    assert {event.reason for event in skipped} == {"overload"}
    assert 2700 <= skipped[0].start_ms <= 3100
    assert 6500 <= skipped[-1].end_ms <= 7500
    assert all(a.end_ms == b.start_ms for a, b in itertools.pairwise(skipped))
    assert "help you today" in text_of([event for event in events if getattr(event, "start_ms", 0) > 20_000])


async def test_all_tracks_together_are_bounded_too():
    events = []
    engine = await engine_with(worker_backlog_seconds=3)
    tracks = [engine.open_track(track_config(), events.append) for _ in range(4)]
    audio = sample("agent", 4)
    for track in tracks:
        track.feed(0, audio)
    assert any(isinstance(event, Skipped) and event.reason == "overload" for event in events) or (
        engine.pool.backlog_seconds < 8
    )
    await asyncio.gather(*(track.finish() for track in tracks))
    assert any(isinstance(event, Skipped) for event in events)
    assert any(isinstance(event, Final) for event in events)
    await engine.close()


async def test_a_stream_that_stops_sending_gets_its_last_words():
    events = []
    engine = await engine_with()
    track = engine.open_track(track_config(), events.append)
    await feed(track, sample("agent", 5))
    await wait_for(lambda: text_of(events))
    await engine.close()


async def test_phrases_decide_between_words_that_sound_alike():
    async def hear(phrases):
        events = []
        track = engine.open_track(track_config(phrases=phrases), events.append)
        await feed(track, audio)
        await track.finish()
        return text_of(events)

    turn = next(turn for turn in TRUTH if "nine one five" in turn["text"])
    audio = sample("customer")[(turn["startMs"] - 500) * 8 : (turn["endMs"] + 800) * 8]
    engine = await engine_with()
    plain = await hear(())
    biased = await hear(("number is", "nine won five", "zwrxqv plimth"))
    await engine.close()
    assert "nine one five" in plain
    assert "nine won five" in biased
    assert "order number is" in biased


def test_a_killed_server_leaves_no_worker():
    code = (
        "import asyncio, sys\n"
        "from calls.stt import make_recognizer\n"
        "from tests.stt.engines import sample, track_config\n"
        "async def main():\n"
        "    engine = make_recognizer('pocketsphinx', {'workers': 2}, production=True)\n"
        "    await engine.start()\n"
        "    for _ in range(4):\n"
        "        engine.open_track(track_config(), lambda event: None).feed(0, sample('agent', 8))\n"
        "    sys.stdout.write(' '.join(str(w.process.pid) for w in engine.pool.workers) + '\\n')\n"
        "    sys.stdout.flush()\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=SAMPLES.parents[1])
    assert server.stdout is not None
    with server.stdout:
        pids = [int(pid) for pid in server.stdout.readline().split()]
    assert len(pids) == 2
    time.sleep(0.3)
    server.kill()
    server.wait()
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=5)
    assert not alive
