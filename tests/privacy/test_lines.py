"""The written list, and what docs/privacy.md says of it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.privacy.lines import measured, outcome, read_lines

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "privacy.md"


def test_the_list_is_long_and_half_of_it_is_harmless() -> None:
    lines = list(read_lines())
    assert len(lines) >= 60
    assert 0.3 < sum(not line.wanted for line in lines) / len(lines) < 0.7
    assert {line.language for line in lines} >= {"en", "fr", "de", "es"}


def test_the_document_says_what_is_measured() -> None:
    count, precision, recall = measured()
    assert precision >= 0.95
    assert recall >= 0.95
    told = re.search(r"(\d+) lines.*?precision \*\*([\d.]+)\*\*.*?recall \*\*([\d.]+)\*\*", DOCUMENT.read_text(), re.S)
    assert told, "docs/privacy.md gives the figures"
    assert told.groups() == (str(count), f"{precision:.3f}", f"{recall:.3f}")


def test_no_card_number_is_missed_where_it_comes_in_one_piece() -> None:
    missed = [
        line.number
        for line in read_lines()
        if len(line.pieces) == len(line.wanted) == 1 and line.wanted[0][1] == "card" and outcome(line).missed
    ]
    assert missed == []
