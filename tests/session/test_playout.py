"""The pace of what is played, on a clock of the tests' own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest

from calls.events import AudioFormat
from calls.session.playout import Playout, Spoken
from calls.vendors.base import PlayoutTiming
from tests.session import virtual_time

TIMING = PlayoutTiming(batch_ms=60, lead_ms=200)
SECOND = 8000  # bytes of mu-law


class Phone:
    """A vendor's protocol that notes what it is given, and when."""

    play_format = AudioFormat("mulaw", 8000)

    def __init__(self, timing: PlayoutTiming = TIMING, slow: float = 0) -> None:
        self.slow = slow  # seconds until what is sent is on its way
        self.clock = asyncio.get_running_loop().time
        self.log: list[tuple[float, str]] = []
        self.batches: list[tuple[float, bytes]] = []
        self.playout = Playout(
            protocol=self,  # type: ignore[arg-type]
            timing=timing,
            send=lambda messages: None,
            flush=self.flush,
            on_started=lambda spoken: self.note(f"started {spoken.text}"),
            on_ended=lambda spoken: self.note(f"ended {spoken.text}"),
        )

    async def flush(self) -> None:
        await asyncio.sleep(self.slow)

    def note(self, what: str) -> None:
        self.log.append((round(self.clock(), 3), what))

    def open_playout(self, text: str) -> list[str]:
        self.note("open")
        return []

    def send_audio(self, audio: bytes) -> list[str]:
        self.batches.append((self.clock(), audio))
        return []

    def close_playout(self) -> list[str]:
        self.note("close")
        return []

    @property
    def audio(self) -> bytes:
        return b"".join(audio for _, audio in self.batches)

    def leads(self) -> list[float]:
        """By how much sending was ahead of the ear, after each batch."""
        start, sent, leads = self.batches[0][0], 0, []
        for at, audio in self.batches:
            sent += len(audio)
            leads.append(start + sent / SECOND - at)
        return leads


async def pieces(audio: bytes, size: int = 700, wait: float = 0.0) -> AsyncIterator[bytes]:
    for at in range(0, len(audio), size):
        if wait:
            await asyncio.sleep(wait)
        yield audio[at : at + size]


def speech(seconds: float, text: str = "hello", **options: Any) -> tuple[bytes, Spoken]:
    audio = bytes(index % 251 for index in range(round(seconds * SECOND)))
    return audio, Spoken(pieces(audio, **options), text=text, participant="")


def on_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    def run(*args: Any, **kwargs: Any) -> None:
        virtual_time.run(test(*args, **kwargs))

    run.__name__ = test.__name__
    return run


@on_virtual_time
async def test_a_minute_is_played_whole_at_a_bounded_lead_without_drift() -> None:
    phone = Phone()
    audio, spoken = speech(60)
    phone.playout.add(spoken)
    assert await spoken.done()
    assert phone.audio == audio
    assert all(0 <= lead <= 0.2001 for lead in phone.leads())
    assert min(phone.leads()[3:]) > 0.05
    assert phone.playout.starved == 0
    assert abs(phone.clock() - 60) < 0.001
    await asyncio.sleep(0)
    assert [what for _, what in phone.log] == ["open", "started hello", "ended hello", "close"]
    assert spoken.played_ms == 60_000


@on_virtual_time
async def test_a_loop_that_was_held_up_catches_up_and_does_not_drift() -> None:
    phone = Phone()
    audio, spoken = speech(10)
    phone.playout.add(spoken)
    await asyncio.sleep(5)
    asyncio.get_running_loop().selector.now += 0.15  # type: ignore[attr-defined]
    assert await spoken.done()
    assert phone.audio == audio
    assert phone.playout.starved == 0
    assert abs(phone.clock() - 10) < 0.001


@on_virtual_time
async def test_two_utterances_follow_each_other_without_a_gap() -> None:
    phone = Phone()
    one, first = speech(1, "one")
    two, second = speech(1, "two")
    phone.playout.add(first)
    phone.playout.add(second)
    assert await second.done()
    assert phone.audio == one + two
    assert abs(phone.clock() - 2) < 0.001
    assert [what for _, what in phone.log].count("open") == 1


@on_virtual_time
async def test_a_later_utterance_is_a_turn_of_its_own() -> None:
    phone = Phone()
    for _ in range(2):
        _, spoken = speech(0.5)
        phone.playout.add(spoken)
        await spoken.done()
        await asyncio.sleep(1)
    assert [what for _, what in phone.log] == ["open", "started hello", "ended hello", "close"] * 2
    assert not phone.playout.speaking


