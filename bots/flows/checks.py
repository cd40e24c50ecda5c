"""What is wrong with a menu as a whole: where callers never get, go round for ever, or can't be understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from bots.findings import Finding
from bots.flows.document import KNOWN_VALUES, REPEAT, Choice, Flow, Node, values_in
from bots.flows.matching import alike, content, same, spoken_key, tokens
from bots.flows.words import Words, words_of


def check(flow: Flow) -> list[Finding]:
    findings = [*_unreachable(flow), *_circles(flow), *_endless_silence(flow), *_empty_values(flow)]
    findings += _ambiguous(flow.anywhere, words_of(flow.language))
    for node in flow.nodes.values():
        findings += _ambiguous(node.choices, node.words)
        if node.does == "choices":
            findings += _hidden(node, flow)
        if node.asks and not node.asking.speech and node.does == "choices":
            findings += [
                _error(choice.line, "no_key", f'"{choice.name}" can\'t be chosen: speech is off here, give it a key.')
                for choice in node.choices
                if not choice.key
            ]
    return findings


def _error(line: int, code: str, detail: str) -> Finding:
    return Finding(line=line, code=code, detail=detail)


def _warning(line: int, code: str, detail: str) -> Finding:
    return Finding(line=line, code=code, detail=detail, severity="warning")


# Ways through the menu


def arrows(flow: Flow, node: Node) -> Iterator[str]:
    """The nodes that a node may lead to."""
    ways = [target for target, _ in node.arrows()]
    if node.asks:
        ways += [choice.go for choice in flow.anywhere]
    for target in ways:
        if target in flow.nodes:  # what is misspelled was told
            yield target


def reached(flow: Flow) -> set[str]:
    """The nodes that callers may get to."""
    seen: set[str] = set()
    waiting = [flow.start] if flow.start in flow.nodes else []
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += arrows(flow, flow.nodes[name])
    return seen


def _unreachable(flow: Flow) -> Iterator[Finding]:
    seen = reached(flow)
    for name, node in flow.nodes.items():
        if name not in seen:
            detail = f'Callers never get to "{name}": lead somewhere to it, or remove it.'
            yield _warning(node.line, "unreachable", detail)


def _circles(flow: Flow) -> Iterator[Finding]:
    """Of nodes that only go on: nobody could ever get out."""
    told: set[str] = set()
    for first in flow.nodes:
        path: list[str] = []
        name = first
        while name in flow.nodes and flow.nodes[name].does == "go" and name not in path:
            path.append(name)
            name = name if flow.nodes[name].go == REPEAT else flow.nodes[name].go
        if name in path and not told & set(path):
            told.update(path)
            way = " → ".join([*path[path.index(name) :], name])
            yield _error(
                flow.nodes[name].line, "circle", f"This goes round for ever: {way}. Ask the caller in between."
            )


def _endless_silence(flow: Flow) -> Iterator[Finding]:
    """A caller who is gone must come to an end."""
    told: set[str] = set()
    for first, node in flow.nodes.items():
        path: list[str] = []
        name = first
        while name in flow.nodes and name not in path:
            path.append(name)
            node = flow.nodes[name]
            target = node.asking.give_up if node.asks else node.go
            name = name if target == REPEAT else target
        if name in path and not told & set(path) and any(flow.nodes[step].asks for step in path[path.index(name) :]):
            told.update(path)
            detail = (
                f'A silent caller is asked for ever from "{name}" on: lead give_up to fallback, hangup or a transfer.'
            )
            yield _error(flow.nodes[name].line, "endless", detail)


def _empty_values(flow: Flow) -> Iterator[Finding]:
    """Values that may not be there yet where they are said."""
    everything = frozenset(KNOWN_VALUES[:3]) | {name for node in flow.nodes.values() for name in _saves(node)}
    before: dict[str, frozenset[str]] = {flow.start: frozenset(KNOWN_VALUES[:3])} if flow.start in flow.nodes else {}
    waiting = list(before)
    while waiting:
        node = flow.nodes[waiting.pop()]
        without, given = before[node.name], before[node.name] | _saves(node)
        ways = [(choice.go, given) for choice in node.choices] + [(node.go, given)]
        if node.asks:
            ways += [(node.asking.give_up, without)] + [(choice.go, without) for choice in flow.anywhere]
        for target, known in ways:
            if target in flow.nodes and (left := before.get(target, everything) & known) != before.get(target):
                before[target] = left
                waiting.append(target)
    for name, known in before.items():
        node = flow.nodes[name]
        for value in dict.fromkeys(v for text in (node.say, node.play, node.transfer) for v in values_in(text)):
            if value in everything and value not in known:
                yield _warning(node.line, "maybe_empty", f'"{name}" uses {{{value}}}, which may still be empty there.')


def _saves(node: Node) -> frozenset[str]:
    if node.digits is not None:
        return frozenset({node.digits.save, "digits"})
    return frozenset({node.save} if node.save else ())


# Choices


def _ambiguous(choices: Sequence[Choice], words: Words) -> Iterator[Finding]:
    keys: dict[str, Choice] = {}
    for choice in choices:
        if choice.key and choice.key in keys:
            detail = f'Key {choice.key} stands for "{keys[choice.key].name}" already (line {keys[choice.key].line}).'
            yield _error(choice.line, "same_key", detail)
        keys.setdefault(choice.key, choice)
        for phrase in choice.phrases:
            key = spoken_key(tokens(phrase), words)
            if key and choice.key != key and any(other.key == key for other in choices):
                yield _error(choice.line, "same_phrase", f'"{phrase}" is how callers say key {key} of another choice.')
    for one, other in combinations(choices, 2):
        finding = _confusable(one, other, words)
        if finding is not None:
            yield finding


def _confusable(one: Choice, other: Choice, words: Words) -> Finding | None:
    """The worst that two choices have in common. The words of yes and no are ours."""
    if words.yes in (one.phrases, other.phrases) or words.no in (one.phrases, other.phrases):
        return None
    couples = [(first, second) for first in one.phrases for second in other.phrases if first and second]
    for first, second in couples:
        if same(first, second, words):
            detail = f'"{second}" can\'t be told from "{first}" (line {one.line}): use other words.'
            return _error(other.line, "same_phrase", detail)
    for first, second in couples:
        if shorter := _part(first, second, words):
            longer = second if shorter == first else first
            detail = (
                f'"{shorter}" is a part of "{longer}" (see line {one.line}): who says only "{shorter}" gets its choice.'
            )
            return _warning(other.line, "contained", detail)
    for first, second in couples:
        if alike(first, second, words):
            detail = f'"{second}" sounds much like "{first}" (line {one.line}): choose words that differ more.'
            return _warning(other.line, "alike", detail)
    return None


def _part(first: str, second: str, words: Words) -> str:
    """The phrase whose words the other one has too, or ""."""
    one, other = set(content(tokens(first), words.fillers)), set(content(tokens(second), words.fillers))
    return first if one <= other else second if other <= one else ""


def _hidden(node: Node, flow: Flow) -> Iterator[Finding]:
    """Choices of `anywhere` that a node's own hide."""
    own: Mapping[str, Choice] = {choice.key: choice for choice in node.choices if choice.key}
    for choice in flow.anywhere:
        if choice.key in own and own[choice.key].go != choice.go:
            detail = f'Key {choice.key} means "{own[choice.key].name}" here, not "{choice.name}" as anywhere else.'
            yield _warning(own[choice.key].line, "hides", detail)
