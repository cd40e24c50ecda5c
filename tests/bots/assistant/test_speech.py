"""What is left of a model's text for the ear."""

from __future__ import annotations

import pytest

from bots.assistant.speech import Thoughts, speakable


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Plain words, 3.5 % and $4.", "Plain words, 3.5 % and $4."),
        ("**Bold** and *slanted* and __under__ and _lined_.", "Bold and slanted and under and lined."),
        ("**Torn bold.", "Torn bold."),
        ("*Torn slant.", "Torn slant."),
        ("the end.*", "the end."),
        ("# Heading", "Heading"),
        ("> Quoted", "Quoted"),
        ("- an item", "an item"),
        ("• an item", "an item"),
        ("```python", ""),
        ("---", ""),
        ("Use `code` here.", "Use code here."),
        ("See [our page](https://example.com/a?b=c).", "See our page."),
        ("![a chart](chart.png)", "a chart"),
        ("One<br>two <b>three</b>.", "One two three."),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("Great! 🎉👍🏽", "Great!"),
        ("Family 👨‍👩‍👧 and flag 🇫🇷 and key 1️⃣.", "Family and flag and key 1."),
        ("😀", ""),
        ("Thanks ❤️!", "Thanks!"),
        ("Press * or dial *67, then 12*#.", "Press * or dial *67, then 12*#."),
        ("snake_case stays", "snake_case stays"),
        ("می‌خواهم", "می‌خواهم"),
        ("20 °C", "20 °C"),
        ("...", ""),
    ],
    ids=lambda text: ascii(text),
)
def test_speakable(written: str, spoken: str) -> None:
    assert speakable(written) == spoken


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Hello.", "Hello."),
        ("<think>what now?\n</think>\n\nHello.", "Hello."),
        ("\n<think></think>Hello.", "Hello."),
        ("<b>Hello</b> <think>", "<b>Hello</b> <think>"),
        ("<think>never ends", ""),
        ("<thin", ""),
    ],
    ids=["none", "thoughts", "empty", "other-tag", "endless", "torn"],
)
def test_thoughts_are_not_said(written: str, said: str, size: int) -> None:
    thoughts = Thoughts()
    assert "".join(thoughts.feed(written[at : at + size]) for at in range(0, len(written), size)).strip() == said
