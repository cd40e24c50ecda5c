"""What a session tells of its stream while it lives: counters and health, for the rows and for whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calls import live
from calls.services.calls import Report
from calls.shapes import health_shape

if TYPE_CHECKING:
    from calls.session.call_session import CallSession


def report(session: CallSession) -> Report:
    counters = {
        "tracks": {name: track.counters() for name, track in session.timeline.tracks.items()},
        "ignored": dict(session.ignored),
    }
    return Report(counters=counters, health=health(session))


def health(session: CallSession) -> dict[str, Any]:
    now_ms = 0 if session.audio_at is None else round((session.clock() - session.audio_at[0]) * 1000)
    jitter = {name: round(track.jitter * 1000) for name, track in session.timeline.tracks.items()}
    found: dict[str, Any] = {"recognizerLagMs": 0, "silenceMs": {}, "jitterMs": jitter, "skippedMs": 0}
    for participant in session.participants:
        found |= participant.health(now_ms)
    if session.two_way is not None:
        found |= session.two_way.health(now_ms)
    if session.warnings:
        found["warnings"] = session.warnings
    return found


def publish_health(session: CallSession) -> None:
    if session.call_id is not None and session.phase == "open":
        told = report(session)
        live.publish(
            session.call_id,
            "health",
            health=health_shape([told.health]),
            streamId=session.stream_id,
            tracks=told.counters["tracks"],
        )
