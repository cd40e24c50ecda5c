"""What people type to be told of words: `cancel* OR "close my account"`, `refund NEAR/5 angry`, `refund NOT ticket`.

How this works
    either  = both { OR both }
    both    = not { [AND] not }
    not     = NOT not | near
    near    = thing { NEAR[/n] thing }
    thing   = word | "phrase" | ( either )

Operators are written in capitals; a word that looks like one is quoted. What is a word, `search.words` says: letters and
digits, so that follow-up and don't are phrases of two words, in the expression as in what was said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, NoReturn

from calls.search.words import spans

MAX_LENGTH = 1000
MAX_WORDS = 100
MAX_DEPTH = 20
MAX_APART, APART = 50, 10  # words between the two of a NEAR: at most, and where none is said

_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
_TOKEN = re.compile(r'[()]|"[^"]*"?|[^\s()"]+')
_OPERATOR = re.compile(r"AND|OR|NOT|NEAR(?:/(\d+))?")


class ExpressionError(ValueError):
    """What is wrong, and where: `position` counts characters from 1."""

    def __init__(self, position: int, detail: str, code: str = "invalid") -> None:
        super().__init__(f"At character {position}: {detail}")
        self.position, self.detail, self.code = position, detail, code


class Word(NamedTuple):
    """Lower-case. `cancel*` is the beginning of a word."""

    text: str
    begins: bool = False

    def fits(self, word: str) -> bool:
        return word.startswith(self.text) if self.begins else word == self.text


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other: one, or a phrase."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Both, in any order, with at most `apart` words between them."""

    left: Node
    right: Node
    apart: int


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


Node = Term | Near | And | Or | Not


class _Token(NamedTuple):
    at: int  # from 1
    text: str

    @property
    def is_operator(self) -> bool:
        return _OPERATOR.fullmatch(self.text) is not None


@lru_cache(maxsize=512)
def parse(text: str) -> Node:
    """Raises ExpressionError."""
    if not text.strip():
        raise ExpressionError(1, 'Give the words to find, such as cancel* OR "close my account".', "required")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(MAX_LENGTH + 1, f"Give at most {MAX_LENGTH} characters.", "max_length")
    parser = _Parser(text.translate(_QUOTES))
    node = parser.either(0)
    if parser.token is not None:
        parser.fail(parser.token, "There is no ( that this ) closes: remove it.")
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = iter([_Token(found.start() + 1, found.group()) for found in _TOKEN.finditer(text)])
        self.end = _Token(len(text.rstrip()) + 1, "")
        self.last = self.end
        self.words = 0
        self.token = next(self.tokens, None)

    def fail(self, token: _Token, detail: str) -> NoReturn:
        raise ExpressionError(token.at, detail)

    def take(self) -> _Token:
        """The token at hand; goes on to the next."""
        assert self.token is not None
        self.last, self.token = self.token, next(self.tokens, None)
        return self.last

    def is_at(self, operator: str) -> bool:
        return self.token is not None and self.token.text == operator

    def either(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.fail(self.token or self.end, f"Nest at most {MAX_DEPTH} deep.")
        parts = [self.both(depth)]
        while self.is_at("OR"):
            self.take()
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self, depth: int) -> Node:
        """What is left out must leave something to be found."""
        first = self.token or self.end
        parts = [self.negation(depth)]
        while self.token is not None and self.token.text not in ("OR", ")"):
            if self.is_at("AND"):
                self.take()
            parts.append(self.negation(depth))
        if all(isinstance(part, Not) for part in parts):
            self.fail(first, "NOT only leaves out. Say also what to find: cancel NOT appointment.")
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negation(self, depth: int) -> Node:
        if not self.is_at("NOT"):
            return self.near(depth)
        self.take()
        if self.is_at("NOT"):
            self.fail(self.take(), "One NOT is enough: remove this one.")
        return Not(self.near(depth))

    def near(self, depth: int) -> Node:
        start = self.token or self.end
        left = self.thing(depth)
        while self.token is not None and (operator := _OPERATOR.fullmatch(self.token.text)):
            if not self.token.text.startswith("NEAR"):
                break
            apart = int(operator[1][:9]) if operator[1] else APART
            if apart > MAX_APART:
                self.fail(self.token, f"Give NEAR at most {MAX_APART} words, such as NEAR/5.")
            self.check_place(left, start)
            self.take()
            start_of_right = self.token or self.end
            right = self.thing(depth)
            self.check_place(right, start_of_right)
            left = Near(left, right, apart)
        return left

    def check_place(self, node: Node, start: _Token) -> None:
        """Only what lies somewhere can be near something."""
        if not _lies_somewhere(node):
            self.fail(start, "NEAR joins words, phrases and ( … OR … ): take AND and NOT out of these parentheses.")

    def thing(self, depth: int) -> Node:
        token = self.token
        if token is None:
            self.fail(self.end, f"Something is missing after {self.last.text}: give a word.")
        if token.text == ")" or token.is_operator:
            self.fail(token, f"Something is missing before {token.text}: give a word, or put {token.text} in quotes.")
        if token.text != "(":
            return self.term(self.take())
        opened = self.take()
        if self.is_at(")"):
            self.fail(opened, "There is nothing in these parentheses.")
        node = self.either(depth + 1)
        if not self.is_at(")"):
            self.fail(opened, "This ( is not closed: add a ).")
        self.take()
        return node

    def term(self, token: _Token) -> Term:
        at, text = token
        if text.startswith('"'):
            if len(text) == 1 or not text.endswith('"'):
                self.fail(token, 'This " is not closed: add another.')
        elif _OPERATOR.fullmatch(text.upper()):
            self.fail(token, f'Write {text.upper()} in capitals, or "{text}" in quotes if it is a word to find.')
        elif text.upper().startswith("NEAR/"):
            self.fail(token, "Give NEAR a number of words, such as NEAR/5.")
        words, stars = [], set()
        for start, end, word in spans(text):
            begins = text[end : end + 1] == "*" and not text[end + 1 : end + 2].isalnum()
            if begins:
                stars.add(end)
                if end - start < 2:
                    self.fail(_Token(at + start, word), "Give at least two letters before a *.")
            words.append(Word(word, begins))
        for found in re.finditer(r"\*", text):
            if found.start() not in stars:
                self.fail(_Token(at + found.start(), "*"), "A * stands at the end of a word, such as cancel*.")
        if not words:
            self.fail(token, f"There is no word in {text}: give letters or digits.")
        self.words += len(words)
        if self.words > MAX_WORDS:
            self.fail(token, f"Give at most {MAX_WORDS} words.")
        return Term(tuple(words))


def _lies_somewhere(node: Node) -> bool:
    if isinstance(node, Or):
        return all(map(_lies_somewhere, node.parts))
    return isinstance(node, Term | Near)
