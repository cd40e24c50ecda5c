from __future__ import annotations

from calls.privacy.hiding import Hidden, Place, Word, hide, hide_words


def said(text: str) -> list[Word]:
    return [Word(word, 100 * i, 100 * i + 80, 0.9) for i, word in enumerate(text.split())]


def test_labels_and_dots() -> None:
    text = "my card is 4111 and 55 or five"
    assert hide(text, [Place("card", 11, 15)]) == "my card is [card number] and 55 or five"
    assert hide(text, [Place(None, 11, 15), Place(None, 20, 30)]) == "my card is •••• and •• • •"
    assert hide(text, []) == text


def test_words_and_their_times() -> None:
    text = "it is 4111 1111 thanks"
    left = hide_words(text, said(text), [Place("card", 6, 15)], 0, 480)
    assert [word.text for word in left.words] == ["it", "is", "[card number]", "thanks"]
    assert left.words[2] == Word("[card number]", 200, 380, None)
    assert left.times == [("card", 200, 380)]


def test_undecided_words_keep_their_places() -> None:
    text = "it is four one"
    left = hide_words(text, said(text), [Place(None, 6, 14)], 0, 480)
    assert [word.text for word in left.words] == ["it", "is", "•", "•"]
    assert left.times == [(None, 200, 380)]


def test_words_with_punctuation_of_the_text() -> None:
    text = "It is 4111, 1111. Thanks!"
    words = [Word(word, 100 * i, 100 * i + 80, None) for i, word in enumerate(["it", "is", "4111", "1111", "thanks"])]
    left = hide_words(text, words, [Place("card", 6, 16)], 0, 480)
    assert [word.text for word in left.words] == ["it", "is", "[card number]", "thanks"]


def test_words_that_are_not_those_of_the_text_are_not_kept() -> None:
    for words in (said("four one one one"), said("it is 4111"), said("it is 4111 1111 thanks a lot")):
        left = hide_words("it is 4111 1111 thanks", words, [Place("card", 6, 15)], 50, 900)
        assert left == Hidden([Word("it is [card number] thanks", 50, 900, None)], [("card", 50, 900)])


def test_where_nothing_is_hidden_words_stay_as_they_are() -> None:
    words = said("something else")
    assert hide_words("it is fine", words, [], 0, 900) == Hidden(words, [])


def test_without_words_all_of_it_counts() -> None:
    assert hide_words("4111", [], [Place("card", 0, 4)], 50, 900) == Hidden([], [("card", 50, 900)])
