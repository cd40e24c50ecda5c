from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.privacy.finding import KINDS
from calls.privacy.hiding import Place, hide
from calls.privacy.masking import PATIENCE_SECONDS, WINDOW_PIECES, Masker
from tests.privacy.saying import DIGITS, TEENS, TENS, cards, spoken

SAID = {*DIGITS, *TEENS, *TENS, "oh"}


class Listener:
    """Sees what a browser would: the texts as they were last told."""

    def __init__(self, *, kinds: tuple[str, ...] = KINDS, language: str = "en") -> None:
        self.masker = Masker(kinds, language)  # type: ignore[arg-type]
        self.texts: dict[object, str] = {}
        self.shown: dict[object, str] = {}
        self.ever: list[str] = []
        self.now = 0.0

    def said(self, *pieces: str, by: str = "customer", pause: float = 2.0) -> None:
        for text in pieces:
            self.now += pause
            self.wait(0)
            id = len(self.texts)
            self.texts[id] = text
            self.told(self.masker.final(by, id, text, self.now))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.told(self.masker.tick(self.now))

    def finish(self) -> None:
        self.told(self.masker.finish())

    def told(self, changes: object) -> None:
        for id, places in changes.items():  # type: ignore[attr-defined]
            self.shown[id] = hide(self.texts[id], places)
            self.ever.append(self.shown[id])

    @property
    def lines(self) -> list[str]:
        return [self.shown[id] for id in self.texts]


def test_a_number_in_one_piece() -> None:
    listener = Listener()
    listener.said("it is 4111 1111 1111 1111 thanks")
    assert listener.lines == ["it is [card number] thanks"]


def test_a_number_in_several_pieces_is_never_shown() -> None:
    listener = Listener()
    listener.said("it is four one one one", "one one one one")
    assert listener.lines == ["it is • • • •", "• • • •"]
    listener.said("uh one one one one")
    assert listener.lines[2] == "• • • • •"
    listener.said("one one one one")
    assert listener.lines == ["it is [card number]", "[card number]", "[card number]", "[card number]"]
    assert not any("one" in text for text in listener.ever)


def test_what_was_shown_before_is_hidden_as_soon_as_it_is_known() -> None:
    listener = Listener()
    listener.said("forty one", "eleven")
    assert listener.lines == ["forty one", "eleven"] or "•" in listener.lines[1]
    listener.said("eleven", "eleven", "eleven", "eleven", "eleven", "eleven")
    assert listener.lines == ["[card number]"] * 8


def test_a_harmless_number_is_shown_when_the_speaker_goes_on() -> None:
    listener = Listener()
    listener.said("it was 5551234")
    assert listener.lines == ["it was •••••••"]
    listener.said("and i live in berlin")
    assert listener.lines == ["it was 5551234", "and i live in berlin"]


def test_a_harmless_number_is_shown_after_a_while() -> None:
    listener = Listener()
    listener.said("it was 5551234")
    listener.wait(PATIENCE_SECONDS - 0.1)
    assert listener.lines == ["it was •••••••"]
    listener.wait(0.2)
    assert listener.lines == ["it was 5551234"]
    assert not listener.masker.open


def test_it_is_shown_at_the_end_of_the_call() -> None:
    listener = Listener()
    listener.said("it was 5551234")
    listener.finish()
    assert listener.lines == ["it was 5551234"]


def test_a_long_pause_within_a_number() -> None:
    listener = Listener()
    listener.said("4111 1111")
    listener.wait(20)
    assert listener.lines == ["4111 1111"]
    listener.said("1111 1111")
    assert listener.lines == ["[card number]", "[card number]"]


def test_what_others_ask_for() -> None:
    listener = Listener()
    listener.said("and the three digits on the back please", by="agent")
    listener.said("one two")
    assert listener.lines[1] == "• •"
    listener.said("three")
    assert listener.lines[1:] == ["[security code]", "[security code]"]
    listener.said("and how many do you need", by="agent")
    listener.wait(60)
    listener.said("two fifty six")
    assert listener.lines[-1] in ("two fifty six", "• • •")
    listener.finish()
    assert listener.lines[-1] == "two fifty six"


