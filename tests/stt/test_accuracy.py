"""The built-in engine hears the sample call. The figures are those of docs/recognition.md, with a margin."""

import re

import pytest

from calls.stt import make_recognizer
from calls.stt.base import Skipped
from tests.stt.engines import SAMPLES, TRUTH, feed, sample, text_of, track_config

PHRASES = tuple((SAMPLES / "phrases.txt").read_text().split("\n")[:-1])


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def word_error_rate(truth: list[str], heard: list[str]) -> float:
    row = list(range(len(heard) + 1))
    for i, true_word in enumerate(truth, 1):
        above, row = row, [i]
        for j, heard_word in enumerate(heard, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (true_word != heard_word)))
    return row[-1] / len(truth)


def test_the_phrase_list_gives_nothing_away():
    sentences = [" ".join(words(part)) for turn in TRUTH for part in re.split(r"[.?!]", turn["text"]) if part.strip()]
    assert len(PHRASES) <= 40
    assert not {" ".join(words(phrase)) for phrase in PHRASES} & {s for s in sentences if len(s.split()) > 4}


@pytest.mark.parametrize(
    ("track", "phrases", "limit"),
    [("agent", (), 0.15), ("customer", (), 0.30), ("agent", PHRASES, 0.12), ("customer", PHRASES, 0.12)],
)
async def test_the_sample_call_is_understood(track, phrases, limit):
    events = []
    engine = make_recognizer("pocketsphinx", {"workers": 1, "finish_seconds": 60}, production=True)
    await engine.start()
    recognition = engine.open_track(track_config(phrases=phrases), events.append)
    await feed(recognition, sample(track))
    await recognition.finish()
    await engine.close()
    assert not [event for event in events if isinstance(event, Skipped)]
    truth = words(" ".join(turn["text"] for turn in TRUTH if turn["track"] == track))
    assert word_error_rate(truth, words(text_of(events))) <= limit
