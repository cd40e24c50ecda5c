"""Dialogues as files: what happens, and all that the menu does in answer.

A file names its menu and the facts of its call, then has one block an event: `(begin)`, `(resumed)`, `(silence)`,
`(interrupted)`, `press 1`, `caller: words` or `caller 0.3: words` with a confidence, and below it the actions. After each
block the state makes the way through JSON that it makes when a call changes processes.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from bots.conversation import (
    Act,
    Action,
    Begun,
    CallFacts,
    End,
    Happened,
    Interrupted,
    Listen,
    Play,
    Pressed,
    Said,
    Say,
    Silence,
)
from bots.flows.machine import State, step
from bots.flows.reading import read

FOLDER = Path(__file__).parent / "dialogues"
FILES = sorted(FOLDER.glob("*.txt"))


def event_of(line: str) -> Happened:
    if said := re.fullmatch(r"caller(?: ([\d.]+))?: (.*)", line):
        return Said(said[2], float(said[1]) if said[1] else None)
    if pressed := re.fullmatch(r"press (.)", line):
        return Pressed(pressed[1])
    return {
        "(begin)": Begun(),
        "(resumed)": Begun(resumed=True),
        "(silence)": Silence(),
        "(interrupted)": Interrupted(""),
    }[line]


def line_of(action: Action, language: str) -> str:
    match action:
        case Say(text, spoken):
            return f"bot: {text}" if spoken == language else f"bot {spoken}: {text}"
        case Play(url):
            return f"play {url}"
        case Act(kind, params):
            return " ".join([kind, *map(str, params.values())])
        case Listen(seconds, barge_in, speech):
            return f"listen {seconds:g}" + " uninterrupted" * (not barge_in) + " keys" * (not speech)
        case End():
            return "end"


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_dialogue(path: Path) -> None:
    lines = [line.rstrip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    head = dict(line.split(": ", 1) for line in lines if re.match("(menu|caller number|fallback): ", line))
    menu = read((FOLDER / head["menu"]).read_text())
    assert menu.flow is not None, menu.findings
    facts = CallFacts(
        call_id="1",
        vendor="ringover",
        from_number=head.get("caller number", ""),
        fallback_number=head.get("fallback", ""),
    )
    state, wanted, seen = State(), [], []
    for line in lines[len(head) :]:
        if line.startswith("  "):
            wanted.append(line)
            continue
        turn = step(menu.flow, state, event_of(line), facts)
        state = msgspec.convert(msgspec.json.decode(msgspec.json.encode(turn.state)), State)
        wanted.append(line)
        seen += [line, *("  " + line_of(action, menu.flow.language) for action in turn.actions)]
    assert seen == wanted


def test_there_are_dialogues() -> None:
    assert len(FILES) > 8
