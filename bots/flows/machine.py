"""Follows a menu: where the caller is, what happened → where he is now, what to do. Pure.

How this works
    A turn enters nodes until one asks or the menu ends. While a node asks, the state counts failed tries and keeps the
    digits typed so far, or the choice that waits for a yes (`pending`). Every way on goes through `_Turn.enter`.

        asks ──choice, key, digits──▶ next node
             ──silence, no match────▶ asks again, until `retries` ──▶ give_up
             ──uncertain choice─────▶ "Did you say …?" ──yes──▶ next node, ──no──▶ asks again
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

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
from bots.flows import matching
from bots.flows.document import FALLBACK, REPEAT, VALUE, Choice, Flow, Node

_SPOKEN = re.compile(r"(,?\s*)" + VALUE.pattern)


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a caller is in the menu. As JSON it is what the bot remembers of the call."""

    node: str = ""  # "": not begun
    tries: int = 0  # that failed at this node
    digits: str = ""  # typed so far
    pending: int | None = None  # the choice that waits for a yes
    values: Mapping[str, str] = {}


class Turn(msgspec.Struct, frozen=True):
    state: State
    actions: tuple[Action, ...]


def step(flow: Flow, state: State, event: Happened, facts: CallFacts) -> Turn:
    """What follows from an event."""
    turn = _Turn(flow, state, facts)
    node = flow.nodes.get(state.node)
    match event:
        case Begun(resumed) if resumed and node is not None:
            turn.say(node.language, flow.resumed if node.language == flow.language else node.words.resumed)
            if node.asks:
                turn.ask(node)
            else:
                turn.enter(node.name)
        case Begun():
            turn.enter(flow.start)
        case _ if node is None or not node.asks or isinstance(event, Interrupted):
            pass
        case Said(text, confidence) if node.asking.speech:
            turn.heard(node, text, 1.0 if confidence is None else confidence)
        case Pressed(digit):
            turn.pressed(node, digit)
        case Silence() if state.digits:
            turn.entered(node, state.digits)
        case Silence():
            turn.retry(node, node.asking.no_input)
        case Said():
            turn.listen(node)
    return Turn(turn.state, tuple(turn.actions))


