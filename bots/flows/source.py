"""YAML as authors write menus: plain texts with their places. Tags, anchors and types of YAML mean nothing here, so
`no`, `012` and `+1 202` stay what they look like."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from bots.findings import Finding

MAX_CHARACTERS = 50_000
MAX_DEPTH = 12


class Unreadable(Exception):
    """The text is not YAML that we take."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.detail)
        self.finding = finding


class _Loader(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.composer.ComposerError(None, None, "an anchor or alias", event.start_mark)
        if getattr(event, "tag", None):
            raise yaml.composer.ComposerError(None, None, "a tag", event.start_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, "too deep", event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def compose(text: str) -> yaml.MappingNode:
    """The document's top. Raises `Unreadable`."""
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(
            Finding(code="too_long", detail=f"A menu has at most {MAX_CHARACTERS} characters: shorten it.")
        )
    try:
        loader = _Loader(text)
        try:
            top = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        detail = "A character here can't be printed: delete it and type it again."
        at = text.count("\n", 0, error.position) + 1
        raise Unreadable(Finding(code="yaml", detail=detail, line=at)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        column = None if mark is None else mark.column + 1
        raise Unreadable(Finding(code="yaml", detail=_advice(str(error.problem)), line=line, column=column)) from None
    if not isinstance(top, yaml.MappingNode):
        detail = 'Begin with "nodes:" and one node below it: docs/bots.md has an example.'
        raise Unreadable(Finding(code="no_nodes", detail=detail, line=1, column=1))
    return top


# YAML's own complaints are written for those who know its grammar. The first that fits counts.
_ADVICE = (
    ("mapping values are not allowed", 'A text with ": " inside needs quotes around it; or the line is indented too far.'),
    ("'\\t'", "Indent with spaces, not with tabs."),
    ("an anchor or alias", "A text that begins with * or & needs quotes around it, such as key: '*'."),
    ("expected alphabetic or numeric character", "A text that begins with * or & needs quotes around it, such as key: '*'."),
    ("a tag", "A text that begins with ! needs quotes around it."),
    ("expected <block end>, but found ','", "A text that begins with { or [ needs quotes around it."),
    ("expected ',' or", "A { or [ is opened and not closed; or a text that begins with it needs quotes around it."),
    ("cannot start any token", "A text that begins with a character such as @ or % needs quotes around it."),
    ("expected <block end>", "This line is indented differently from those it belongs to; or a text needs quotes around it."),
    ("could not find expected ':'", 'A colon is missing after the name, such as "say: …".'),
    ("another document", "Write one document: remove the line ---."),
    ("too deep", "This is nested too deeply for a menu."),
    ("quoted scalar", "A quotation mark is opened and never closed."),
    ("unexpected end of stream", "A quotation mark is opened and never closed."),
)  # fmt: skip


def _advice(problem: str) -> str:
    return next((advice for words, advice in _ADVICE if words in problem), f"This can't be read as YAML: {problem}.")


def pairs(node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """`(name, its place, value)`; a name that is no plain text comes as ""."""
    for key, value in node.value:
        yield (key.value.strip() if isinstance(key, yaml.ScalarNode) else ""), key, value