def test_both_speakers_by_themselves() -> None:
    listener = Listener()
    listener.said("four one one one")
    listener.said("one one one one", by="agent")
    listener.said("one one one one")
    listener.said("one one one one", by="agent")
    listener.finish()
    assert listener.lines == list(listener.texts.values())


def test_interims() -> None:
    listener = Listener()
    masker = listener.masker
    assert masker.interim("customer", "my card is four", 1) == [Place(None, 11, 15)]
    assert masker.interim("customer", "i want to cancel", 1) == []
    whole = "my card is four one one one one one one one one one one one one one one one"
    assert hide(whole, masker.interim("customer", whole, 2)) == "my card is [card number]"
    listener.said("my card is four one one one", "one one one one one one one one")
    part = "one one one one"
    assert hide(part, masker.interim("customer", part, listener.now + 1)) == "[card number]"


def test_an_interim_that_goes_on_with_a_number_keeps_it_hidden() -> None:
    listener = Listener()
    listener.said("4111 1111")
    for _ in range(4):
        listener.wait(PATIENCE_SECONDS - 1)
        listener.masker.interim("customer", "1111", listener.now)
    assert listener.lines == ["•••• ••••"]


@given(cards(), st.data())
def test_no_way_of_cutting_a_number_shows_it(number: str, data: st.DataObject) -> None:
    words = data.draw(spoken(number))
    cuts = data.draw(st.sets(st.integers(1, len(words) - 1), max_size=6))
    bounds = [0, *sorted(cuts), len(words)]
    listener = Listener()
    listener.said("Can I have your card number?", by="agent")
    pieces = [" ".join(words[low:high]) for low, high in pairwise(bounds)]
    for piece in pieces:
        listener.masker.interim("customer", piece, listener.now)
        listener.said(piece, pause=data.draw(st.floats(0.2, 7)))
    listener.finish()
    for text in listener.ever[1:]:
        assert not SAID & set(text.split()), text


@given(st.lists(st.text("0123456789 \nabciban•[]", max_size=30), max_size=8), st.lists(st.floats(0, 30), max_size=8))
def test_whatever_comes_places_lie_apart_and_in_the_text(pieces: list[str], pauses: list[float]) -> None:
    masker, now = Masker(KINDS, "en"), 0.0
    texts = dict(enumerate(pieces))
    seen = []
    for id, text in texts.items():
        now += pauses[id] if id < len(pauses) else 1
        seen += [masker.tick(now), masker.final("customer", id, text, now)]
    for changes in [*seen, masker.finish()]:
        for id, places in changes.items():
            assert all(0 <= place.start < place.end <= len(texts[id]) for place in places)
            assert all(one.end <= other.start for one, other in pairwise(places))
    assert not masker.open


def test_only_the_kinds_that_are_wanted() -> None:
    listener = Listener(kinds=("code",))
    listener.said("4111 1111 1111 1111", "the cvv is 123")
    assert listener.lines == ["4111 1111 1111 1111", "the cvv is [security code]"]


def test_memory_is_bounded() -> None:
    listener = Listener()
    for _ in range(3 * WINDOW_PIECES):
        listener.said("what is your card number", by="agent", pause=0.5)
        listener.said("one", pause=0.5)
    assert len(listener.masker.pieces["customer"]) <= WINDOW_PIECES
    assert len(listener.masker.asked) <= 2 * 60 + 50


@pytest.mark.parametrize("language", ["en-US", "fr-FR", "de-DE", "es-MX", "nl-NL", ""])
def test_digits_are_the_same_in_every_language(language: str) -> None:
    listener = Listener(language=language)
    listener.said("4111 1111", "1111 1111")
    assert listener.lines == ["[card number]", "[card number]"]
