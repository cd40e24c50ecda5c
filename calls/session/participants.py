"""Who takes part in a live stream: the recorder, the transcriber, later bots and listeners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from calls.events import TrackName
from calls.session.track import Run


class Participant(Protocol):
    """Hears the stream in pieces of about `Runtime.TICK_SECONDS`. Methods run on the event loop and return at once."""

    def hear(self, track: TrackName, runs: Sequence[Run]) -> None:
        """Takes what was placed on a track since the last call: `(sample position, audio)`, in order."""

    def health(self, now_ms: int) -> dict[str, Any]:
        """What the call's health should say of it; `now_ms` is the present on the stream's timeline."""

    async def finish(self) -> None:
        """The stream is over: completes what is under way and returns, in a bounded time."""

    def close(self) -> None:
        """Drops what is under way, now."""
