"""The menu in the documentation works as it stands there."""

from __future__ import annotations

import re

import pytest

from bots.conversation import Begun, CallFacts, Pressed, Said, Say
from bots.flows import document, reading
from bots.flows.machine import State, step
from bots.flows.reading import read
from tests.server import ROOT

TEXT = (ROOT / "docs" / "bots.md").read_text()
MENUS = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.S)


def test_it_has_no_mistakes() -> None:
    assert len(MENUS) == 1
    assert read(MENUS[0]).findings == ()


def test_it_works() -> None:
    flow = read(MENUS[0]).flow
    assert flow is not None
    state, heard = State(), []
    for event in (Begun(), Said("it is about my order"), *map(Pressed, "4711#"), Said("yes")):
        turn = step(flow, state, event, CallFacts(call_id="1", vendor="ringover"))
        state = turn.state
        heard += [action.text for action in turn.actions if isinstance(action, Say)]
    assert heard[-2:] == ["I have 4 7 1 1. Is that right?", "Thank you. I put you through to our order desk."]


@pytest.mark.parametrize("field", sorted({*reading.TOP, *reading.NODE, *document.RESERVED, *document.KNOWN_VALUES}))
def test_every_field_is_described(field: str) -> None:
    assert re.search(rf"[`{{ ]{field}[`}}:, ]", TEXT.split("## Assistant")[0])
