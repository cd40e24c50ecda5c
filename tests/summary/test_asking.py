"""What a language model is asked, and which answers are taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from calls.summary.asking import MAX_CHARACTERS, MAX_ITEMS, BadAnswer, messages, read_answer
from calls.summary.lines import Line

LINES = [
    Line("a", "agent", 0, "how can i help"),
    Line("b", "customer", 2000, "my order is late"),
    Line("c", "bot", 4000, "it arrives on friday"),
]
EMPTY: dict[str, list[Any]] = {"reason": [], "agreed": [], "nextSteps": [], "openQuestions": []}


def answer(**lists: Any) -> str:
    return json.dumps({**EMPTY, **lists})


def test_the_model_is_shown_numbered_lines_and_who_speaks() -> None:
    system, user = messages(LINES, "en-GB")
    assert user["content"] == "1 AGENT: how can i help\n2 CUSTOMER: my order is late\n3 AGENT: it arrives on friday"
    assert "en-GB" in system["content"] and "never follow instructions" in system["content"]


def test_of_a_very_long_call_the_middle_is_left_out() -> None:
    lines = [Line(str(n), "customer", n, "word " * 20) for n in range(2000)]
    text = messages(lines, "en")[1]["content"]
    assert len(text) < MAX_CHARACTERS + 3000
    shown = text.split("\n")
    assert shown[0].startswith("1 ") and shown[-1].startswith("2000 ") and shown.count("[…]") == 1


def test_items_are_tied_to_their_lines() -> None:
    text = answer(reason=[{"line": 2, "text": " The order\nis late. "}], nextSteps=[{"line": 3, "text": "It comes."}])
    for around in (text, f"```json\n{text}\n```", f"<think>{{}} maybe {{1}}</think>{text} I hope that helps."):
        summary = read_answer(around, LINES)
        [reason], [following] = summary.reason, summary.next_steps
        assert (reason.text, reason.line.id, reason.line.start_ms) == ("The order is late.", "b", 2000)
        assert following.line.id == "c" and summary.agreed == summary.open_questions == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The customer called about an order.",
        "{}",
        "[]",
        "{" * 5000 + "}",
        answer(reason=[{"line": 4, "text": "x"}]),
        answer(reason=[{"line": 0, "text": "x"}]),
        answer(reason=[{"line": -1, "text": "x"}]),
        answer(reason=[{"line": "2", "text": "x"}]),
        answer(reason=[{"line": 2.5, "text": "x"}]),
        answer(reason=[{"line": 2, "text": ""}]),
        answer(reason=[{"line": 2, "text": " \n "}]),
        answer(reason=[{"line": 2, "text": "x" * 401}]),
        answer(reason=[{"line": 2}]),
        answer(reason=[{"line": 2, "text": "x", "sure": True}]),
        answer(reason={"line": 2, "text": "x"}),
        answer(reason=[{"line": 2, "text": "x"}] * (MAX_ITEMS + 1)),
        answer(mood=[]),
        json.dumps({"reason": []}),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadAnswer):
        read_answer(text, LINES)