@on_virtual_time
async def test_break_stops_at_once_and_knows_what_was_heard() -> None:
    phone = Phone()
    _, spoken = speech(10, "one two three four five six seven eight nine ten")
    _, waiting = speech(1, "never")
    phone.playout.add(spoken)
    phone.playout.add(waiting)
    await asyncio.sleep(5)
    sent = len(phone.batches)
    assert phone.playout.break_off()
    assert not phone.playout.speaking
    heard = phone.playout.take_heard(phone.clock())
    assert sum(len(audio) for _, audio in heard) == 5 * SECOND
    assert heard[-1][0] + len(heard[-1][1]) / SECOND == pytest.approx(5)
    await asyncio.sleep(20)
    assert len(phone.batches) == sent
    assert phone.playout.take_heard(phone.clock()) == []
    assert not await spoken.done() and not await waiting.done()
    assert spoken.played_ms == 5000
    assert spoken.heard_text() == "one two three four five"
    assert waiting.played_ms == 0


@on_virtual_time
async def test_break_closes_the_synthesis_and_what_comes_late_is_discarded() -> None:
    closed = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                await asyncio.sleep(0.05)
                yield b"\x01" * 800
        finally:
            closed.append(True)

    phone = Phone()
    spoken = Spoken(endless(), text="", participant="")
    phone.playout.add(spoken)
    await asyncio.sleep(1)
    phone.playout.break_off()
    after, fresh = speech(0.5, "fresh")
    phone.batches.clear()
    phone.playout.add(fresh)
    assert await fresh.done()
    assert phone.audio == after
    assert closed == [True]


@on_virtual_time
async def test_break_before_the_first_audio() -> None:
    phone = Phone()
    _, spoken = speech(1, wait=0.5)
    phone.playout.add(spoken)
    await asyncio.sleep(0.1)
    assert phone.playout.break_off()
    await asyncio.sleep(3)
    assert phone.batches == [] and spoken.started_at is None
    assert "open" not in [what for _, what in phone.log]


@on_virtual_time
async def test_a_slow_synthesis_makes_pauses_and_loses_nothing() -> None:
    phone = Phone()
    audio, spoken = speech(2, size=800, wait=0.3)
    phone.playout.add(spoken)
    assert await spoken.done()
    assert phone.audio == audio
    assert phone.playout.starved > 5
    heard = phone.playout.take_heard(phone.clock())
    assert b"".join(piece for _, piece in heard) == audio
    assert all(start + len(piece) / SECOND <= after + 1e-6 for (start, piece), (after, _) in pairwise(heard))


@on_virtual_time
async def test_a_synthesis_that_fails_ends_its_utterance_and_the_next_is_spoken() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"\x01" * 800
        raise RuntimeError("no voice")

    phone = Phone()
    broken = Spoken(failing(), text="broken", participant="")
    audio, spoken = speech(0.5, "next")
    phone.playout.add(broken)
    phone.playout.add(spoken)
    assert not await broken.done()
    assert str(broken.error) == "no voice"
    assert await spoken.done()
    assert phone.audio == b"\x01" * 800 + audio
    await asyncio.sleep(0)
    assert phone.log[-1][1] == "close"


@on_virtual_time
async def test_a_slow_connection_gets_no_further_ahead() -> None:
    phone = Phone(slow=0.1)
    audio, spoken = speech(5)
    phone.playout.add(spoken)
    assert await spoken.done()
    assert phone.audio == audio
    began = phone.batches[0][0] + 0.1
    sent = 0
    for at, batch in phone.batches:
        sent += len(batch)
        assert began + sent / SECOND - (at + 0.1) <= 0.2001


@on_virtual_time
async def test_a_pre_roll_is_sent_at_once_and_again_after_a_pause() -> None:
    phone = Phone(PlayoutTiming(batch_ms=250, lead_ms=600, preroll_ms=350))
    _, spoken = speech(5)
    phone.playout.add(spoken)
    await spoken.done()
    assert len(phone.batches[0][1]) == 0.35 * SECOND
    assert {len(audio) for _, audio in phone.batches[1:-1]} == {SECOND // 4}
    assert max(phone.leads()) <= 0.6001
    await asyncio.sleep(1)
    phone.batches.clear()
    _, again = speech(1)
    phone.playout.add(again)
    await again.done()
    assert len(phone.batches[0][1]) == 0.35 * SECOND
