"""The built-in engine hears the sample call. The figures are those of docs/recognition.md, with a margin."""

import audioop
import re

import pytest

from calls.audio.resample import Resampler
from calls.stt import make_recognizer
from calls.stt.base import Skipped
from calls.stt.converting import open_track
from calls.tts import make_synthesizer
from calls.tts.base import Voice
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


async def hear(audio, config):
    """The words that come of it, by the engine and whatever has to be before it."""
    events = []
    engine = make_recognizer("pocketsphinx", {"workers": 1, "finish_seconds": 60}, production=True)
    await engine.start()
    track = open_track(engine, config, events.append)
    width = 2 if config.encoding == "l16" else 1
    await feed(track, audio, piece=config.rate // 10 * width, width=width)
    await track.finish()
    await engine.close()
    assert not [event for event in events if isinstance(event, Skipped)]
    return words(text_of(events))


async def speak(text):
    engine = make_synthesizer("espeak")
    await engine.start()
    audio = b"".join([piece async for piece in engine.speak(text, Voice(language="en-US"))])
    await engine.close()
    return audio


def truth_of(track):
    return words(" ".join(turn["text"] for turn in TRUTH if turn["track"] == track))


def at_rate(pcm, rate_in, rate_out):
    resampler = Resampler(rate_in, rate_out)
    return resampler.feed(pcm) + resampler.flush()


@pytest.mark.parametrize(
    ("track", "phrases", "limit"),
    [("agent", (), 0.15), ("customer", PHRASES, 0.12)],
)
async def test_the_sample_call_is_understood(track, phrases, limit):
    heard = await hear(sample(track), track_config(phrases=phrases))
    assert word_error_rate(truth_of(track), heard) <= limit


@pytest.mark.parametrize(("track", "rate", "limit"), [("agent", 24000, 0.15), ("customer", 16000, 0.20)])
async def test_telephone_speech_is_understood_in_a_stream_of_a_higher_rate(track, rate, limit):
    audio = at_rate(audioop.ulaw2lin(sample(track), 2), 8000, rate)
    assert word_error_rate(truth_of(track), await hear(audio, track_config("l16", rate))) <= limit


async def test_wide_band_speech_is_understood_better_than_by_telephone():
    text = " ".join(turn["text"] for turn in TRUTH[:6])
    spoken = await speak(text)
    errors = {
        rate: word_error_rate(words(text), await hear(at_rate(spoken, 22050, rate), track_config("l16", rate, PHRASES)))
        for rate in (8000, 24000)
    }
    assert errors[24000] < min(0.5, errors[8000]), errors
