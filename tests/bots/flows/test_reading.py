"""Mistakes are found at their line, with advice; whatever is typed, nothing is raised; what is accepted can be followed."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.conversation import Begun, CallFacts, End, Happened, Interrupted, Listen, Pressed, Said, Silence
from bots.flows.document import Flow
from bots.flows.machine import State, step
from bots.flows.overview import phrases, preview
from bots.flows.reading import read
from bots.flows.source import MAX_CHARACTERS
from bots.menu import MenuConfig, menu_preview, validate

FOLDER = Path(__file__).parent
MISTAKES = re.split(r"^=== (.+)\n", (FOLDER / "mistakes.txt").read_text(), flags=re.M)[1:]
ACME = (FOLDER / "dialogues" / "acme.yaml").read_text()


def flow_of(text: str) -> Flow:
    found = read(text)
    assert found.flow is not None, found.findings
    return found.flow


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=name) for name, case in zip(MISTAKES[::2], MISTAKES[1::2], strict=True)]
)
def test_mistake(case: str) -> None:
    wanted, _, document = case.partition("---\n")
    found = read(document.removesuffix("\n"))
    seen = [(str(finding.severity), finding.line, finding.code) for finding in found.findings]
    lines = re.findall(r"^(error|warning) (\d+) (\w+): (.+)$", wanted, flags=re.M)
    assert seen == [(severity, int(line), code) for severity, line, code, _ in lines]
    for finding, (_, _, _, advice) in zip(found.findings, lines, strict=True):
        assert advice in finding.detail
    assert (found.flow is None) == any(severity == "error" for severity, *_ in lines)


def test_all_mistakes_are_told_at_once() -> None:
    found = read("nodes:\n  a:\n    sya: x\n    go: b\n  c:\n    say: x\n    lisen: 1\n    digits: 0\n    go: a\n")
    assert [(finding.line, finding.column) for finding in found.findings] == [(3, 5), (4, 9), (7, 5), (8, 13)]


def test_a_long_text_is_not_even_looked_at() -> None:
    assert [finding.code for finding in read("a" * (MAX_CHARACTERS + 1)).findings] == ["too_long"]


def test_the_largest_menu_is_read() -> None:
    nodes = [f"  n{i}:\n    say: Next?\n    choices: {{next: n{i + 1}, done: hangup}}\n" for i in range(198)]
    text = "nodes:\n" + "".join(nodes) + "  n198:\n    hangup:\n"
    assert len(flow_of(text).nodes) == 199
    more = read(text + "  a:\n    hangup:\n  b:\n    hangup:\n").findings
    assert [(found.code, found.line) for found in more if found.severity == "error"] == [("too_many", 600)]


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text_is_read_without_raising(text: str) -> None:
    assert read(text).flow is None


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(ACME)), st.integers(0, 30), st.text(alphabet="{}[]:#*&!'\" \n\t-ab0,|>%@", max_size=6))
def test_any_slip_of_the_pen_is_told(at: int, length: int, slip: str) -> None:
    found = read(ACME[:at] + slip + ACME[at + length :])
    for finding in found.findings:
        assert finding.detail and finding.line is not None
    assert found.flow is not None or found.findings


EVENTS = st.one_of(
    st.builds(Said, st.text(max_size=40), st.none() | st.floats(0, 1)),
    st.sampled_from(["orders", "support", "hours", "yes", "no", "4711", "operator", "one two"]).map(Said),
    st.sampled_from("0123456789*#").map(Pressed),
    st.just(Silence()),
    st.just(Interrupted("Wel")),
    st.just(Begun(resumed=True)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=30), st.sampled_from(["", "+12025550199"]))
def test_every_turn_ends_by_listening_or_for_good(events: list[Happened], fallback: str) -> None:
    flow, facts = flow_of(ACME), CallFacts(call_id="1", vendor="x", fallback_number=fallback)
    state = State()
    for event in [Begun(), *events]:
        turn = step(flow, state, event, facts)
        state = msgspec.convert(msgspec.to_builtins(turn.state), State)
        if isinstance(event, Interrupted):
            assert turn.actions == ()
            continue
        assert isinstance(turn.actions[-1], Listen | End)
        assert sum(isinstance(action, Listen | End) for action in turn.actions) == 1
        if isinstance(turn.actions[-1], End):
            return


def test_a_silent_caller_comes_to_an_end() -> None:
    flow, facts = flow_of(ACME), CallFacts(call_id="1", vendor="x")
    for name in (name for name, node in flow.nodes.items() if node.asks):
        state = State(node=name)
        for _ in range(20):
            turn = step(flow, state, Silence(), facts)
            state = turn.state
            if isinstance(turn.actions[-1], End):
                break
        else:
            pytest.fail(f"{name} never ends")


def test_the_picture() -> None:
    picture = preview(flow_of(ACME))
    assert picture.start == "welcome"
    assert [(node.id, node.does, node.line) for node in picture.nodes[:3]] == [
        ("welcome", "go", 17),
        ("main", "choices", 21),
        ("order number", "digits", 41),
    ]
    edges = {(edge.source, edge.target, edge.label) for edge in picture.edges}
    assert {
        ("main", "order number", "orders (1)"),
        ("main", "main", "say it again"),
        ("main", "operator", "gives up"),
        ("check", "order number", "no (2)"),
        ("order number", "check", "entered"),
        ("*", "operator", "operator (0)"),
    } <= edges
    assert {edge.target for edge in picture.edges} <= {node.id for node in picture.nodes}
    orders = next(edge for edge in picture.edges if edge.label == "orders (1)")
    assert (orders.key, orders.phrases, orders.line) == ("1", ("orders", "my order", "delivery"), 28)
    assert {node.id: node.detail for node in picture.nodes if node.detail} == {
        "order number": "4 to 8 digits, ended by #",
        "support": "4 digits",
        "queue": "+1 202 555 0102",
        "operator": "{fallback}",
    }
    assert all(node.reached for node in picture.nodes)


def test_the_picture_of_a_menu_with_errors() -> None:
    picture = menu_preview("nodes:\n  a: {say: Hi., go: b}\n  c: {say: Bye., hangup: , go: a}\n", MenuConfig())
    assert picture is not None
    assert {node.id: (node.does, node.reached) for node in picture.nodes} == {
        "a": ("go", True),
        "b": ("missing", True),
        "c": ("hangup", False),
    }


def test_there_is_a_picture_of_every_half_written_menu() -> None:
    lines = ACME.splitlines()
    for number in range(len(lines)):
        for text in (lines[:number], lines[number:], lines[:number] + lines[number + 1 :]):
            document = "\n".join(text)
            picture = menu_preview(document, MenuConfig())
            findings = validate(document, MenuConfig())
            assert picture is not None or [finding.severity for finding in findings] == ["error"], document


def test_the_words_for_the_recogniser() -> None:
    words = phrases(flow_of(ACME))
    assert {"orders", "my order", "one", "speak to somebody", "that's right", "no", "double", "say it again"} <= set(
        words
    )
    assert len(words) == len(set(words))


def test_where_only_keys_count_no_words_are_expected() -> None:
    assert phrases(flow_of("nodes:\n  a:\n    say: Code?\n    speech: no\n    digits: 4\n    go: hangup\n")) == []
