"""The parts of the built-in engine that need no process."""

import audioop
import gc
import itertools

import numpy as np
import pytest

from calls.audio.resample import Resampler
from calls.stt.pocketsphinx import tuning
from calls.stt.pocketsphinx.decoding import DecoderPool, Utterance, cut_point
from calls.stt.pocketsphinx.endpointer import Endpointer, SpeechBegins, SpeechEnds, SpeechGoesOn
from calls.stt.pocketsphinx.level import Level
from calls.stt.pocketsphinx.phrases import PhrasePlan, number_words, phrase_words
from calls.stt.pocketsphinx.voice import TelephoneBand, Voice
from calls.stt.pocketsphinx.wire import Begin, Ended, Heard, Progress
from tests.stt.engines import RATE, sample

DICTIONARY = {"order": "AO R D ER", "number": "N AH M B ER", "auto": "AO T OW", "pay": "P EY", "the": "DH AH"}


@pytest.mark.parametrize(
    ("digits", "said"),
    [("0", "zero"), ("7", "seven"), ("15", "fifteen"), ("20", "twenty"), ("42", "forty two"), ("007", "zero zero seven"),
     ("2025", "two zero two five"), ("05", "zero five")],
)  # fmt: skip
def test_numbers_in_phrases_are_said(digits, said):
    assert number_words(digits) == said.split()


def test_phrases_become_words():
    assert phrase_words("It’s my Order-Number, #42!") == ["it's", "my", "order", "number", "forty", "two"]
    assert phrase_words("漢字 !!!") == []


def test_words_that_the_dictionary_lacks_are_spelled_put_together_or_left_out():
    plan = PhrasePlan(("the autopay", "SIM order", "orders", "zwrxqvplimth number"), DICTIONARY.get)
    assert plan.sentences == [["the", "autopay"], ["sim", "order"], ["orders"]]
    assert plan.new_words == {"autopay": "AO T OW P EY", "sim": "EH S AY EH M", "orders": "AO R D ER Z"}
    assert plan.left_out == ["zwrxqvplimth"]
    assert "\\3-grams:" in plan.arpa()
    assert PhrasePlan((), DICTIONARY.get).arpa() == ""


def test_quiet_speech_is_raised_and_loud_speech_left_alone():
    pcm = audioop.ulaw2lin(sample("agent")[RATE : 3 * RATE], 2)
    for loudness in (0.1, 0.3, 1.0):
        level, spoken = Level(), audioop.mul(pcm, 2, loudness)
        level.begin(spoken[:6400])
        raised = audioop.max(level.apply(spoken), 2)
        assert 4000 < raised < 30_000, loudness
        level.begin(spoken[:6400])
        assert 4000 < audioop.max(level.apply(spoken), 2) < 30_000
    level = Level()
    level.begin(bytes(100))
    assert level.apply(pcm) == pcm


def at_rate(pcm, rate):
    """By a clean filter, as those do it who bring telephone speech into a stream of a higher rate."""
    resampler = Resampler(RATE, rate)
    return resampler.feed(pcm) + resampler.flush()


