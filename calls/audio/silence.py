"""Silence in a spool, where something must not be heard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calls.audio import g711, spool

FADE_MS = 10  # at both ends of a silence, inside it, so that it doesn't click


def silence(view: memoryview, *, rate: int, offset_ms: int, times: Sequence[tuple[int, int]]) -> int:
    """Overwrites, on every track of a writable spool, what was heard at `times`: from and to in ms on the call's
    timeline, on which the spool begins at `offset_ms`. Returns how many samples it changed; doing it again is safe."""
    changed = 0
    spans = [(round((start - offset_ms) * rate / 1000), round((end - offset_ms) * rate / 1000)) for start, end in times]
    fade = rate * FADE_MS // 1000
    for record in spool.records(view):
        width = 2 if record.encoding == "l16" else 1
        first, behind = record.position, record.position + record.length // width
        for start, end in spans:
            low, high = max(first, start), min(behind, end)
            if low >= high:
                continue
            place = slice(record.start + (low - first) * width, record.start + (high - first) * width)
            samples = g711.decode(bytes(view[place]), record.encoding).astype(np.float32)
            here = np.arange(low, high)
            edge = np.minimum(here - start, end - 1 - here)  # samples to the nearer end
            quiet = np.rint(samples * np.clip(1 - edge / max(1, fade), 0, 1)).astype("<i2")
            view[place] = g711.encode(quiet.tobytes(), record.encoding)
            changed += high - low
    return changed
