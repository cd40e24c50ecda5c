"""What editors and recognisers want to know of a menu: its picture, and the words that callers may use."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bots.flows.checks import reached
from bots.flows.document import RESERVED, Choice, Digits, Flow, Node
from bots.flows.matching import tokens

MAX_PHRASES = 400


class PreviewNode(msgspec.Struct, frozen=True):
    """A step of a menu, or a way out of it. `does`: choices, confirm, digits, transfer, hangup, go; anywhere (the node
    `*`); way (fallback, hangup); missing (arrows lead to it, and there is no such node)."""

    id: str
    does: str
    says: str
    line: int | None
    detail: str = ""  # where it transfers to, how many digits it takes
    reached: bool = True  # callers may get to it


class PreviewEdge(msgspec.Struct, frozen=True):
    """An arrow from one step to another. Of a choice: its key, and what callers say for it."""

    source: str
    target: str
    label: str
    key: str = ""
    phrases: tuple[str, ...] = ()
    line: int | None = None


class Preview(msgspec.Struct, frozen=True):
    """The menu as a graph. What can be chosen anywhere starts at `*`."""

    start: str
    nodes: list[PreviewNode]
    edges: list[PreviewEdge]


def preview(flow: Flow) -> Preview:
    """Also of a flow whose document has errors."""
    edges = [edge for node in flow.nodes.values() for edge in _edges(node)]
    edges += [_edge_of("*", choice.go, choice) for choice in flow.anywhere]
    found = reached(flow)
    nodes = [
        PreviewNode(node.name, node.does, node.say or node.play, node.line, _detail(node), node.name in found)
        for node in flow.nodes.values()
    ]
    for name in dict.fromkeys(edge.target for edge in edges if edge.target not in flow.nodes):
        nodes.append(PreviewNode(name, "way" if name in RESERVED else "missing", "", None))
    if flow.anywhere:
        nodes.append(PreviewNode("*", "anywhere", "", flow.anywhere[0].line))
    return Preview(flow.start, nodes, edges)


def _edges(node: Node) -> Iterator[PreviewEdge]:
    """In the order of `Node.arrows`, whose choices come first."""
    for number, (target, label) in enumerate(node.arrows()):
        here = node.name if target == "repeat" else target
        if number < len(node.choices):
            yield _edge_of(node.name, here, node.choices[number])
        else:
            yield PreviewEdge(node.name, here, label)


def _edge_of(source: str, target: str, choice: Choice) -> PreviewEdge:
    return PreviewEdge(source, target, choice.label, choice.key, choice.phrases, choice.line)


def _detail(node: Node) -> str:
    return _digits(node.digits) if node.digits is not None else node.transfer


def _digits(digits: Digits) -> str:
    if digits.min == digits.max:
        return f"{digits.min} digit{'s' * (digits.min > 1)}"
    return f"{digits.min} to {digits.max} digits{f', ended by {digits.end}' * bool(digits.end)}"


def phrases(flow: Flow) -> list[str]:
    """What callers may say anywhere in the menu, each once."""
    found: dict[tuple[str, ...], str] = {}
    for node in flow.nodes.values():
        if node.asks and node.asking.speech:
            for phrase in _said_at(flow, node):
                found.setdefault(tokens(phrase), phrase)
    return list(found.values())[:MAX_PHRASES]


def _said_at(flow: Flow, node: Node) -> Iterator[str]:
    words = node.words
    for choice in flow.choices_at(node):
        yield from choice.phrases
        if choice.key:
            yield from (word for word, key in words.digits.items() if key == choice.key and not word.isdecimal())
    if node.digits is not None:
        yield from (word for word in words.digits if not word.isdecimal())
        yield from words.twice
    if node.asking.confirm_below:
        yield from (*words.yes, *words.no)
