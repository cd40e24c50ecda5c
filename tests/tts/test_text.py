import pytest

from calls.tts.base import SynthesisFailed, Voice
from calls.tts.text import passages, pieces_of, speakable, speed_of
from tests.tts.google_server import wav


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Hello\r\n\tthere ", "Hello there"),
        ("a\x00b\ud800c", "a b c"),
        ("क्‍ष 123", "क्‍ष 123"),  # a joiner inside a letter stays
        ("...!", ""),
        ("", ""),
    ],
    ids=range(5),
)
def test_one_clean_line(text, line):
    assert speakable(text) == line
    speakable(text).encode()


def test_the_first_sentence_comes_alone_and_the_others_together():
    text = "Hello there, how can I help you today? I can find an order. Or cancel it. Or a person will help you."
    assert passages(text, 1000) == [
        "Hello there, how can I help you today?",
        "I can find an order. Or cancel it. Or a person will help you.",
    ]
    assert passages("Dr. Smith is in. He waits.", 1000) == ["Dr. Smith is in. He waits."]
    assert passages("", 1000) == []


@pytest.mark.parametrize("text", ["word " * 300, "x" * 1500, "語" * 500, "語。" * 400, "One. " * 400], ids=range(5))
def test_passages_fit_and_nothing_is_lost(text):
    parts = passages(speakable(text), 100)
    assert all(part and len(part.encode()) <= 100 for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")


def test_speeds_beyond_the_bounds():
    assert [speed_of(Voice(speed=speed)) for speed in (0, 0.7, 2, 100)] == [0.5, 0.7, 2, 2]


def test_a_wav_file_comes_in_pieces():
    pcm = bytes(range(256)) * 100
    pieces = list(pieces_of(wav(pcm, 16_000), 16_000))
    assert b"".join(pieces) == pcm and max(map(len, pieces)) == 6400


@pytest.mark.parametrize("audio", [b"", b"not a WAV file", wav(bytes(10), 16_000)[:30]], ids=range(3))
def test_what_is_no_wav_file_is_refused(audio):
    with pytest.raises(SynthesisFailed, match="not a WAV file"):
        list(pieces_of(audio, 16_000))


def test_another_rate_is_refused():
    with pytest.raises(SynthesisFailed, match="instead of"):
        list(pieces_of(wav(bytes(100), 8000), 16_000))
