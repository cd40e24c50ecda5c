"""Reading many sockets in rounds instead of one by one.

A call sends a hundred small frames a second. Waking up for each (poll, read, run the task) costs several times what the
frame itself does. An application whose peers stream may therefore ask, when it accepts, to be read in rounds from some
time on: every 20 ms each of its sockets is read once, whatever has come. A message waits 10 ms more on average, and
the kernel's buffer is the queue. The sockets take turns, so that a thousand of them do not hold the loop in one go.
"""

from __future__ import annotations

import asyncio
from typing import Protocol
from weakref import WeakKeyDictionary

ROUND_SECONDS = 0.02
TURNS = 4  # a round


class Member(Protocol):
    def read_now(self) -> None: ...


class Rounds:
    """The sockets that one event loop reads in rounds. The clock stands still while there are none."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._turns: list[set[Member]] = [set() for _ in range(TURNS)]
        self._place: dict[Member, set[Member]] = {}
        self._number = 0
        self._next_at = 0.0  # on the loop's clock
        self._timer: asyncio.TimerHandle | None = None

    def add(self, member: Member) -> None:
        turn = self._place[member] = min(self._turns, key=len)
        turn.add(member)
        if self._timer is None:
            self._next_at = self._loop.time()
            self._schedule()

    def discard(self, member: Member) -> None:
        turn = self._place.pop(member, None)
        if turn is not None:
            turn.remove(member)

    def _schedule(self) -> None:
        # A loop that is late leaves turns out instead of catching up.
        self._next_at = max(self._next_at + ROUND_SECONDS / TURNS, self._loop.time())
        self._timer = self._loop.call_at(self._next_at, self._take_turn)

    def _take_turn(self) -> None:
        self._timer = None
        self._number = (self._number + 1) % TURNS
        if self._place:
            self._schedule()
        for member in tuple(self._turns[self._number]):
            member.read_now()


_rounds: WeakKeyDictionary[asyncio.AbstractEventLoop, Rounds] = WeakKeyDictionary()


def rounds_of(loop: asyncio.AbstractEventLoop) -> Rounds:
    rounds = _rounds.get(loop)
    if rounds is None:
        rounds = _rounds[loop] = Rounds(loop)
    return rounds
