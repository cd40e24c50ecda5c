"""A menu's text to a `Flow`, with everything that is wrong in it, each finding at its line."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

import msgspec
import yaml

from bots.findings import Finding
from bots.flows.checks import check
from bots.flows.document import (
    KEYS,
    KNOWN_VALUES,
    RESERVED,
    Asking,
    Choice,
    Digits,
    Does,
    Flow,
    Node,
    values_in,
)
from bots.flows.fields import FieldReader, Fields, did_you_mean
from bots.flows.source import Unreadable, compose
from bots.flows.words import Words, words_of

MAX_NODES = 200
MAX_CHOICES = 30
MAX_PHRASES = 40

TOP = ("language", "start", "resumed", "defaults", "anywhere", "nodes")
ASKING = ("listen", "retries", "no_input", "no_match", "give_up", "barge_in", "speech", "confirm_below")
ENDS: tuple[Does, ...] = ("choices", "confirm", "digits", "transfer", "hangup", "go")
NODE = ("say", "again", "play", "save", "language", *ENDS, *ASKING)

_NAME = re.compile(r"\w[\w -]{0,39}")
_VALUE_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Reading(msgspec.Struct, frozen=True):
    """`flow` is None where the document has errors. `sketch` is what could be read all the same, for a picture: its
    arrows may lead nowhere."""

    flow: Flow | None
    findings: tuple[Finding, ...]
    sketch: Flow | None = None


@lru_cache(maxsize=256)
def read(text: str, language: str = "en-US") -> Reading:
    """`language`: where the document names none. A long menu takes a tenth of a second: not on the event loop, unless
    it was read before."""
    try:
        top = compose(text)
    except Unreadable as error:
        return Reading(None, (error.finding,))
    reader = _Reader()
    flow = reader.flow(top, language)
    if reader.resolve(flow.nodes):
        reader.findings += check(flow)
    findings = tuple(sorted(reader.findings, key=lambda found: (found.line or 0, found.column or 0)))
    broken = any(finding.severity == "error" for finding in findings)
    return Reading(None if broken else flow, findings, flow)


class _Reader(FieldReader):
    def __init__(self) -> None:
        super().__init__()
        self.saved: set[str] = set()
        self.targets: list[tuple[str, yaml.Node]] = []
        self.values: list[tuple[str, yaml.Node]] = []

    def flow(self, top: yaml.MappingNode, language: str) -> Flow:
        fields = self.mapping(top, "the document", TOP)
        language = self.language(fields, language)
        words = words_of(language)
        defaults = Asking(no_input=words.no_input, no_match=words.no_match)
        if "defaults" in fields:
            defaults = self.asking(self.mapping(fields["defaults"], "defaults", ASKING), defaults)
        below = self.mapping(fields["nodes"], "nodes") if "nodes" in fields else {}
        if not below:
            self.error(top, "no_nodes", 'Add "nodes:" and one node below it: docs/bots.md has an example.')
        for node in list(below.values())[MAX_NODES:]:
            self.error(self.names_of[id(node)], "too_many", f"A menu has at most {MAX_NODES} nodes: split it.")
            break
        start = self.target(fields["start"]) if "start" in fields else next(iter(below), "")
        if start in RESERVED and "start" in fields:
            self.error(fields["start"], "unknown_node", "start is the name of a node.")
        return Flow(
            language=language,
            start=start,
            nodes={name: self.node(name, node, language, defaults) for name, node in below.items()},
            anywhere=self.choices(fields["anywhere"], "anywhere") if "anywhere" in fields else (),
            resumed=self.prompt(fields, "resumed", words.resumed),
        )

    # Nodes

    def node(self, name: str, node: yaml.Node, language: str, defaults: Asking) -> Node:
        at = self.names_of[id(node)]
        if not _NAME.fullmatch(name) or name in RESERVED:
            self.error(
                at,
                "bad_name",
                f'A node can\'t be called "{name[:40]}": take up to 40 letters, digits, spaces, - and _, and none of '
                f"{', '.join(RESERVED)}.",
            )
        fields = self.mapping(node, f'the node "{name}"', NODE)
        own_language = self.language(fields, language)
        words = words_of(own_language)
        if own_language != language:  # sentences of the defaults are in the document's language
            defaults = msgspec.structs.replace(defaults, no_input=words.no_input, no_match=words.no_match)
        does: Does = "hangup"
        if isinstance(node, yaml.MappingNode):
            does = self.does(name, at, fields)
            self.check_places(name, at, does, fields)
        return Node(
            name=name,
            line=at.start_mark.line + 1,
            does=does,
            say=self.prompt(fields, "say"),
            again=self.prompt(fields, "again"),
            play=self.prompt(fields, "play"),
            language=own_language,
            go=self.target(fields["go"]) if "go" in fields else "",
            choices=self.ways_out(fields, words),
            save=self.saves(fields["save"]) if "save" in fields else "",
            digits=self.digits(fields["digits"]) if "digits" in fields else None,
            transfer=self.prompt(fields, "transfer"),
            asking=self.asking(fields, defaults),
        )

    def does(self, name: str, at: yaml.Node, fields: Fields) -> Does:
        """The one thing that the node does in the end."""
        ends = [end for end in ENDS if end in fields]
        if "digits" in ends and "go" in ends:
            ends.remove("go")
        elif "digits" in ends:
            self.error(at, "no_go", f'"{name}" takes digits: add go, which says where they lead to.')
        if not ends:
            self.error(at, "no_end", f'"{name}" leads nowhere: add one of {", ".join(ENDS)}.')
            return "hangup"
        if len(ends) > 1:
            self.error(at, "two_ends", f'"{name}" has {" and ".join(ends)}: a node does one of them, make two nodes.')
        if ends[0] == "hangup" and fields["hangup"].value and not self.boolean(fields, "hangup", True):
            self.error(fields["hangup"], "not_true", "Write hangup: true, or nothing after it.")
        return ends[0]

    def check_places(self, name: str, at: yaml.Node, does: Does, fields: Fields) -> None:
        asks = does in ("choices", "confirm", "digits")
        if asks and "say" not in fields and "play" not in fields:
            self.warn(at, "says_nothing", f'"{name}" asks without saying anything: add say.')
        for field in () if asks else ("again", *ASKING):
            if field in fields:
                self.error(fields[field], "out_of_place", f'Remove {field}: "{name}" asks nothing.')
        if "save" in fields and does != "choices":
            self.error(fields["save"], "out_of_place", "save goes with choices; for digits it stands below digits.")

    def asking(self, fields: Fields, base: Asking) -> Asking:
        return Asking(
            listen=self.number(fields, "listen", base.listen, 1, 120),
            retries=int(self.number(fields, "retries", base.retries, 0, 10, whole=True)),
            no_input=self.prompt(fields, "no_input", base.no_input),
            no_match=self.prompt(fields, "no_match", base.no_match),
            give_up=self.target(fields["give_up"]) if "give_up" in fields else base.give_up,
            barge_in=self.boolean(fields, "barge_in", base.barge_in),
            speech=self.boolean(fields, "speech", base.speech),
            confirm_below=self.number(fields, "confirm_below", base.confirm_below, 0, 1),
        )

    # Ways out

    def ways_out(self, fields: Fields, words: Words) -> tuple[Choice, ...]:
        if "choices" in fields:
            return self.choices(fields["choices"], "choices")
        if "confirm" not in fields:
            return ()
        answers = self.mapping(fields["confirm"], "confirm", ("yes", "no"))
        for answer in ("yes", "no"):
            if answer not in answers and isinstance(fields["confirm"], yaml.MappingNode):
                self.error(fields["confirm"], "no_go", f"Add {answer}: and the node that it leads to.")
        return tuple(
            Choice(
                phrases=phrases,
                key=key,
                go=self.target(answers[answer]),
                line=answers[answer].start_mark.line + 1,
            )
            for answer, phrases, key in (("yes", words.yes, "1"), ("no", words.no, "2"))
            if answer in answers
        )

    def choices(self, node: yaml.Node, what: str) -> tuple[Choice, ...]:
        fields = self.mapping(node, what)
        if not fields and isinstance(node, yaml.MappingNode):
            self.error(node, "empty", f"{what} is empty: add what callers may say, and where it leads to.")
        if len(fields) > MAX_CHOICES:
            self.error(node, "too_many", f"Offer at most {MAX_CHOICES} choices: nobody remembers more.")
        return tuple(self.choice(name, value) for name, value in fields.items())

    def choice(self, name: str, node: yaml.Node) -> Choice:
        """`sales: node`, or `sales:` with go, key and also below it."""
        line = self.names_of[id(node)].start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            return Choice(phrases=(name,), go=self.target(node), line=line)
        fields = self.mapping(node, f'the choice "{name}"', ("go", "key", "also"))
        if "go" not in fields:
            self.error(self.names_of[id(node)], "no_go", f'Add go: where does "{name}" lead to?')
        key = self.text(fields, "key")
        if key and (len(key) != 1 or key not in KEYS):
            self.error(fields["key"], "bad_key", "A key is one of 0 to 9, '*' and '#', the last two in quotes.")
        return Choice(
            phrases=(name, *(self.phrases(fields["also"]) if "also" in fields else ())),
            key=key[:1],
            go=self.target(fields["go"]) if "go" in fields else "",
            line=line,
        )

    def phrases(self, node: yaml.Node) -> tuple[str, ...]:
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if len(items) > MAX_PHRASES:
            self.error(node, "too_many", f"Give at most {MAX_PHRASES} phrases.")
        return tuple(self.text_of(item, "each phrase") for item in items)

    def digits(self, node: yaml.Node) -> Digits:
        """`digits: 4`, or `digits:` with its fields below."""
        if isinstance(node, yaml.ScalarNode) and node.value:
            exactly = int(self.number({"digits": node}, "digits", 1, 1, 40, whole=True))
            self.saved.add("digits")
            return Digits(min=exactly, max=exactly)
        fields = self.mapping(node, "digits", ("save", "min", "max", "end", "pause"))
        base = Digits()
        low = int(self.number(fields, "min", base.min, 1, 40, whole=True))
        high = int(self.number(fields, "max", max(base.max, low), 1, 40, whole=True))
        if low > high:
            self.error(fields["max"], "min_above_max", f"max is less than min ({low}).")
        end = self.text(fields, "end", base.end)
        if end not in ("*", "#", "none"):
            self.error(fields["end"], "bad_key", "end is '#' or '*', in quotes, or none.")
        return Digits(
            save=self.saves(fields["save"]) if "save" in fields else base.save,
            min=low,
            max=high,
            end="" if end == "none" else end,
            pause=self.number(fields, "pause", base.pause, 1, 20),
        )

    # Names that must fit

    def language(self, fields: Fields, default: str) -> str:
        language = self.text(fields, "language", default)
        if language == default or _LANGUAGE.fullmatch(language):
            return language
        if language:  # an empty one was told
            self.error(fields["language"], "bad_language", "Give a language such as en-US or fr.")
        return default

    def target(self, node: yaml.Node) -> str:
        name = self.text_of(node, "where it leads to")
        self.targets.append((name, node))
        return name

    def saves(self, node: yaml.Node) -> str:
        name = self.text_of(node, "save")
        if not _VALUE_NAME.fullmatch(name) or (name in KNOWN_VALUES and name != "digits"):
            self.error(
                node,
                "bad_name",
                "Give a name of small letters, digits and _, up to 30, other than caller, called and fallback.",
            )
        self.saved.add(name)
        return name

    def prompt(self, fields: Fields, name: str, default: str = "") -> str:
        """A text with `{values}` in it."""
        text = self.text(fields, name, default, spoken=name not in ("play", "transfer"))
        if name in fields:
            self.values += [(value, fields[name]) for value in values_in(text)]
        return text

    def resolve(self, names: Collection[str]) -> bool:
        """Whether all that was named is there; what isn't is noted."""
        fit = True
        for target, node in self.targets:
            if target and target not in names and target not in RESERVED:
                hint = did_you_mean(target, [*names, *RESERVED])
                self.error(node, "unknown_node", f'There is no node "{target[:40]}".{hint}')
                fit = False
        known = {*self.saved, *KNOWN_VALUES}
        for value, node in self.values:
            if value not in known:
                hint = did_you_mean(value, known) or f" There are: {', '.join(sorted(known))}."
                self.error(node, "unknown_value", f'Nothing saves "{{{value[:40]}}}".{hint}')
        return fit
