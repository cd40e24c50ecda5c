"""What callers say, as demo-grade recognisers write it down, and what they meant."""

from __future__ import annotations

import pytest

from bots.flows.matching import match, spoken_digits
from bots.flows.words import LANGUAGES, words_of

CHOICES = [
    (("sales", "buy something", "new order"), "1"),
    (("technical support", "help desk"), "2"),
    (("billing", "my invoice"), "3"),
    (("opening hours",), "4"),
    (("sales support",), "*"),
    (("cancel my order", "cancellation"), ""),
]
SALES, SUPPORT, BILLING, HOURS, SALES_SUPPORT, CANCEL = range(6)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("sales", [SALES]),
        ("Sales!", [SALES]),
        ("uh i would like sales please", [SALES]),
        ("sails", [SALES]),
        ("the sale", [SALES]),
        ("i want to buy something today", [SALES]),
        ("one", [SALES]),
        ("1", [SALES]),
        ("press one", [SALES]),
        ("number one please", [SALES]),
        ("to", [SUPPORT]),
        ("option to", []),  # "to" alone is two; in a sentence it may be anything
        ("three", [BILLING]),
        ("star", [SALES_SUPPORT]),
        ("tech nickel support", [SUPPORT]),
        ("technical sport", [SUPPORT]),
        ("help desk", [SUPPORT]),
        ("building", [BILLING]),
        ("it's about my invoice from march", [BILLING]),
        ("hours", [HOURS]),
        ("open in hours", [HOURS]),
        ("what are your hours of opening", [HOURS]),
        ("opening up and", [HOURS]),
        ("you opening up", [HOURS]),
        ("uh technical what", [SUPPORT]),
        ("sales support", [SALES_SUPPORT]),
        ("i need sales support now", [SALES_SUPPORT]),
        ("support", [SUPPORT, SALES_SUPPORT]),
        ("sales or billing", [SALES, BILLING]),
        ("i want to cancel the order", [CANCEL]),
        ("cancellation", [CANCEL]),
        ("order", [SALES, CANCEL]),
        ("", []),
        ("...", []),
        ("no", []),
        ("the weather in paris", []),
        ("six", []),
        ("nine", []),
        ("is", []),
        ("i am calling because of something else entirely", []),
    ],
)
def test_choices(said: str, meant: list[int]) -> None:
    assert list(match(said, CHOICES, words_of("en-US")).choices) == meant


YES_NO = {
    "en": (
        ["yes", "yeah that's right", "yep", "that's correct", "yes please"],
        ["no", "no thanks", "that's not right"],
    ),
    "fr": (["oui", "c'est ça", "Oui, exact"], ["non", "non merci", "c'est faux"]),
    "de": (["ja", "das stimmt", "Ja, bitte"], ["nein", "das stimmt nicht", "nein, falsch"]),
    "es": (["sí", "así es", "Sí, claro"], ["no", "no gracias"]),
}


@pytest.mark.parametrize(
    ("language", "said", "meant"),
    [(language, text, index) for language, both in YES_NO.items() for index in (0, 1) for text in both[index]],
)
def test_yes_and_no(language: str, said: str, meant: int) -> None:
    words = words_of(language)
    assert match(said, [(words.yes, ""), (words.no, "")], words).choices == (meant,)


@pytest.mark.parametrize(
    ("language", "said", "digits"),
    [
        ("en", "one two three", "123"),
        ("en", "oh one two", "012"),
        ("en", "double five six", "556"),
        ("en", "triple zero", "000"),
        ("en", "it is four seven won won", "4711"),
        ("en", "12 34", "1234"),
        ("en", "for to ate", "428"),
        ("en", "one hundred", ""),
        ("en", "my number is secret", ""),
        ("en", "", ""),
        ("fr", "zéro un deux", "012"),
        ("de", "fünf sechs zwo", "562"),
        ("es", "doble tres uno", "331"),
        ("ja", "one", "1"),
    ],
)
def test_digits(language: str, said: str, digits: str) -> None:
    assert spoken_digits(said, words_of(language)) == digits


def test_no_language_lacks_a_word() -> None:
    for words in LANGUAGES.values():
        assert set("0123456789*#") <= set(words.digits.values())
        assert "{choices}" in words.unclear and "{choice}" in words.confirm
