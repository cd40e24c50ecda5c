"""The doorbell of background work. The work itself is rows; ringing only makes a sweep come sooner.

Whoever sweeps in this process, or can wake one elsewhere, hangs a bell up with `on_ring`. Losing a ring loses nothing:
the sweep comes by the clock anyway.
"""

import logging
from collections.abc import Callable

from django.db import transaction

log = logging.getLogger(__name__)
_bells: list[Callable[[], None]] = []


def on_ring(bell: Callable[[], None]) -> Callable[[], None]:
    """Calls `bell` (from any thread; it must not block) on every ring. Returns what takes it down."""
    _bells.append(bell)
    return lambda: _bells.remove(bell)


def ring_on_commit() -> None:
    transaction.on_commit(_ring)


def _ring() -> None:
    for bell in tuple(_bells):
        try:
            bell()
        except Exception:
            log.exception("a doorbell failed")