class _Turn:
    def __init__(self, flow: Flow, state: State, facts: CallFacts) -> None:
        self.flow, self.state, self.facts = flow, state, facts
        self.actions: list[Action] = []

    # Getting on

    def enter(self, target: str) -> None:
        """Goes to a node, and on from there until something is asked or the menu ends. Checked flows have no circles."""
        while True:
            node = self.flow.nodes.get(self.state.node if target == REPEAT else target)
            if node is None:
                self.leave(target)
                return
            self.state = State(node=node.name, values=self.state.values)
            self.say(node.language, node.say)
            self.play(node)
            if node.does != "go":
                break
            target = node.go
        if node.asks:
            self.listen(node)
        elif node.does == "transfer":
            self.transfer(node)
        else:
            self.actions += [Act("hangup"), End()]

    def leave(self, target: str) -> None:
        """By one of the ways that are no nodes."""
        node = self.flow.nodes[self.state.node]
        if target == FALLBACK and self.facts.fallback_number:
            self.say(node.language, node.words.transferring)
            self.actions += [Act("transfer", {"target": self.facts.fallback_number}), End()]
            return
        if target == FALLBACK:
            self.say(node.language, node.words.goodbye)
        self.actions += [Act("hangup"), End()]

    def transfer(self, node: Node) -> None:
        target = VALUE.sub(lambda found: self.value(found[1]), node.transfer)
        if target:
            self.actions += [Act("transfer", {"target": target}), End()]
        else:  # `{fallback}` where the profile has none, or an empty value
            self.leave(FALLBACK)

    # Asking

    def ask(self, node: Node, said: str = "") -> None:
        """Asks again, after `said`."""
        self.say(node.language, said)
        self.say(node.language, node.again or node.say)
        if not node.again:
            self.play(node)
        self.state = msgspec.structs.replace(self.state, digits="", pending=None)
        self.listen(node)

    def listen(self, node: Node, seconds: float = 0.0) -> None:
        asking = node.asking
        self.actions.append(Listen(seconds or asking.listen, barge_in=asking.barge_in, speech=asking.speech))

    def retry(self, node: Node, said: str) -> None:
        if self.count_try(node):
            self.ask(node, said)

    def count_try(self, node: Node) -> bool:
        """Whether there is another try; where there is none, it goes on to `give_up`."""
        self.state = msgspec.structs.replace(self.state, tries=self.state.tries + 1, pending=None)
        if self.state.tries <= node.asking.retries:
            return True
        self.enter(node.asking.give_up)
        return False

    def question(self, node: Node, text: str) -> None:
        self.actions.append(Say(text, node.language))
        self.listen(node)

    # What the caller does

    def heard(self, node: Node, text: str, confidence: float) -> None:
        choices = self.flow.choices_at(node)
        if self.state.pending is not None:
            answer = self.yes_or_no(text, node)
            if answer is not None:
                self.answered(node, choices[self.state.pending], yes=answer)
                return
        if node.digits is not None and (digits := matching.spoken_digits(text, node.words)):
            self.add_digits(node, self.state.digits + digits)
            return
        found = matching.match(text, [(choice.phrases, choice.key) for choice in choices], node.words)
        if not found.choices:
            self.retry(node, node.asking.no_match)
        elif len({choices[index].go for index in found.choices}) > 1:
            names = [choices[index].name for index in found.choices[:3]]
            listed = f" {node.words.join} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
            if self.count_try(node):
                self.question(node, node.words.unclear.replace("{choices}", listed))
        elif min(confidence, found.score) < node.asking.confirm_below and node.does == "choices":
            self.state = msgspec.structs.replace(self.state, pending=found.choices[0])
            self.question(node, node.words.confirm.replace("{choice}", choices[found.choices[0]].name))
        else:
            self.choose(node, choices[found.choices[0]])

    def yes_or_no(self, text: str, node: Node) -> bool | None:
        found = matching.match(text, [(node.words.yes, ""), (node.words.no, "")], node.words)
        return found.choices == (0,) if len(found.choices) == 1 else None

    def answered(self, node: Node, choice: Choice, *, yes: bool) -> None:
        if yes:
            self.choose(node, choice)
        elif self.count_try(node):
            self.ask(node)

    def pressed(self, node: Node, digit: str) -> None:
        if self.state.pending is not None and digit in "12":
            self.answered(node, self.flow.choices_at(node)[self.state.pending], yes=digit == "1")
        elif node.digits is not None:
            self.typed(node, digit)
        else:
            for choice in self.flow.choices_at(node):
                if choice.key == digit:
                    self.choose(node, choice)
                    return
            self.retry(node, node.asking.no_match)

    def typed(self, node: Node, digit: str) -> None:
        assert node.digits is not None
        if digit == node.digits.end:
            self.entered(node, self.state.digits)
            return
        if digit.isdecimal():
            self.add_digits(node, self.state.digits + digit)
        else:  # a star begins the number anew
            self.add_digits(node, "" if digit == "*" else self.state.digits)

    def add_digits(self, node: Node, digits: str) -> None:
        """Keys and words add up until the number is as long as it can be, or the caller pauses."""
        assert node.digits is not None
        self.state = msgspec.structs.replace(self.state, digits=digits)
        if len(digits) >= node.digits.max:
            self.entered(node, digits)
        else:
            self.listen(node, node.digits.pause if digits else 0.0)

    def entered(self, node: Node, digits: str) -> None:
        assert node.digits is not None
        if not node.digits.min <= len(digits) <= node.digits.max:
            self.retry(node, node.asking.no_match)
            return
        self.remember({node.digits.save: digits, "digits": digits})
        self.enter(node.go)

    def choose(self, node: Node, choice: Choice) -> None:
        if node.save and choice in node.choices:
            self.remember({node.save: choice.name})
        self.enter(choice.go)

    def remember(self, values: Mapping[str, str]) -> None:
        self.state = msgspec.structs.replace(self.state, values={**self.state.values, **values})

    # Speaking

    def say(self, language: str, text: str) -> None:
        if filled := _SPOKEN.sub(self.spoken, text).strip():
            self.actions.append(Say(filled, language))

    def play(self, node: Node) -> None:
        if node.play:
            self.actions.append(Play(VALUE.sub(lambda found: quote(self.value(found[1]), safe=""), node.play)))

    def value(self, name: str) -> str:
        facts = {
            "caller": self.facts.from_number,
            "called": self.facts.to_number,
            "fallback": self.facts.fallback_number,
        }
        return self.state.values.get(name) or facts.get(name, "")

    def spoken(self, found: re.Match[str]) -> str:
        """Numbers digit by digit. Where there is no value its comma goes too: "Welcome, {caller}." """
        value = self.value(found[2])
        digits = value.removeprefix("+")
        return value and found[1] + (" ".join(digits) if digits.isdecimal() else value)
