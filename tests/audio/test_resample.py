"""Tones keep their pitch and level, nothing folds back, and how the audio is cut makes no difference."""

import itertools
import math
import random

import numpy as np
import pytest

from calls.audio.resample import RATES, Resampler

LOUD = 12_000
pairs = pytest.mark.parametrize(("rate_in", "rate_out"), list(itertools.permutations(RATES, 2)))


def tone(hertz: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    return np.rint(LOUD * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate + 0.3)).astype("<i2")


def resampled(samples: np.ndarray, rate_in: int, rate_out: int) -> np.ndarray:
    resampler = Resampler(rate_in, rate_out)
    return np.frombuffer(resampler.feed(samples.tobytes()) + resampler.flush(), dtype="<i2")


def middle(samples: np.ndarray) -> np.ndarray:
    """Without the ends, where a tone that begins at once has a spectrum of its own."""
    return samples[len(samples) // 5 : -len(samples) // 5].astype(float)


def decibel(ratio: float) -> float:
    return 20 * math.log10(max(ratio, 1e-9))


def level(samples: np.ndarray) -> float:
    """Of a tone of `LOUD`: 0."""
    return decibel(math.sqrt(np.mean(middle(samples) ** 2)) / (LOUD / math.sqrt(2)))


def signal_to_noise(samples: np.ndarray, hertz: float, rate: int) -> float:
    """What of it is this tone, as the first sample's time wants it, against what is not."""
    start = len(samples) // 5
    wanted = LOUD * np.sin(2 * np.pi * hertz * np.arange(len(samples)) / rate + 0.3)
    kept = middle(samples)
    wanted = wanted[start : start + len(kept)]
    scale = np.dot(kept, wanted) / np.dot(wanted, wanted)
    return decibel(np.std(scale * wanted) / np.std(kept - scale * wanted))


@pairs
def test_a_tone_stays_that_tone_at_its_time(rate_in: int, rate_out: int) -> None:
    for hertz, loss in ((300, 0.02), (1000, 0.02), (0.42 * min(rate_in, rate_out), 0.5)):
        heard = resampled(tone(hertz, rate_in), rate_in, rate_out)
        assert signal_to_noise(heard, hertz, rate_out) > 75
        assert -loss < level(heard) < 0.02


@pairs
def test_what_the_lower_rate_cannot_carry_is_gone(rate_in: int, rate_out: int) -> None:
    """Going down, from half the lower rate on; going up there is nothing to fold, and the signal-to-noise above would
    show mirrors."""
    for part in np.linspace(0.5, 0.49 * rate_in / min(rate_in, rate_out), 12):
        hertz = part * min(rate_in, rate_out)
        if rate_out < rate_in and hertz < rate_in / 2:
            assert level(resampled(tone(hertz, rate_in), rate_in, rate_out)) < -65


@pairs
def test_how_the_audio_is_cut_makes_no_difference(rate_in: int, rate_out: int) -> None:
    noise = np.random.default_rng(rate_in).integers(-32768, 32767, rate_in, dtype="<i2").tobytes()
    dice = random.Random(rate_out)
    resampler, at, out = Resampler(rate_in, rate_out), 0, b""
    while at < len(noise):
        size = 2 * dice.choice((0, 1, 7, 160, 441, 882, 4410))
        out += resampler.feed(noise[at : at + size])
        at += size
    assert out + resampler.flush() == resampled(np.frombuffer(noise, "<i2"), rate_in, rate_out).tobytes()


@pairs
def test_the_length_is_exact_and_little_is_held_back(rate_in: int, rate_out: int) -> None:
    resampler, given, got = Resampler(rate_in, rate_out), 0, 0
    for size in (1, 441, 20_000, 3, 123_457):
        given += size
        got += len(resampler.feed(bytes(2 * size))) // 2
        assert -1 / rate_out <= given / rate_in - got / rate_out < 0.0035
    got += len(resampler.flush()) // 2
    assert got == math.ceil(given * rate_out / rate_in)


def test_after_an_hour_not_a_sample_is_missing() -> None:
    resampler, minute = Resampler(22050, 8000), bytes(2 * 22050 * 60)
    assert sum(len(resampler.feed(minute)) for _ in range(60)) + len(resampler.flush()) == 2 * 8000 * 3600


def test_a_constant_stays_and_the_loudest_does_not_wrap() -> None:
    constant = resampled(np.full(4000, 1234, "<i2"), 22050, 8000)
    assert set(constant[50:-50].tolist()) == {1234}
    square = np.tile(np.repeat(np.array([32767, -32768], "<i2"), 20), 40)
    loud = resampled(square, 8000, 48000)
    assert loud.max() == 32767 and loud.min() == -32768
    waves = loud[: 240 * 39].reshape(39, 2, 120)[:, :, 10:110]
    assert (waves[:, 0] > 25_000).all() and (waves[:, 1] < -25_000).all()


def test_silence_stays_silent_and_nothing_stays_nothing() -> None:
    assert not resampled(np.zeros(5000, "<i2"), 24000, 8000).any()
    assert len(resampled(np.zeros(0, "<i2"), 24000, 8000)) == 0


def test_after_a_flush_a_new_run_begins() -> None:
    resampler, sound = Resampler(22050, 8000), tone(500, 22050, 0.1).tobytes()
    first = resampler.feed(sound) + resampler.flush()
    assert resampler.feed(sound) + resampler.flush() == first


def test_the_same_rate_changes_nothing() -> None:
    resampler, sound = Resampler(8000, 8000), tone(500, 8000, 0.1).tobytes()
    assert resampler.feed(sound) == sound and resampler.flush() == b""


def test_what_it_cannot_do_is_said() -> None:
    with pytest.raises(ValueError, match="5000 Hz to 8000 Hz: rates are 8000, 11025"):
        Resampler(5000, 8000)
    with pytest.raises(ValueError):
        Resampler(16000, 8000).feed(b"odd")
