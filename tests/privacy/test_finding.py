from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.privacy.checks import IBAN_LENGTHS, is_iban, is_ssn, luhn
from calls.privacy.finding import KINDS, Question, Reading
from tests.privacy.saying import cards, spoken


def found(text: str, language: str = "en", asked: str = "") -> list[tuple[str, str]]:
    questions = [Question(0, Reading(asked, language).topics)] if asked else []
    return [(kind, text[start:end]) for kind, start, end in Reading(text, language, questions).find()]


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("four one one one one one one one one one one one one one one one", "all"),
        ("forty one eleven eleven eleven eleven eleven eleven eleven", "all"),
        ("four thousand one hundred eleven one one one one one one one one one one one one", "all"),
        ("four triple one one triple one one triple one one triple one", "all"),
        ("it is 4111-1111-1111-1111, thanks", "4111-1111-1111-1111"),
        ("4111 1111 1111 1111 twelve twenty seven", "all"),
        ("٤١١١١١١١١١١١١١١١", "all"),
        ("4111 1111 1111 1112", None),
        ("four one one one one one one one one one one one one one one", None),
        ("1111 1111 1111 1117", None),
        ("0000 0000 0000 0000", None),
        ("+41 11 111 11 11 11 11", None),
    ],
)
def test_a_card_number_is_known_by_its_check_digit_and_issuer(said: str, hidden: str | None) -> None:
    assert found(said) == ([] if hidden is None else [("card", said if hidden == "all" else hidden)])


@given(cards(), st.data())
def test_every_card_number_is_found_however_it_is_said(number: str, data: st.DataObject) -> None:
    words = data.draw(spoken(number))
    text = " ".join(words)
    (only,) = Reading(f"so my card is {text} okay", "en").find()
    assert only.kind == "card"
    assert (only.start, only.end) == (len("so my card is "), len("so my card is ") + len(text))


@given(cards(), st.integers(0, 15), st.sampled_from("123456789"))
def test_a_wrong_digit_is_no_card_number_unless_one_was_asked_for(number: str, place: int, more: str) -> None:
    place %= len(number)
    wrong = number[:place] + str((int(number[place]) + int(more)) % 10) + number[place + 1 :]
    assert not luhn(wrong)
    assert found(wrong) == []
    if wrong[0] in "23456":
        assert found(wrong, asked="What is your card number?") == [("card", wrong)]


@given(st.text("0123456789 ", max_size=60), st.sampled_from(["en", "fr", "de", "es", "pt-BR", ""]))
def test_what_is_found_lies_in_order_and_apart(text: str, language: str) -> None:
    places = Reading(text, language).find()
    for place in places:
        assert 0 <= place.start < place.end <= len(text)
    assert all(one.end <= other.start for one, other in pairwise(places))


@given(st.text(max_size=80), st.sampled_from(["en", "fr", "de", "es"]))
def test_any_text_can_be_read(text: str, language: str) -> None:
    reading = Reading(text, language)
    reading.find()
    assert all(0 <= start < end <= len(text) for start, end in reading.open())


@pytest.mark.parametrize(
    "said",
    [
        "call me at five five five one two three four five six seven",
        "my number is +1 202 555 0123",
        "your order number is four five seven eight one two",
        "tracking number 1Z 999 AA1 01 2345 6784",
        "that is one thousand two hundred and fifty dollars",
        "$4,111.11 on 12/03/2027 at 10:30",
        "on the twelfth of march two thousand and twenty seven",
        "one in three people wait for two or three weeks",
        "press 1 for sales 2 for support 3 for billing",
        "the reference is 1234567890123456",
        "i live at 4111 maple avenue",
    ],
)
def test_other_numbers_stay(said: str) -> None:
    assert found(said) == []


def test_what_was_asked_for_decides_where_there_is_no_proof() -> None:
    assert found("one two three") == []
    assert found("one two three", asked="And the three digits on the back?") == [("code", "one two three")]
    assert found("one two three", asked="And your order number?") == []
    assert found("one two three dollars", asked="And the three digits on the back?") == []
    assert found("219 09 9999") == []
    assert found("219 09 9999", asked="What's your social security number?") == [("ssn", "219 09 9999")]
    assert found("219-09-9999") == [("ssn", "219-09-9999")]
    assert found("my phone is 219 09 9999", asked="What's your social security number?") == []


def test_a_question_counts_for_what_is_said_after_it() -> None:
    text = "two five oh\nseven eight nine"
    reading = Reading(text, "en", [Question(12, frozenset({"code"}))])
    assert [(found.kind, text[found.start : found.end]) for found in reading.find()] == [("code", "seven eight nine")]


def test_only_what_is_wanted_is_found() -> None:
    text = "card 4111 1111 1111 1111 and iban GB29 NWBK 6016 1331 9268 19"
    assert {found.kind for found in Reading(text, "en").find()} == {"card", "iban"}
    assert [found.kind for found in Reading(text, "en").find(["iban"])] == ["iban"]
    assert Reading(text, "en").find([]) == []


@pytest.mark.parametrize(
    ("said", "still_open"),
    [
        ("four one one one", "four one one one"),
        ("my card is four one", "four one"),
        ("four one one one uh", "four one one one"),
        ("four one one", None),
        ("four one one one is what i said", None),
        ("my phone number is five five five one two three four", None),
        ("it costs 4111 dollars", None),
        ("in 2027", None),
        ("G B twenty nine N W B K", "G B twenty nine N W B K"),
        ("is 5551234", "5551234"),
    ],
)
def test_a_number_at_the_end_is_not_decided(said: str, still_open: str | None) -> None:
    reading = Reading(said, "en")
    assert reading.find() == []
    shown = [said[start:end] for start, end in reading.open(KINDS)]
    assert shown == ([] if still_open is None else shown[:1])
    assert not still_open or still_open in shown


def test_ibans() -> None:
    assert is_iban("GB29NWBK60161331926819")
    assert not is_iban("GB29NWBK60161331926818")
    assert not is_iban("XX29NWBK60161331926819")
    assert all(15 <= length <= 33 for length in IBAN_LENGTHS.values())


@pytest.mark.parametrize(
    "number", ["000123456", "666123456", "900123456", "123001234"[:3] + "00" + "1234", "123450000"]
)
def test_social_security_numbers_that_were_never_given_out(number: str) -> None:
    assert not is_ssn(number)
