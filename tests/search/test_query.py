"""What people type, as it is understood."""

import pytest

from calls.search.query import QueryError, parse, read


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("refund", '"refund"'),
        ("  Cancel   ORDER ", '"cancel" "order"'),
        ('"cancel my order"', '"cancel my order"'),
        ("“Cancel my order” «s'il vous plaît»", '"cancel my order" "s il vous plaît"'),
        ('"not closed', '"not closed"'),
        ('cancel"my order"now', '"cancel" "my order" "now"'),
        ("order -refund", '"order" -"refund"'),
        ('order -"not a refund" --late', '"order" -"not a refund" -"late"'),
        ("refund or credit", '"refund" or "credit"'),
        ("refund OR credit card Or cash", '"refund" or "credit" "card" or "cash"'),
        ("or refund or or credit or", '"refund" or "credit"'),
        ('this "or" that', '"this" "or" "that"'),
        ("order -or", '"order" -"or"'),
        ("follow-up don't o'clock", '"follow up" "don t" "o clock"'),
        ("50% of $1,000.50 - & | ! ( ) : *", '"50" "of" "1 000 50"'),
        ('a "" "-" b', '"a" "b"'),
        ("Grüß हिन्दी 日本語", '"grüß" "हिन्दी" "日本語"'),
        ("under_score <b>bold</b> a@b.de", '"under score" "b bold b" "a b de"'),
        ("x" * 200, f'"{"x" * 200}"'),
    ],
)
def test_is_read(typed, understood):
    query = parse(typed)
    assert str(query) == understood
    assert read(str(query)) == query


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        ("", "required", "Give the words to find"),
        ("   \n", "required", "Give the words to find"),
        ("x" * 201, "invalid", "at most 200"),
        ("a\0b", "invalid", "printable"),
        ('"" - . , "-"', "invalid", "There is no word in it"),
        ("or OR or", "invalid", "There is no word in it"),
        ("-refund", "invalid", "Say also what to find"),
        ('-"cancel my order" -late', "invalid", "Say also what to find"),
        ("order or -refund", "invalid", "Say also what to find"),
    ],
)
def test_is_refused_with_advice(typed, code, says):
    with pytest.raises(QueryError, match=says) as error:
        parse(typed)
    assert error.value.code == code
