"""Where text that is still being written is cut, whatever the pieces it comes in."""

from __future__ import annotations

import random
import re

import pytest

from bots.assistant.sentences import LONG, LONGEST, Sentences

# `|` marks the cuts.
TEXTS = {
    "plain": ("en", "Hello there. | How are you? | Fine! | Good."),
    "title": ("en", "Dr. Smith and Mrs. Jones see you. | Ask for Prof. Brown."),
    "initial": ("en", "J. R. Smith will call. | So will I. | Goodbye."),
    "decimal": ("en", "It is 3.5 percent. | That is $1,299.99 in total. | Version 2.0 is out."),
    "price at the end": ("en", "It costs $5. | Do you want it?"),
    "time": ("en", "We open at 9 a.m. and close at 5 p.m. | Come in."),
    "country": ("en", "We ship to the U.S. and the U.K. by air. | It takes two days."),
    "for example": ("en", "Bring a paper, e.g. a passport. | Or a card, i.e. the blue one."),
    "number": ("en", "Your order is No. 5 of today. | No. | It is No. 7."),
    "et cetera": ("en", "Shirts, shoes, etc. are here. | We sell shirts etc. | Anything else?"),
    "unknown abbreviation": ("en", "The dept. of health and the adm. office are closed. | Sorry."),
    "address": ("en", "See www.example.com for more. | Or write to help@example.com. | Thanks."),
    "ellipsis": ("en", "Well... | Let me see… | Here it is."),
    "quotes": ("en", 'He said "Stop." | She said (really!) | "Go on." | Then they left.'),
    "stacked": ("en", "Really?! | Yes!!! | Good."),
    "list": ("en", "Here is what I have:\n| 1. Apples\n| 2. Pears\n| That is all."),
    "markup": ("en", "**Good news.** | It is *here.* | Bye."),
    "German ordinal": ("de", "Wir sehen uns am 3. Mai um 14 Uhr. | Das kostet 4,50 Euro. | Gut."),
    "German abbreviation": ("de", "Bringen Sie z. B. den Ausweis mit. | Hr. Maier, ca. 40, usw. ist da. | Danke."),
    "French": ("fr", "M. Dupont est là. | Voulez-vous Mme. Durand ? | Bien sûr !"),
    "Spanish": ("es", "¿En qué puedo ayudarle? | El Sr. López está aquí. | ¡Hasta luego!"),
    "Japanese": ("ja", "こんにちは。|ご用件は何ですか？|少々お待ちください。"),
    "Chinese quotes": ("zh", "他说：「你好。」|请稍等！|谢谢。"),
    "Hindi": ("hi", "नमस्ते। | मैं आपकी क्या मदद कर सकता हूँ? | धन्यवाद।"),
    "Arabic": ("ar", "كيف حالك؟ | أنا بخير. | شكرا."),
    "Armenian": ("hy", "Բարև Ձեզ։ | Ինչպե՞ս եք։"),
    "Amharic": ("am", "ሰላም። | እንዴት ነዎት፧ | ደህና።"),
}


def cut(language: str, pieces: list[str]) -> list[str]:
    sentences = Sentences(language)
    found = [sentence for piece in pieces for sentence in sentences.feed(piece)]
    return found + sentences.finish()


def pieces_of(text: str, how: str) -> list[str]:
    match how:
        case "whole":
            return [text]
        case "characters":
            return list(text)
        case "words":
            return [word if i == 0 else f" {word}" for i, word in enumerate(text.split(" "))]
    dice, pieces, at = random.Random(7), [], 0
    while at < len(text):
        size = dice.randint(1, 6)
        pieces.append(text[at : at + size])
        at += size
    return pieces


@pytest.mark.parametrize("how", ["whole", "characters", "words", "tokens"])
@pytest.mark.parametrize("name", TEXTS)
def test_cuts(name: str, how: str) -> None:
    language, marked = TEXTS[name]
    text = marked.replace(" | ", " ").replace("|", "")
    expected = [sentence.strip() for sentence in marked.split("|")]
    found = cut(language, pieces_of(text, how))
    if how != "whole":  # a cut need not wait for the signs that may follow another
        expected, found = ([re.sub(r"(?<=\W)\W+$", "", s) for s in sentences] for sentences in (expected, found))
    assert found == expected


@pytest.mark.parametrize(
    ("text", "following"),
    [("Hello there.", " "), ("How are you?", ""), ("Stop!", ""), ("少々お待ちください。", ""), ("So there.\n", "")],
    ids=["stop", "question", "shout", "Japanese", "line"],
)
def test_a_sentence_comes_with_the_character_that_completes_it(text: str, following: str) -> None:
    sentences = Sentences("en")
    assert sentences.feed(text[:-1]) == []
    found = sentences.feed(text[-1] + following)
    if following:
        assert found == []
        found = sentences.feed("Y")
    assert found == [text.strip()]


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("Hello there.", True),
        ("Hello there. ", True),
        ("Well...", True),
        ('He said "Stop."', True),
        ("Ask for Dr.", False),
        ("It is 3.", False),
        ("Your number is No.", True),
        ("Bring e.g.", False),
        ("Hello there", False),
        ("Hello there. And", False),
        ("", False),
    ],
    ids=lambda value: repr(value),
)
def test_a_pause_tells_where_the_next_character_would(text: str, complete: bool) -> None:
    sentences = Sentences("en")
    ready = sentences.feed(text)
    paused = sentences.pause()
    if complete:
        assert paused == [text.strip()]
        assert sentences.finish() == []
    else:
        assert paused == []
        assert " ".join([*ready, *sentences.finish()]) == text


def test_a_long_clause_is_cut_at_its_last_comma() -> None:
    text = (
        "if you would like to go on with that, please have your customer number ready, which you find on the letter "
        * 2
    )
    found = cut("en", pieces_of(text, "words"))
    assert found[0].endswith("ready,")
    assert all(len(sentence) <= LONG + 20 for sentence in found)
    assert " ".join(found) == text.strip()


def test_a_comma_in_a_number_is_none() -> None:
    text = "we have counted more than " + "1,000,000 " * 12
    found = cut("en", pieces_of(text, "characters"))
    assert all(part in ("we", "have", "counted", "more", "than", "1,000,000") for s in found for part in s.split())


def test_without_any_sign_it_is_cut_at_a_space_and_at_last_anywhere() -> None:
    assert [len(piece) <= LONGEST for piece in cut("en", pieces_of("word " * 200, "words"))] == [True] * 5
    assert [len(piece) for piece in cut("th", ["ก" * 500])] == [LONGEST, LONGEST, 20]


def test_nothing_is_lost_or_doubled() -> None:
    dice = random.Random(3)
    for _ in range(300):
        text = "".join(dice.choice("aB1.,!? \n\"'*。…-") for _ in range(200))
        found = cut("en", pieces_of(text, "tokens"))
        assert [c for c in "".join(found) if c.isalnum()] == [c for c in text if c.isalnum()]
