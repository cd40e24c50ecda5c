import math
import struct

import pytest

from calls.events import AudioFormat
from calls.vendors.wav import fit, read_wav

MULAW = AudioFormat("mulaw", 8000)
L16 = AudioFormat("l16", 8000)


def wav(samples, *, tag=1, channels=1, rate=8000, bits=16, extra=b""):
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + extra + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pcm(*samples):
    return struct.pack(f"<{len(samples)}h", *samples)


def test_pcm_becomes_mulaw():
    # G.711: zero, the extremes, the first steps, and the border between two segments.
    samples = pcm(0, 32767, -32768, 8, -8, 4, 120, 132)
    assert read_wav(wav(samples), "a.wav", MULAW).hex() == "ff8000fe7efef0ef"


def test_samples_already_in_the_encoding_stay():
    assert read_wav(wav(b"\x00\x7f\xff", tag=7, bits=8), "a.wav", MULAW) == b"\x00\x7f\xff"
    assert read_wav(wav(pcm(1, 2)), "a.wav", L16) == pcm(1, 2)


def test_other_chunks_are_passed_over():
    listing = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert read_wav(wav(b"\x01\x02", tag=7, bits=8, extra=listing), "a.wav", MULAW) == b"\x01\x02"


def test_size_that_was_never_filled_in_means_the_rest():
    data = wav(b"\x01\x02", tag=7, bits=8).replace(b"data" + struct.pack("<I", 2), b"data\xff\xff\xff\xff")
    assert read_wav(data, "a.wav", MULAW) == b"\x01\x02"


@pytest.mark.parametrize(
    "data",
    [b"", b"RIFF", b"ID3" * 20, b"RIFF\0\0\0\0WAVEdata\0\0\0\0", wav(b"")[:30]],
    ids=lambda data: data[:12].hex(),
)
def test_what_is_no_wav(data):
    with pytest.raises(ValueError, match=r"a\.wav is not a WAV file"):
        read_wav(data, "a.wav", MULAW)


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"channels": 2}, {"bits": 24}, {"tag": 3, "bits": 32}], ids=str)
def test_what_the_hub_does_not_convert(wrong):
    with pytest.raises(ValueError, match=r"a\.wav must be mono, 16-bit PCM.*sox"):
        read_wav(wav(pcm(1, 2), **wrong), "a.wav", MULAW)


def test_mulaw_file_for_another_encoding():
    assert read_wav(wav(b"\xff\x80", tag=7, bits=8), "a.wav", L16) == pcm(0, 32124)


def tone(rate, seconds=0.5, frequency=1000):
    return [round(8000 * math.sin(2 * math.pi * frequency * n / rate)) for n in range(round(rate * seconds))]


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 44100])
@pytest.mark.parametrize("wanted", [8000, 16000, 24000])
def test_another_rate_sounds_the_same(rate, wanted):
    heard = read_wav(wav(pcm(*tone(rate)), rate=rate), "a.wav", AudioFormat("l16", wanted))
    samples = struct.unpack(f"<{len(heard) // 2}h", heard)
    assert samples == pytest.approx(tone(wanted), abs=3)


def test_what_is_above_the_new_rate_is_cut_off():
    heard = read_wav(wav(pcm(*tone(24000, frequency=6000)), rate=24000), "a.wav", L16)
    assert set(heard) == {0}


def test_shorter_tracks_are_filled_with_silence():
    assert fit([b"abc", b"d"], MULAW, None) == [b"abc", b"d\xff\xff"]
    assert fit([pcm(1, 2), pcm(3)], L16, None) == [pcm(1, 2), pcm(3, 0)]


def test_tracks_are_cut_or_repeated_together():
    assert fit([b"abcd", b"efg"], MULAW, 2 / 8000) == [b"ab", b"ef"]
    assert fit([b"abc", b"d"], MULAW, 7 / 8000) == [b"abcabca", b"d\xff\xffd\xff\xffd"]


def test_no_audio_at_all():
    with pytest.raises(ValueError, match="empty"):
        fit([b"", b""], MULAW, 1)
