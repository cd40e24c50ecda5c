"""Whether words were said, in one breath or over two, and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.alerts.expression import And, Near, Node, Not, Or, Term, parse
from calls.alerts.matching import Matcher, Passage, find
from calls.search.words import words
from tests.alerts.test_expression import NODES


def matcher(expression: str) -> Matcher:
    return Matcher(parse(expression))


@pytest.mark.parametrize(
    ("expression", "said", "found"),
    [
        ("refund", "I want a refund now", "refund"),
        ("refund", "I want REFUND, now", "REFUND"),
        ("refund", "refunds are late", None),
        ("refund*", "refunds are late", "refunds"),
        ('"close my account"', "please close my account today", "close my account"),
        ('"close my account"', "close that account", None),
        ('"close my acc*"', "close my accounts", "close my accounts"),
        ("don't", "I don't want it", "don't"),
        ("refund angry", "I am angry about the refund", "angry about the refund"),
        ("refund angry", "I am angry", None),
        ("refund NEAR/2 angry", "angry about the refund", "angry about the refund"),
        ("refund NEAR/1 angry", "angry about the refund", None),
        ("refund NEAR/0 angry", "refund angry", "refund angry"),
        ("refund NEAR/3 refund", "a refund", None),
        ("refund NEAR/3 refund", "a refund is a refund", "refund is a refund"),
        ("(refund OR money) NEAR/1 back", "I want my money right back", "money right back"),
        ("a NEAR/1 b NEAR/1 c", "a x b x c", "a x b x c"),
        ("cancel NOT appointment", "I want to cancel", "cancel"),
        ("cancel NOT appointment", "I want to cancel the appointment", None),
        ("cancel NOT (appointment OR meeting)", "cancel the meeting", None),
        ('cancel* OR "close my account"', "I am cancelling", "cancelling"),
        ("*", "", None),
        ("été", "c'est l'été", "été"),
    ],
)
def test_one_segment(expression: str, said: str, found: str | None) -> None:
    if expression == "*":
        expression = "anything"
    assert matcher(expression).match(Passage(said)) == found


def test_over_the_border_of_two_segments() -> None:
    phrase = matcher('"close my account"')
    assert phrase.match(Passage("account please", "i would like to close my")) == "close my account"
    assert phrase.match(Passage("please do it today", "close my account")) is None  # that was the segment before
    assert (
        matcher("refund NEAR/4 angry").match(Passage("and angry", "about the refund i am")) == "refund i am and angry"
    )
    assert matcher("refund angry").match(Passage("i am angry", "the refund")) == "angry"
    assert matcher("cancel NOT appointment").match(Passage("i cancel", "about the appointment")) is None


def test_the_words_found_are_marked() -> None:
    pieces = matcher('refund OR "my money"').pieces("Refund, or my money back")
    assert [(piece.text, piece.match) for piece in pieces] == [
        ("Refund", True), (", or ", False), ("my money", True), (" back", False),
    ]  # fmt: skip
    assert [piece.match for piece in matcher("refund NOT late").pieces("a late refund")] == [False]


def test_looking_back_only_where_it_matters() -> None:
    assert not matcher("cancel* OR refund").looks_back
    assert all(matcher(text).looks_back for text in ("a b", '"a b"', "a NOT b", "a NEAR b", "a OR (b c)"))


SAID = st.lists(st.sampled_from(["ab", "abc", "ba", "xy", "x0", "ä", "ßa", "cc"]), max_size=12)


def holds(node: Node, said: list[str]) -> bool:
    """The plain meaning, tried out at every place."""
    match node:
        case Not(part):
            return not holds(part, said)
        case And(parts):
            return all(holds(part, said) for part in parts)
        case Or(parts):
            return any(holds(part, said) for part in parts)
        case _:
            return bool(places(node, said))


def places(node: Node, said: list[str]) -> set[tuple[int, int]]:
    match node:
        case Term(term):
            ends = range(len(said) - len(term) + 1)
            return {
                (at, at + len(term) - 1) for at in ends if all(w.fits(s) for w, s in zip(term, said[at:], strict=False))
            }
        case Or(parts):
            return {place for part in parts for place in places(part, said)}
        case Near(left, right, apart):
            return {
                (min(a, c), max(b, d))
                for a, b in places(left, said)
                for c, d in places(right, said)
                if (b < c and c - b - 1 <= apart) or (d < a and a - d - 1 <= apart)
            }
    raise AssertionError(node)


def nears(node: Node) -> int:
    """How deep they lie in each other. Of those in others only the nearest pairs are tried."""
    match node:
        case Near(left, right, _):
            return 1 + max(nears(left), nears(right))
        case And(parts) | Or(parts):
            return max(map(nears, parts))
        case Not(part):
            return nears(part)
    return 0


@given(NODES, SAID)
def test_it_is_found_where_it_holds(node: Node, said: list[str]) -> None:
    found = find(node, said)
    if nears(node) < 2:
        assert (found is not None) == holds(node, said)
    if found and isinstance(node, Near | Term):
        assert {tuple(span) for span in found} <= places(node, said)


@given(NODES, SAID)
def test_what_can_match_is_never_passed_over(node: Node, said: list[str]) -> None:
    text = " ".join(said)
    tried = Matcher(node)
    if tried.match(Passage(text)) is not None:
        assert tried.may_match(words(text))
        assert "".join(piece.text for piece in tried.pieces(text)) == text
        assert any(piece.match for piece in tried.pieces(text))