def test_telephone_speech_is_told_from_wide_band_speech():
    telephone = at_rate(audioop.ulaw2lin(sample("agent")[RATE : 4 * RATE], 2), 16000)
    hiss = np.random.default_rng(1).normal(0, 60, len(telephone) // 2)
    wide = (np.frombuffer(telephone, "<i2") + hiss).astype("<i2").tobytes()
    onset = slice(0, 2 * 6400)
    for loudness in (0.1, 1.0):
        assert not Voice().is_wide(audioop.mul(telephone[onset], 2, loudness))
        assert Voice().is_wide(audioop.mul(wide[onset], 2, loudness))
    used_to_wide, used_to_telephone = Voice(), Voice()
    used_to_wide.listen(wide)
    used_to_telephone.listen(telephone)
    assert used_to_wide.is_wide(telephone[onset])  # a beginning without a hiss
    assert not used_to_telephone.is_wide(bytes(12_800))


@pytest.mark.parametrize("piece", [320, 3200, 48_000])
def test_telephone_speech_reaches_the_model_alike_from_either_rate(piece):
    def reach(pcm, rate):
        band = TelephoneBand(rate)
        pieces = (pcm[at : at + piece] for at in range(0, len(pcm), piece))
        return np.frombuffer(b"".join(map(band.process, pieces)), "<i2").astype(float)

    pcm = audioop.ulaw2lin(sample("agent")[RATE : 4 * RATE], 2)
    from_8000, from_16000 = reach(pcm, 8000), reach(at_rate(pcm, 16000), 16000)
    length = len(from_16000)
    assert 0 <= len(from_8000) - length <= 100
    assert np.corrcoef(from_8000[:length], from_16000)[0, 1] > 0.999


def test_long_passages_end_between_words():
    words = [("one", 0, 400, 1.0), ("", 400, 800, 1.0), ("two", 800, 9000, 1.0), ("three", 9000, 9900, 1.0)]
    assert cut_point(words, 10_000) == 9000
    assert (
        cut_point([*words[:2], ("two", 800, 8000, 1.0), ("", 8000, 8400, 1.0), ("three", 8400, 10_000, 1.0)], 10_000)
        == 8200
    )
    assert cut_point([], 10_000) == 9700


def test_speech_is_found_whatever_the_pieces():
    pcm = audioop.ulaw2lin(sample("agent", 12), 2)
    found = []
    for size in (320, 1000, len(pcm)):
        endpointer, audio, marks = Endpointer(RATE), {}, []
        for offset in range(0, len(pcm), size):
            for event in endpointer.feed(pcm[offset : offset + size]):
                match event:
                    case SpeechBegins():
                        marks.append((event.at, event.start))
                        audio[event.start] = event.pcm
                    case SpeechGoesOn():
                        audio[marks[-1][1]] += event.pcm
                    case SpeechEnds():
                        marks[-1] = (*marks[-1], event.at)
        found.append(marks)
        for start, heard in audio.items():
            assert heard == pcm[2 * start : 2 * start + len(heard)]
    assert found[0] == found[1] == found[2]
    at, start, end = found[0][0]
    assert start < at and 0.9 * RATE < at < 1.3 * RATE and 6 * RATE < end < 7.5 * RATE


def test_speech_without_a_pause_is_cut_without_losing_a_word(monkeypatch):
    pcm = audioop.ulaw2lin(sample("agent")[RATE : 7 * RATE], 2)

    def decode():
        sent = []
        utterance = Utterance(Begin(1, 1, RATE, 0), Voice(), sent.append)
        utterance.add(pcm)
        utterance.ended = True
        utterance.begin(pool.take(0))
        while not utterance.step():
            pass
        pool.give_back(utterance.decoder)
        assert isinstance(sent[-1], Ended)
        assert [m.samples for m in sent if isinstance(m, Progress)][-1] == len(pcm) // 2
        return [m for m in sent if isinstance(m, Heard)]

    pool = DecoderPool(1, lambda message: None)
    [whole] = decode()
    monkeypatch.setattr(tuning, "PASSAGE_SECONDS", 2.5)
    pieces = decode()
    words = [word for piece in pieces for word in piece.words]
    assert len(pieces) > 1
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(words))
    assert abs(len(words) - len(whole.words)) <= 2
    same = {word.text for word in whole.words} & {word.text for word in words}
    assert len(same) >= len({word.text for word in whole.words}) - 3


def test_phrase_lists_come_and_go():
    """More lists than decoders: the one that the general model was loaded for goes too, and nothing may miss it."""
    notes = []
    pool = DecoderPool(2, notes.append)
    for key, phrase in enumerate(["", "order number", "full refund", "credit card", "order number", "my account"]):
        pool.prepare(key, (phrase,) if phrase else (), False)
        decoder = pool.take(key)
        decoder.decoder.start_utt()
        decoder.decoder.process_raw(bytes(32_000))
        decoder.decoder.end_utt()
        pool.give_back(decoder)
        del decoder
        gc.collect()
    assert notes == []
