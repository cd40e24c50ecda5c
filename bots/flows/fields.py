"""Typed reading of a menu's fields. What is wrong is noted with its place, and reading goes on with a stand-in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Literal

import yaml

from bots.findings import Finding
from bots.flows.source import pairs

MAX_TEXT = 2000  # characters

Fields = Mapping[str, yaml.Node]

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f' Did you mean "{close[0]}"?' if close else ""


class FieldReader:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.names_of: dict[int, yaml.Node] = {}  # by the value's id

    def error(self, node: yaml.Node, code: str, detail: str, severity: Literal["error", "warning"] = "error") -> None:
        at = node.start_mark
        self.findings.append(
            Finding(code=code, detail=detail, severity=severity, line=at.line + 1, column=at.column + 1)
        )

    def warn(self, node: yaml.Node, code: str, detail: str) -> None:
        self.error(node, code, detail, "warning")

    def mapping(self, node: yaml.Node, what: str, known: Collection[str] | None = None) -> Fields:
        """The fields below a name. `known`: all there may be."""
        if not isinstance(node, yaml.MappingNode):
            self.error(node, "no_fields", f"Write the fields of {what} below it, indented, each as name: value.")
            return {}
        fields: dict[str, yaml.Node] = {}
        for name, at, value in pairs(node):
            if not name:
                self.error(at, "bad_name", "Give a plain name here.")
            elif name in fields:
                self.error(at, "duplicate", f'"{name}" stands here twice: remove one of them.')
            elif known is not None and name not in known:
                hint = did_you_mean(name, known) or f" There are: {', '.join(known)}."
                self.error(at, "unknown_field", f'{what[0].upper()}{what[1:]} has no field "{name}".{hint}')
            else:
                fields[name] = value
                self.names_of[id(value)] = at
        return fields

    def text(self, fields: Fields, name: str, default: str = "", *, spoken: bool = False) -> str:
        node = fields.get(name)
        return default if node is None else self.text_of(node, name, spoken=spoken)

    def text_of(self, node: yaml.Node, name: str, *, spoken: bool = False) -> str:
        """A text that isn't empty, its line breaks as spaces. `spoken`: a sentence, where a # is hardly a comment."""
        if not isinstance(node, yaml.ScalarNode):
            begins = node.start_mark.buffer and node.start_mark.buffer[node.start_mark.pointer] in "{["
            hint = " A text that begins with { or [ needs quotes around it." if begins else ""
            self.error(node, "not_a_text", f"Give {name} as one text.{hint}")
            return ""
        text = " ".join(node.value.split())
        if not text:
            self.error(node, "empty", f"{name} is empty. A text that begins with # needs quotes around it.")
        elif len(text) > MAX_TEXT:
            self.error(node, "too_long", f"{name} has at most {MAX_TEXT} characters: make it shorter.")
        elif spoken and node.style is None and _followed_by_comment(node):
            self.warn(
                node, "comment", 'What follows " #" is a comment: put the whole text in quotes if it is part of it.'
            )
        return text

    def number(
        self, fields: Fields, name: str, default: float, low: float, high: float, *, whole: bool = False
    ) -> float:
        node = fields.get(name)
        if node is None:
            return default
        try:
            value = float(node.value) if isinstance(node, yaml.ScalarNode) else low - 1
        except ValueError:
            value = low - 1
        if not low <= value <= high or (whole and value != int(value)):
            self.error(node, "not_a_number", f"Give {name} as a {'whole ' * whole}number from {low:g} to {high:g}.")
            return default
        return value

    def boolean(self, fields: Fields, name: str, default: bool) -> bool:
        node = fields.get(name)
        if node is None:
            return default
        word = node.value.lower() if isinstance(node, yaml.ScalarNode) else ""
        if word not in _TRUE + _FALSE:
            self.error(node, "not_a_boolean", f"Give {name} as true or false.")
        return word in _TRUE


def _followed_by_comment(node: yaml.ScalarNode) -> bool:
    buffer, start = node.end_mark.buffer, node.end_mark.pointer
    if buffer is None:
        return False
    rest = buffer[start:].split("\n", 1)[0]
    return rest.lstrip(" ").startswith("#")
