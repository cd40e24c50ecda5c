"""How much a vendor's REST API takes in a span of time. No clock of its own."""

from __future__ import annotations

from collections import deque


class Spent(Exception):
    """The next request would have to wait longer than its sender wants to; `seconds` says how long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.1f} s")
        self.seconds = seconds


class Budget:
    """At most `limit` requests in any `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.seconds = seconds
        self.taken: deque[float] = deque(maxlen=limit)

    def take(self, now: float, *, patience: float) -> float:
        """Seconds to wait before sending, at most `patience`; a place is taken. Raises `Spent`, and takes none."""
        full = len(self.taken) == self.taken.maxlen
        wait = max(0.0, self.taken[0] + self.seconds - now) if full else 0.0
        if wait > patience:
            raise Spent(wait)
        self.taken.append(now + wait)
        return wait
