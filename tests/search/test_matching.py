"""What finds what, on whichever database the tests run: one table for both. And what is marked."""

from __future__ import annotations

import pytest

from calls.models import Segment
from calls.search.conditions import Unindexed, said
from calls.search.matching import Piece, matcher
from calls.search.query import parse
from calls.search.words import ALGORITHMS, search_language, stem
from tests.conftest import MakeCall

TEXTS = {
    "cancel": ("en", "I want to cancel my order"),
    "orders": ("en", "she had cancelled two orders already"),
    "not": ("en", "thank you but I am not interested"),
    "keen": ("en", "that is interesting I am very interested"),
    "follow": ("en", "this is a follow-up, don't call before 9:30 o'clock"),
    "price": ("en", "that's $1,000.50 or 50% less <b>today</b> a@b.de http://x.org/y?z=1"),
    "grüße": ("de", "Schöne Grüße, die Bestellungen sind unterwegs"),
    "french": ("fr", "je voudrais annuler ma commande s'il vous plaît"),
    "plain": ("", "orders of an unknown tongue"),
    "welsh": ("cy", "mae'r orders wedi cyrraedd"),
    "hindi": ("hi", "मुझे हिन्दी में बात करनी है"),
    "silent": ("en", ""),
    "longwinded": ("en", "word " * 300 + "at last"),
}


@pytest.fixture
def transcript(make_call: MakeCall) -> None:
    call = make_call()
    stream = call.streams.get()
    Segment.objects.bulk_create(
        Segment(
            call=call, stream=stream, track="agent", participant=name, start_ms=0, end_ms=9, text=text, language=tag
        )
        for name, (tag, text) in TEXTS.items()
    )


FINDS = [
    ("cancel", "cancel orders"),
    ("CANCELLING", "cancel orders"),
    ("order", "cancel orders"),  # a language without known forms has the word as it is
    ("orders", "cancel orders plain welsh"),
    ("cancel order", "cancel orders"),
    ('"cancel my order"', "cancel"),
    ('"cancel order"', ""),
    ('"cancelled orders"', ""),
    ('"two order"', "orders"),
    ("interested", "not keen"),
    ('"not interested"', "not"),
    ("interested -not", "keen"),
    ('interested -"not interested"', "keen"),
    ("interested -not -keen", "keen"),
    ("interested -i", ""),
    ("the", ""),
    ("i am", "not keen"),
    ("follow", "follow"),
    ("follow-up", "follow"),
    ('"follow up"', "follow"),
    ("up follow", "follow"),
    ('"up follow"', ""),
    ("don't", "follow"),
    ("don’t", "follow"),
    ("9:30", "follow"),
    ("930", ""),
    ("1000", ""),
    ("1,000", "price"),
    ("$1,000.50", "price"),
    ("-50 today", ""),
    ("+50%", "price"),
    ("5", ""),
    ("today", "price"),
    ("x.org", "price"),
    ("b.de", "price"),
    ("<b>", "price"),
    ("bestellung", "grüße"),
    ("SCHÖNE grüße", "grüße"),
    ("grusse", "grüße"),  # German knows both spellings
    ("commandes annuler", "french"),
    ("il plaît", "french"),
    ("il plait", ""),
    ("हिन्दी", "hindi"),
    ("refund or cancel", "cancel orders"),
    ("two order or cancel my", "cancel orders"),
    ("interested not or bestellungen", "not grüße"),
    ("nothing", ""),
    ("word", "longwinded"),
    ('"at last"', "longwinded"),
    ("a:* & !b | (c)", ""),
]


@pytest.mark.parametrize(("typed", "names"), FINDS, ids=[typed for typed, _ in FINDS])
def test_finds(transcript: None, typed: str, names: str) -> None:
    query = parse(typed)
    found = Segment.objects.filter(said(query))
    assert {row.participant for row in found} == set(names.split())
    assert found.count() == Segment.objects.filter(Unindexed(said(query))).count()


@pytest.mark.django_db
def test_finds_nothing_where_nothing_was_said() -> None:
    assert not Segment.objects.filter(said(parse("anything"))).exists()


def test_a_text_that_changes_is_found_by_its_new_words(transcript: None) -> None:
    Segment.objects.filter(participant="cancel").update(text="my card is ####")
    assert not Segment.objects.filter(said(parse('"cancel my order"'))).exists()
    assert Segment.objects.filter(said(parse("cards"))).exists()


def test_the_longest_text_is_stored(make_call: MakeCall) -> None:
    text = " ".join(f"w{number}" for number in range(300_000))
    call = make_call(said=[("agent", 0, 9, text)])
    assert call.segments.filter(said(parse("w1"))).exists()


@pytest.mark.parametrize(
    ("typed", "text", "marked"),
    [
        ("orders", "My order, two ORDERS.", "My [order], two [ORDERS]."),
        ('"cancel my order"', "cancel; my order my", "[cancel; my order] my"),
        ('"my order" order', "my order and order", "[my order] and [order]"),
        ("order -refund", "an order", "an [order]"),
        ("refund or order -late", "a late refund order", "a late [refund] order"),
        ("don't", "I don’t know", "I [don’t] know"),
        ("a", "a<b>a</b>", "[a]<b>[a]</b>"),
        ("none", "nothing of it", "nothing of it"),
        ("grüße", "schöne Grüße", "schöne [Grüße]"),
        ('"ha ha"', "ha ha ha", "[ha ha][ ha]"),
        ("x", "", ""),
    ],
)
def test_marks(typed: str, text: str, marked: str) -> None:
    pieces = matcher(typed, "en").pieces(text)
    assert "".join(f"[{piece.text}]" if piece.match else piece.text for piece in pieces) == marked
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)


def test_pieces_are_as_few_as_can_be() -> None:
    assert matcher("my", "en").pieces("my") == [Piece("my", True)]


@pytest.mark.parametrize(
    ("tag", "stored"), [("en-US", "en"), ("de", "de"), ("zh-Hant-TW", "zh"), ("", ""), ("NB-no", "nb")]
)
def test_the_language_of_a_tag(tag: str, stored: str) -> None:
    assert search_language(tag) == stored


@pytest.mark.parametrize("tag", sorted(ALGORITHMS))
def test_every_language_has_its_stems(tag: str) -> None:
    assert stem("kwyjibo", tag)
