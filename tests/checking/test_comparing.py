"""What was heard beside what was said."""

from __future__ import annotations

from calls.checking.comparing import marked_words, share_heard


def test_case_and_punctuation_count_nothing() -> None:
    assert marked_words("Good morning, and it's on.", "good morning and it's on") == [
        ("Good", True),
        ("morning,", True),
        ("and", True),
        ("it's", True),
        ("on.", True),
    ]


def test_a_word_counts_where_it_was_said_only() -> None:
    heard = [word for word, was_heard in marked_words("cancel my order today", "my order cancel") if was_heard]
    assert heard == ["my", "order"]


def test_all_words_of_both_sides_count() -> None:
    assert share_heard([("one two three", "one three"), ("four", "")]) == (2, 4)
