"""Failures in plain words, each with what to do."""

from __future__ import annotations

import pytest

from calls.checking.words import closing_trouble, refusal_trouble


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (403, "bad_secret", "refused the profile's own secret"),
        (403, "<html>", "refused with %(status)s"),
        (401, "", "refused with %(status)s"),
        (503, "", "restarting, or full"),
        (502, "", "can't reach the hub"),
        (200, "<html>", "instead of opening a WebSocket"),
        (404, "", "instead of opening a WebSocket"),
    ],
)
def test_a_refusal_says_what_it_means_and_what_to_do(status: int, body: str, told: str) -> None:
    trouble = refusal_trouble(status, body)
    assert told in trouble.detail and trouble.advice
    assert trouble.detail % trouble.values and trouble.advice % trouble.values  # each name has its value


def test_a_close_names_its_reason() -> None:
    assert "did not arrive" in closing_trouble("the hub ended the stream with 1008 secret_missing").detail
    assert closing_trouble("1011").values == {"told": "1011"}
