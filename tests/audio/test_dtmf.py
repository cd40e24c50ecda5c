"""Every key is heard, whatever the line does to it; nothing else is."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

import calls
from calls.audio.dtmf import RATE, DtmfDetector, Press
from calls.audio.resample import Resampler
from calls.tts import make_synthesizer
from calls.tts.base import Synthesizer, Voice
from tests.audio.keypad import AMPLITUDE, KEYS, dial, pcm, silence, sine, through, tone, with_noise

SAMPLES = sorted((Path(calls.__file__).parent / "samples").glob("*.wav"))
TWICE = "".join(key * 2 for key in KEYS)


def presses(audio: bytes, piece: int = 1600) -> list[Press]:
    detector = DtmfDetector()
    return [press for at in range(0, len(audio), piece) for press in detector.feed(audio[at : at + piece])]


def heard(audio: bytes) -> str:
    return "".join(press.key for press in presses(audio))


@pytest.mark.parametrize("encoding", ["l16", "mulaw", "alaw"])
def test_every_key_is_heard_once(encoding: str) -> None:
    assert heard(through(encoding, pcm(dial(TWICE)))) == TWICE


@pytest.mark.parametrize("on", [60, 100, 250, 3000])
def test_a_long_press_is_one(on: int) -> None:
    assert heard(pcm(dial("159D", on=on, off=60))) == "159D"


def test_it_is_told_when_a_key_was_pressed() -> None:
    starts = [press.start * 1000 // RATE for press in presses(pcm(dial(KEYS, on=80, off=70)))]
    assert all(abs(start - (100 + 150 * number)) <= 10 for number, start in enumerate(starts))
    assert len(starts) == len(KEYS)


def test_a_key_is_told_while_it_is_still_pressed() -> None:
    detector = DtmfDetector()
    assert not detector.feed(pcm(silence(100)))
    assert [press.key for press in detector.feed(pcm(tone("5", 50)))] == ["5"]
    assert detector.sounding == "5"
    assert not detector.feed(pcm(tone("5", 500)))
    assert detector.sounding == "5"
    assert not detector.feed(pcm(silence(70)))
    assert detector.sounding == ""


@pytest.mark.parametrize("piece", [2, 38, 320, 1602])
def test_the_size_of_the_pieces_makes_no_difference(piece: int) -> None:
    audio = pcm(with_noise(dial("0123"), 15))
    assert presses(audio, piece) == presses(audio, len(audio))


@pytest.mark.parametrize("colour", ["white", "pink"])
@pytest.mark.parametrize("below_db", [15, 10])
def test_noise_hides_no_key(below_db: int, colour: str) -> None:
    assert heard(through("mulaw", pcm(with_noise(dial(TWICE), below_db, colour=colour)))) == TWICE


def test_noise_does_not_cut_a_long_press() -> None:
    assert heard(pcm(with_noise(dial(KEYS, on=700), 10))) == KEYS


@pytest.mark.parametrize("amplitude", [400, 12_000, 30_000], ids=["quiet", "loud", "clipped"])
def test_any_loudness_is_heard(amplitude: float) -> None:
    assert heard(through("mulaw", pcm(dial(KEYS, amplitude=amplitude)))) == KEYS


@pytest.mark.parametrize("twist_db", [-8, -4, 4])
def test_a_line_that_weakens_one_tone_is_understood(twist_db: float) -> None:
    assert heard(pcm(with_noise(dial(KEYS, twist_db=twist_db), 15))) == KEYS


@pytest.mark.parametrize("detuned", [-0.015, 0.015])
def test_a_keypad_out_of_tune_is_understood(detuned: float) -> None:
    assert heard(through("mulaw", pcm(dial(KEYS, detuned=detuned)))) == KEYS


def test_a_lost_packet_makes_no_second_press() -> None:
    audio = dial("4", on=200)
    for at in range(100, 300, 5):
        cut = audio.copy()
        cut[at * 8 : (at + 20) * 8] = 0
        assert heard(pcm(cut)) == "4", at


def test_keys_without_a_pause_are_told_apart() -> None:
    assert heard(pcm(np.concatenate([tone(key, 60) for key in "12369#"]))) == "12369#"


@pytest.mark.parametrize("ms", [5, 15, 23])
def test_a_click_is_no_key(ms: float) -> None:
    assert heard(pcm(dial(KEYS, on=ms, off=60))) == ""


@pytest.mark.parametrize("twist_db", [-13, 9])
def test_tones_of_unlike_loudness_are_no_key(twist_db: float) -> None:
    assert heard(pcm(dial(KEYS, on=100, twist_db=twist_db))) == ""


@pytest.mark.parametrize("detuned", [-0.035, 0.035])
def test_other_frequencies_are_no_key(detuned: float) -> None:
    assert heard(pcm(dial(KEYS, on=100, detuned=detuned))) == ""


def test_a_whisper_of_a_key_is_no_key() -> None:
    assert heard(pcm(dial(KEYS, on=100, amplitude=100))) == ""


@pytest.mark.parametrize(
    "frequencies",
    [[350, 440], [440, 480], [480, 620], [425], [400, 450], [1000], [950], [1400], [1800], [1100], [2100],
     [697], [1633], [697, 770], [1209, 1336], [770, 941, 1336], [852, 1336, 1477], [697, 1209, 2418]],
    ids=str,
)  # fmt: skip
def test_other_tones_are_no_key(frequencies: list[float]) -> None:
    """Of the line itself, of a fax, of half a key, and three at once."""
    assert heard(pcm(np.sum([sine(frequency, 1000) for frequency in frequencies], axis=0))) == ""


@pytest.mark.parametrize("colour", ["white", "pink"])
def test_noise_is_no_key(colour: str) -> None:
    assert heard(pcm(with_noise(silence(60_000), 0, colour=colour))) == ""


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("tempo", [0.75, 0.87, 1, 1.15, 1.3])
def test_the_samples_press_no_key(sample: Path, tempo: float) -> None:
    """Also as higher and lower voices."""
    with wave.open(str(sample)) as file:
        speech = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
    at = np.arange(0, len(speech) - 1, tempo)
    assert heard(through("mulaw", pcm(np.interp(at, np.arange(len(speech)), speech)))) == ""


@pytest.mark.parametrize("voice", ["", "f2", "f5", "m1", "m7", "whisper"])
async def test_speech_presses_no_key(voice: str) -> None:
    text = (SAMPLES[0].parent / "turns.txt").read_text()
    async with espeak() as synthesizer:
        speech = b"".join([piece async for piece in synthesizer.speak(text, Voice(name=voice, language="en-US"))])
    resampler = Resampler(synthesizer.capabilities.rate, RATE)
    audio = resampler.feed(speech) + resampler.flush()
    assert len(audio) > 30 * 2 * RATE
    assert heard(through("mulaw", audio)) == ""


@asynccontextmanager
async def espeak() -> AsyncIterator[Synthesizer]:
    synthesizer = make_synthesizer("espeak")
    await synthesizer.start()
    yield synthesizer
    await synthesizer.close()


def test_keys_are_heard_over_a_voice() -> None:
    """Somebody talks in the room, 12 dB weaker than the keys."""
    with wave.open(str(SAMPLES[0])) as file:
        speech = np.frombuffer(file.readframes(6 * RATE), dtype="<i2")[RATE:].astype(float)
    keys = dial(KEYS, on=100, off=100)
    voice = speech[: len(keys)]
    assert heard(pcm(keys + voice / voice.std() * AMPLITUDE * 10 ** (-12 / 20))) == KEYS
