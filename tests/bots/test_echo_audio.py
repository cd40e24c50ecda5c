"""The echo of audio: what was said comes back sample by sample, the delay later, whatever the pieces' sizes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from bots.echo_audio import EchoAnswer
from calls.audio.g711 import encode
from calls.events import AudioFormat
from tests.bots.stage import in_virtual_time

RATE = 8000


class Player:
    """Plays at the pace of an ear, 200 ms ahead at most. `played` is all that was, with silence in between."""

    takes_text = False
    now_ms = 0

    def __init__(self, encoding: str) -> None:
        self.audio = AudioFormat(encoding, RATE)  # type: ignore[arg-type]
        self.width = 2 if encoding == "l16" else 1
        self.silence = encode(b"\0\0", encoding)
        self.loop = asyncio.get_running_loop()
        self.opened_at = self.loop.time()
        self.played = bytearray()
        self.utterances = 0
        self.stopped = 0
        self.tasks: list[asyncio.Task[None]] = []

    def play_audio(self, pieces: AsyncIterator[bytes], *, text: str = "", participant: str = "") -> None:
        self.utterances += 1
        self.tasks.append(self.loop.create_task(self.play(pieces, [*self.tasks])))

    async def play(self, pieces: AsyncIterator[bytes], before: list[asyncio.Task[None]]) -> None:
        await asyncio.gather(*before)
        async for piece in pieces:
            now = round((self.loop.time() - self.opened_at) * RATE)
            self.played += self.silence * (now - len(self.played) // self.width)
            self.played += piece
            ahead = len(self.played) / self.width / RATE - (self.loop.time() - self.opened_at)
            await asyncio.sleep(max(0.0, ahead - 0.2))

    def stop_speaking(self) -> None:
        self.stopped += 1


def voice(seconds: float, encoding: str) -> bytes:
    noise = np.random.default_rng(1).integers(-8000, 8000, round(seconds * RATE)).astype("<i2")
    return encode(noise.tobytes(), encoding)


@pytest.mark.parametrize("encoding", ["l16", "mulaw", "alaw"])
@in_virtual_time
async def test_every_sample_comes_back_after_the_delay(encoding: str) -> None:
    player = Player(encoding)
    echo = EchoAnswer(player, "Echo", 500)  # type: ignore[arg-type]
    echo.ready()
    said, width, at = voice(10, encoding), player.width, 0
    jitter = np.random.default_rng(2)
    while at < len(said) // width:
        piece = int(jitter.integers(100, 1600))
        echo.hear("customer", [(at, said[at * width : (at + piece) * width])])
        echo.hear("bot", [(at, b"\1" * piece)])  # its own echo is none of the caller's
        at += piece
        await asyncio.sleep(max(0.0, at / RATE - (player.loop.time() - player.opened_at)))
    await asyncio.sleep(2)
    heard = bytes(player.played)
    start = heard.index(said)
    assert start == RATE // 2 * width and set(heard[:start]) <= set(player.silence)
    assert heard[start + len(said) :] == b"" and player.utterances == 1


@in_virtual_time
async def test_what_is_missing_is_silent_for_as_long() -> None:
    player = Player("l16")
    echo = EchoAnswer(player, "Echo", 500)  # type: ignore[arg-type]
    echo.ready()
    said = voice(0.1, "l16")
    for at in (800, 3200):  # 2400 samples apart, of 800 each
        echo.hear("customer", [(at, said)])
        await asyncio.sleep(0.3)
    await asyncio.sleep(2)
    assert bytes(player.played) == bytes(2 * 4000) + said + bytes(2 * 1600) + said


@in_virtual_time
async def test_after_a_pause_it_begins_anew() -> None:
    player = Player("l16")
    echo = EchoAnswer(player, "Echo", 300)  # type: ignore[arg-type]
    echo.ready()
    said = voice(0.1, "l16")
    for second in range(3):
        echo.hear("customer", [(second * 5 * RATE, said)])
        await asyncio.sleep(5)
    assert player.utterances == 3
    starts = [index // 2 for index in find_all(bytes(player.played), said)]
    assert starts == [2400, 2400 + 5 * RATE, 2400 + 10 * RATE]


def find_all(text: bytes, part: bytes) -> list[int]:
    found, at = [], text.find(part)
    while at >= 0:
        found.append(at)
        at = text.find(part, at + 1)
    return found


@in_virtual_time
async def test_it_waits_until_the_caller_can_hear_and_is_silent_while_paused() -> None:
    player = Player("l16")
    echo = EchoAnswer(player, "Echo", 300)  # type: ignore[arg-type]
    said = voice(0.1, "l16")
    echo.hear("customer", [(0, said)])
    assert player.utterances == 0
    echo.ready()
    echo.pause()
    echo.hear("customer", [(800, said)])
    assert (player.utterances, player.stopped) == (0, 1)
    echo.resume()
    echo.hear("customer", [(1600, said)])
    assert player.utterances == 1
    await echo.finish()
    echo.hear("customer", [(2400, said)])
    await asyncio.sleep(2)
    assert player.utterances == 1 and all(task.done() for task in player.tasks)


@in_virtual_time
async def test_what_nobody_plays_is_not_kept() -> None:
    player = Player("l16")
    player.play_audio = lambda pieces, **how: None  # type: ignore[method-assign]
    echo = EchoAnswer(player, "Echo", 300)  # type: ignore[arg-type]
    echo.ready()
    for second in range(100):
        echo.hear("customer", [(second * RATE, bytes(RATE * 2))])
    assert sum(map(len, echo.waiting)) <= 30 * RATE * 2
