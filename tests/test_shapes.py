"""Shapes that are made of more than one row."""

from __future__ import annotations

from typing import Any

from calls.shapes import CallBotShape, StreamWarningShape, health_shape


def report(**more: Any) -> dict[str, Any]:
    return {"recognizerLagMs": 0, "silenceMs": {}, "skippedMs": 0, **more}


def test_the_health_of_several_streams_is_the_worst_of_each() -> None:
    bot = {"name": "Menu", "state": "paused", "error": None}
    health = health_shape(
        [
            report(recognizerLagMs=900, silenceMs={"agent": 50, "customer": 7}, warnings={"rate": "Set the rate."}),
            report(silenceMs={"agent": 20}, skippedMs=40, bot=bot, warnings={"rate": "Set the rate.", "rtp": "Is it?"}),
            report(skippedMs=2),
        ]
    )
    assert (health.recognizer_lag_ms, health.silence_ms, health.skipped_ms) == (900, {"agent": 20, "customer": 7}, 42)
    assert health.bot == CallBotShape(name="Menu", state="paused", error=None)
    assert health.warnings == [
        StreamWarningShape(code="rate", detail="Set the rate."),
        StreamWarningShape(code="rtp", detail="Is it?"),
    ]


def test_no_stream_has_said_anything() -> None:
    health = health_shape([])
    assert (health.recognizer_lag_ms, health.silence_ms, health.bot, health.warnings) == (0, {}, None, [])
