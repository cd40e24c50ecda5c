"""The written list of what people say, and how well what is sensitive in it is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from calls.privacy.finding import KINDS
from calls.privacy.hiding import Place
from calls.privacy.masking import Masker

SOURCE = Path(__file__).with_name("lines.txt")
MARK = re.compile(r"\{(\w+):([^}]*)\}")


class Line(NamedTuple):
    number: int
    language: str
    asked: str
    pieces: list[str]
    wanted: list[tuple[int, str, int, int]]  # piece, kind, start, end


def read_lines() -> Iterator[Line]:
    for number, row in enumerate(SOURCE.read_text().splitlines(), 1):
        if row and not row.startswith("#"):
            language, asked, said = (part.strip() for part in row.split("|"))
            pieces, wanted = [], []
            for index, marked in enumerate(said.split(" / ")):
                text = ""
                at = 0
                for match in MARK.finditer(marked):
                    text += marked[at : match.start()]
                    wanted.append((index, match[1], len(text), len(text) + len(match[2])))
                    text += match[2]
                    at = match.end()
                pieces.append(text + marked[at:])
            yield Line(number, language, asked, pieces, wanted)


class Outcome(NamedTuple):
    found: int  # numbers, or parts of them, that were to be hidden and are
    missed: int
    wrong: int  # places that were hidden and should not have been


def follow(line: Line) -> dict[int, list[Place]]:
    """What is hidden in each piece in the end."""
    masker = Masker(KINDS, line.language)
    if line.asked:
        masker.final("agent", "asked", line.asked, 0)
    places: dict[int, list[Place]] = {}
    for index, piece in enumerate(line.pieces):
        places |= masker.final("customer", index, piece, 2.0 + 3 * index)
    return places | masker.finish()


def outcome(line: Line) -> Outcome:
    """A number counts as found where all of it is hidden, under its own name."""
    places = follow(line)
    found = sum(
        any(place.kind == kind and place.start <= start and end <= place.end for place in places[piece])
        for piece, kind, start, end in line.wanted
    )
    wrong = sum(
        not any(index == piece and place.start < end and start < place.end for piece, _, start, end in line.wanted)
        for index, hidden in places.items()
        for place in hidden
    )
    return Outcome(found, len(line.wanted) - found, wrong)


def measured() -> tuple[int, float, float]:
    """How many lines there are, precision and recall."""
    outcomes = [outcome(line) for line in read_lines()]
    found, missed, wrong = (sum(column) for column in zip(*outcomes, strict=True))
    return len(outcomes), found / (found + wrong), found / (found + missed)


if __name__ == "__main__":
    for line in read_lines():
        found, missed, wrong = outcome(line)
        if missed or wrong:
            shown = {i: [(p.kind, line.pieces[i][p.start : p.end]) for p in h] for i, h in follow(line).items()}
            print(f"line {line.number}: {missed} missed, {wrong} wrong: {line.asked} | {line.pieces} -> {shown}")  # noqa: T201
    print("{} lines, precision {:.3f}, recall {:.3f}".format(*measured()))  # noqa: T201
