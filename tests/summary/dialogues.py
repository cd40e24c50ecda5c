"""The written dialogues: a line `agent: words <kind>` names one that a summary should hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from calls.summary.lines import Kind, Line

FOLDER = Path(__file__).parent / "dialogues"
MARKS: dict[str, Kind] = {
    "reason": "reason",
    "agreed": "agreed",
    "next": "next_steps",
    "open": "open_questions",
}
SECONDS_A_LINE = 4


class Dialogue(NamedTuple):
    name: str
    lines: list[Line]
    keys: dict[str, set[Kind]]  # by line: what it may be named


def read(path: Path) -> Dialogue:
    lines, keys = [], {}
    for number, text in enumerate(path.read_text().splitlines()):
        found = re.fullmatch(r"(agent|customer): ([^<>]+?)(?: <([a-z|]+)>)?", text)
        assert found, f"{path.name}: {text!r}"
        line = Line(f"{path.stem}-{number}", found[1], number * SECONDS_A_LINE * 1000, found[2])
        lines.append(line)
        if found[3]:
            keys[line.id] = {MARKS[mark] for mark in found[3].split("|")}
    return Dialogue(path.stem, lines, keys)


DIALOGUES = [read(path) for path in sorted(FOLDER.glob("*.txt"))]
IN_FRENCH = [read(path) for path in sorted(FOLDER.glob("fr/*.txt"))]
