"""Spool records survive a torn end, and streams lie where they belong in the mix."""

import io
import wave

import numpy as np
import pytest

from calls.audio import g711, spool, wav
from calls.audio.mix import Mixer, StreamAudio

LOUD, QUIET = b"\x80", b"\xa0"  # two mu-law codes


def level(code: bytes) -> int:
    return int(g711.decode(code, "mulaw")[0])


def make_spool(*records: tuple[str, int, bytes]) -> memoryview:
    return memoryview(b"".join(spool.pack(track, "mulaw", position, audio) for track, position, audio in records))


def mixed(*streams: StreamAudio) -> np.ndarray:
    mixer = Mixer(streams)
    return np.frombuffer(b"".join(mixer.blocks()), "<i2").reshape(-1, 2)


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_torn_last_record_is_ignored(cut: int) -> None:
    whole = make_spool(("agent", 0, LOUD * 20), ("customer", 0, LOUD * 18))
    names = [record.track for record in spool.records(whole[: len(whole) - cut])]
    assert names == ["agent"]


def test_garbage_ends_the_spool() -> None:
    assert list(spool.records(memoryview(b"\xff" * 100))) == []


def test_a_long_run_becomes_several_records() -> None:
    audio = bytes(range(256)) * 800
    records = list(spool.records(make_spool(("agent", 5, audio))))
    assert len(records) == 4
    assert [record.position for record in records] == [5, 65_539, 131_073, 196_607]
    assert sum(record.length for record in records) == len(audio)


def test_what_no_record_covers_is_silence() -> None:
    samples = mixed(StreamAudio(make_spool(("agent", 4, LOUD * 4), ("customer", 0, QUIET * 2)), 8000, 0, 0))
    assert samples[:, 0].tolist() == [0] * 4 + [level(LOUD)] * 4
    assert samples[:, 1].tolist() == [level(QUIET)] * 2 + [0] * 6


def test_a_second_stream_lies_at_its_offset() -> None:
    first = StreamAudio(make_spool(("agent", 0, LOUD * 8)), 8000, 0, 0)
    second = StreamAudio(make_spool(("agent", 0, LOUD * 8)), 8000, 1000, 1)
    samples = mixed(first, second)[:, 0]
    assert len(samples) == 8008
    assert samples[8000:].tolist() == [level(LOUD)] * 8


def test_overlapping_agents_add_up_and_the_customer_is_taken_once() -> None:
    first = StreamAudio(make_spool(("agent", 0, QUIET * 8), ("customer", 0, QUIET * 4)), 8000, 0, 0)
    second = StreamAudio(make_spool(("agent", 0, QUIET * 8), ("customer", 0, LOUD * 8)), 8000, 0, 1)
    samples = mixed(second, first)
    assert samples[:, 0].tolist() == [2 * level(QUIET)] * 8
    assert samples[:, 1].tolist() == [level(QUIET)] * 4 + [level(LOUD)] * 4


def test_the_highest_rate_wins() -> None:
    low = StreamAudio(make_spool(("agent", 0, LOUD * 80)), 8000, 0, 0)
    high = StreamAudio(memoryview(spool.pack("customer", "l16", 0, b"\x10\x20" * 160)), 16000, 0, 1)
    mixer = Mixer([low, high])
    assert (mixer.rate, mixer.frames) == (16000, 160)


def test_blocks_join_without_a_seam() -> None:
    audio = np.random.default_rng(1).integers(0, 256, 8000 * 25, dtype=np.uint8).tobytes()
    pieces = [("customer", at, audio[at : at + 811]) for at in range(0, len(audio), 811)]
    samples = mixed(StreamAudio(make_spool(*pieces), 8000, 0, 0))
    assert np.array_equal(samples[:, 1], g711.decode(audio, "mulaw"))


def test_the_header_is_read_by_others() -> None:
    data = wav.header(data_bytes=400, rate=8000, channels=2) + bytes(400)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnframes(), file.getnchannels(), file.getframerate(), file.getsampwidth()) == (100, 2, 8000, 2)
    with pytest.raises(ValueError):
        wav.header(data_bytes=5 << 30, rate=8000, channels=2)
