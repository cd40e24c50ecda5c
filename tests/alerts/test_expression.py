"""Reading what people type to be told of words, and saying where it can't be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.alerts.expression import (
    MAX_LENGTH,
    And,
    ExpressionError,
    Near,
    Node,
    Not,
    Or,
    Term,
    Word,
    parse,
)


def term(*words: str) -> Term:
    return Term(tuple(Word(word.rstrip("*"), word.endswith("*")) for word in words))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("refund", term("refund")),
        ("  Refund  ", term("refund")),
        ("cancel*", term("cancel*")),
        ('"close my account"', term("close", "my", "account")),
        ("“close my acc*”", term("close", "my", "acc*")),
        ("follow-up", term("follow", "up")),
        ("don't", term("don", "t")),
        ("être", term("être")),
        ("cancel* OR refund", Or((term("cancel*"), term("refund")))),
        ("refund angry", And((term("refund"), term("angry")))),
        ("refund AND angry", And((term("refund"), term("angry")))),
        ("refund NEAR/5 angry", Near(term("refund"), term("angry"), 5)),
        ("refund NEAR angry", Near(term("refund"), term("angry"), 10)),
        ("refund NEAR/0 angry", Near(term("refund"), term("angry"), 0)),
        ("refund NOT ticket", And((term("refund"), Not(term("ticket"))))),
        ("refund AND NOT ticket", And((term("refund"), Not(term("ticket"))))),
        ("a OR b c", Or((term("a"), And((term("b"), term("c")))))),
        ("(a OR b) c", And((Or((term("a"), term("b"))), term("c")))),
        ("(a OR b) NEAR/3 c NEAR/2 d", Near(Near(Or((term("a"), term("b"))), term("c"), 3), term("d"), 2)),
        ('not_this OR "or" OR "NEAR"', Or((term("not", "this"), term("or"), term("near")))),
        ("a NOT (b c)", And((term("a"), Not(And((term("b"), term("c"))))))),
        ("a NOT b NEAR/3 c", And((term("a"), Not(Near(term("b"), term("c"), 3))))),
    ],
)
def test_what_it_means(text: str, expected: Node) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("", 1, "Give the words"),
        ("   ", 1, "Give the words"),
        ("refund OR", 10, "after OR"),
        ("refund OR  ", 10, "after OR"),
        ("OR refund", 1, "before OR"),
        ("refund AND OR angry", 12, "before OR"),
        ("refund OR OR angry", 11, "before OR"),
        ("refund NEAR/5", 14, "after NEAR/5"),
        ("NEAR/5 refund", 1, "before NEAR/5"),
        ("refund or angry", 8, "Write OR in capitals"),
        ("not happy", 1, "Write NOT in capitals"),
        ("refund near/5 angry", 8, "Write NEAR/5 in capitals"),
        ("refund NEAR/x angry", 8, "number of words"),
        ("refund NEAR/99 angry", 8, "at most 50"),
        ("NOT refund", 1, "only leaves out"),
        ("refund OR NOT angry", 11, "only leaves out"),
        ("refund NOT NOT angry", 12, "One NOT"),
        ("(refund OR angry", 1, "not closed"),
        ("refund) OR angry", 7, "no ("),
        ("refund ()", 8, "nothing in these"),
        ('refund "close my', 8, "not closed"),
        ('"', 1, "not closed"),
        ('a ""', 3, "no word in"),
        ("refund & angry", 8, "no word in &"),
        ("*fund", 1, "end of a word"),
        ("can*el", 4, "end of a word"),
        ("cancel **", 8, "end of a word"),
        ("cancel**", 8, "end of a word"),
        ("c*", 1, "two letters"),
        ("(a b) NEAR/5 c", 1, "take AND and NOT out"),
        ("a NEAR/5 (b OR (c d))", 10, "take AND and NOT out"),
        ("a " * 101, 201, "at most 100 words"),
        ("(" * 25 + "a" + ")" * 25, 22, "Nest at most 20"),
        ("a" * (MAX_LENGTH + 1), MAX_LENGTH + 1, "at most 1000"),
    ],
)
def test_what_is_wrong_and_where(text: str, position: int, word: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert (error.value.position, word in error.value.detail) == (position, True), error.value
    assert str(error.value).startswith(f"At character {position}: ")


WORDS = st.text("abcxyzäß0", min_size=2, max_size=6)
TERMS = st.lists(st.builds(Word, WORDS, st.booleans()), min_size=1, max_size=3).map(lambda w: Term(tuple(w)))
NEARS = st.recursive(
    st.one_of(TERMS, st.lists(TERMS, min_size=2, max_size=3).map(lambda p: Or(tuple(p)))),
    lambda inner: st.builds(Near, inner, inner, st.integers(0, 50)),
    max_leaves=3,
)


def several(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    some = st.lists(inner, min_size=2, max_size=3)
    with_not = st.tuples(inner, st.lists(st.builds(Not, inner), min_size=1, max_size=2))
    return st.one_of(
        some.map(lambda parts: And(tuple(parts))),
        some.map(lambda parts: Or(tuple(parts))),
        with_not.map(lambda parts: And((parts[0], *parts[1]))),
    )


NODES = st.recursive(NEARS, several, max_leaves=6)


def written(node: Node) -> str:
    match node:
        case Term(words):
            return '"' + " ".join(word.text + "*" * word.begins for word in words) + '"'
        case Near(left, right, apart):
            return f"({written(left)}) NEAR/{apart} ({written(right)})"
        case And(parts):
            return " AND ".join(f"({written(p)})" if not isinstance(p, Not) else written(p) for p in parts)
        case Or(parts):
            return " OR ".join(f"({written(part)})" for part in parts)
        case Not(part):
            return f"NOT ({written(part)})"


@given(NODES)
def test_whatever_is_meant_can_be_written(node: Node) -> None:
    assert parse(written(node)) == node


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["a", "bc*", '"', "(", ")", "OR", "AND", "NOT", "NEAR/3", "*", " "])).map(" ".join)
)
def test_whatever_is_typed_is_read_or_refused_at_a_place(text: str) -> None:
    try:
        node = parse(text)
    except ExpressionError as error:
        assert 1 <= error.position <= max(1, len(text) + 1)
        assert error.detail.endswith(".")
    else:
        assert parse(written(node)) == node
