"""Ordering and placing of frames, with a clock of the test's own."""

import random

import pytest

from calls.events import AudioFormat
from calls.session.timeline import StreamTimeline

MULAW = AudioFormat("mulaw", 8000)
FRAME = 160  # samples of 20 ms


def frame(number: int, size: int = FRAME) -> bytes:
    """Audio that tells frames apart and never looks like silence."""
    return random.Random(number).randbytes(size)


def make(mode: str = "perTrack") -> StreamTimeline:
    timeline = StreamTimeline(MULAW, deadline=0.2)
    timeline.set_mode(mode)  # type: ignore[arg-type]
    return timeline


def laid_out(timeline: StreamTimeline, track: str = "customer") -> bytes:
    """All of a track as it would be played, silence as zero bytes."""
    sheet = bytearray()
    for position, audio in timeline.tracks[track].drain():  # type: ignore[index]
        assert position >= len(sheet), "runs overlap"
        sheet += bytes(position - len(sheet)) + audio
    return bytes(sheet)


def play(timeline: StreamTimeline, arrivals: list[tuple[float, str, int | None, bytes]]) -> None:
    """Feeds frames at their times, with the beat in between, and flushes."""
    beat = 0.0
    for at, track, number, payload in sorted(arrivals, key=lambda arrival: arrival[0]):
        while beat < at:
            timeline.tick(beat)
            beat += 0.1
        timeline.push(at, track, number, payload)  # type: ignore[arg-type]
    timeline.tick(beat + 1)
    timeline.flush()


def steady(numbers: range, track: str = "customer", start: float = 0.0) -> list[tuple[float, str, int | None, bytes]]:
    return [(start + index * 0.02, track, number, frame(number)) for index, number in enumerate(numbers)]


def test_frames_in_order_are_placed_end_to_end() -> None:
    timeline = make()
    play(timeline, steady(range(1, 101)))
    assert laid_out(timeline) == b"".join(frame(n) for n in range(1, 101))
    assert timeline.tracks["customer"].counters() == {
        "frames": 100, "lost": 0, "duplicates": 0, "reordered": 0, "late": 0, "resyncs": 0,
    }  # fmt: skip


@pytest.mark.parametrize("first", [0, 1, 7, 10_000])
def test_any_first_number_will_do(first: int) -> None:
    timeline = make()
    play(timeline, steady(range(first, first + 50)))
    assert laid_out(timeline) == b"".join(frame(n) for n in range(first, first + 50))


@pytest.mark.parametrize("seed", range(12))
def test_loss_reordering_and_duplicates_are_repaired_and_counted(seed: int) -> None:
    dice = random.Random(seed)
    numbers = range(1, 1001)
    lost = {n for n in numbers[1:-1] if dice.random() < 0.02}
    arrivals = []
    for index, number in enumerate(numbers):
        if number in lost:
            continue
        at = index * 0.02
        if dice.random() < 0.05:
            at += dice.uniform(0.021, 0.1)
        arrivals.append((at, "customer", number, frame(number)))
        if dice.random() < 0.01:
            arrivals.append((at + dice.uniform(0.001, 0.05), "customer", number, frame(number)))
    timeline = make()
    play(timeline, arrivals)  # type: ignore[arg-type]
    expected = b"".join(bytes(FRAME) if n in lost else frame(n) for n in numbers)
    assert laid_out(timeline) == expected
    counters = timeline.tracks["customer"].counters()
    assert counters["lost"] == len(lost)
    assert counters["duplicates"] == len(arrivals) - (1000 - len(lost))
    assert counters["frames"] == 1000 - len(lost)
    assert counters["reordered"] > 20
    assert counters["late"] == counters["resyncs"] == 0


def test_frames_may_be_swapped_from_the_very_start() -> None:
    timeline = make()
    arrivals = steady(range(1, 51))
    arrivals[0] = (0.05, *arrivals[0][1:])  # type: ignore[assignment]
    play(timeline, arrivals)
    assert laid_out(timeline) == b"".join(frame(n) for n in range(1, 51))


def test_a_frame_after_its_deadline_is_late_and_stays_silent() -> None:
    timeline = make()
    arrivals = steady(range(1, 101))
    arrivals[49] = (arrivals[49][0] + 0.5, *arrivals[49][1:])  # type: ignore[assignment]
    play(timeline, arrivals)
    assert laid_out(timeline) == b"".join(bytes(FRAME) if n == 50 else frame(n) for n in range(1, 101))
    counters = timeline.tracks["customer"].counters()
    assert (counters["lost"], counters["late"], counters["duplicates"]) == (1, 1, 0)


@pytest.mark.parametrize("size", [1, 37, 80, 160, 161, 800, 4000])
def test_any_chunk_size(size: int) -> None:
    timeline = make()
    step = size / 8000
    play(timeline, [(i * step, "customer", i + 1, frame(i, size)) for i in range(60)])
    assert laid_out(timeline) == b"".join(frame(i, size) for i in range(60))


def test_a_gap_of_up_to_ten_seconds_is_silence() -> None:
    timeline = make()
    play(timeline, steady(range(1, 51)) + steady(range(351, 401), start=7.0))
    assert laid_out(timeline) == b"".join(bytes(FRAME) if 50 < n < 351 else frame(n) for n in range(1, 401))
    assert timeline.tracks["customer"].lost == 300


def test_a_larger_jump_goes_on_at_arrival_time() -> None:
    timeline = make()
    play(timeline, steady(range(1, 51)) + steady(range(90_000, 90_050), start=3.0))
    sheet = laid_out(timeline)
    assert sheet[: 50 * FRAME] == b"".join(frame(n) for n in range(1, 51))
    assert sheet[3 * 8000 :] == b"".join(frame(n) for n in range(90_000, 90_050))
    assert not any(sheet[50 * FRAME : 3 * 8000])
    counters = timeline.tracks["customer"].counters()
    assert (counters["resyncs"], counters["lost"], counters["frames"]) == (1, 0, 100)


@pytest.mark.parametrize("played", [30, 500])
def test_a_counter_that_starts_again_goes_on_at_arrival_time(played: int) -> None:
    timeline = make()
    play(timeline, steady(range(1, played + 1)) + steady(range(1, 101), start=played * 0.02))
    numbers = [*range(1, played + 1), *range(1, 101)]
    assert laid_out(timeline) == b"".join(frame(n) for n in numbers)
    counters = timeline.tracks["customer"].counters()
    assert (counters["resyncs"], counters["duplicates"], counters["frames"]) == (1, 0, played + 100)


def test_one_senseless_number_changes_nothing() -> None:
    timeline = make()
    arrivals = steady(range(1, 101))
    arrivals.append((1.001, "customer", 2**60, frame(0)))
    play(timeline, arrivals)
    assert laid_out(timeline) == b"".join(frame(n) for n in range(1, 101))


def test_a_pause_with_consecutive_numbers_is_a_hold() -> None:
    timeline = make()
    play(timeline, steady(range(1, 51)) + steady(range(51, 101), start=6.0))
    sheet = laid_out(timeline)
    assert sheet[6 * 8000 :] == b"".join(frame(n) for n in range(51, 101))
    assert not any(sheet[50 * FRAME : 6 * 8000])
    assert timeline.tracks["customer"].lost == 0


def test_arrival_jitter_never_moves_audio() -> None:
    dice = random.Random(3)
    timeline = make()
    at, arrivals = 0.0, []
    for number in range(1, 301):
        at = max(at, (number - 1) * 0.02 + dice.uniform(0, 1.5) * (number % 40 == 0))
        arrivals.append((at, "customer", number, frame(number)))
    play(timeline, arrivals)  # type: ignore[arg-type]
    assert laid_out(timeline) == b"".join(frame(n) for n in range(1, 301))


def test_frames_without_numbers_follow_their_arrival() -> None:
    timeline = make()
    play(timeline, [(i * 0.02, "customer", None, frame(i)) for i in range(50)])
    assert laid_out(timeline) == b"".join(frame(i) for i in range(50))


def test_a_second_track_starts_at_its_arrival_on_the_grid() -> None:
    timeline = make()
    play(timeline, steady(range(1, 101)) + steady(range(1, 51), "agent", start=0.513))
    sheet = laid_out(timeline, "agent")
    assert not any(sheet[: 26 * FRAME])
    assert sheet[26 * FRAME :] == b"".join(frame(n) for n in range(1, 51))


def shared_counter(first: int, count: int, start: float = 0.0) -> list[tuple[float, str, int | None, bytes]]:
    return [
        (start + (i // 2) * 0.02 + (i % 2) * 0.001, ("agent", "customer")[i % 2], first + i, frame(first + i))
        for i in range(count)
    ]


@pytest.mark.parametrize("mode", ["auto", "shared"])
@pytest.mark.parametrize("first", [0, 1, 500])
def test_one_counter_for_both_tracks(mode: str, first: int) -> None:
    timeline = make(mode)
    play(timeline, shared_counter(first, 400))
    assert timeline.mode == "shared"
    for offset, track in enumerate(("agent", "customer")):
        assert laid_out(timeline, track) == b"".join(frame(n) for n in range(first + offset, first + 400, 2))
        assert timeline.tracks[track].lost == 0  # type: ignore[index]


def test_loss_on_a_shared_counter_falls_to_the_track_that_is_behind() -> None:
    timeline = make("auto")
    lost = {101, 150, 151, 263}
    play(timeline, [arrival for arrival in shared_counter(1, 600) if arrival[2] not in lost])
    for first, track in ((1, "agent"), (2, "customer")):
        numbers = range(first, 601, 2)
        assert laid_out(timeline, track) == b"".join(bytes(FRAME) if n in lost else frame(n) for n in numbers)


def test_tracks_that_count_apart_are_never_mixed_up() -> None:
    timeline = make("auto")
    play(timeline, steady(range(1, 301)) + steady(range(1, 301), "agent", start=0.001))
    assert timeline.mode == "perTrack"
    assert laid_out(timeline) == laid_out(timeline, "agent")[: 300 * FRAME] == b"".join(frame(n) for n in range(1, 301))


def test_a_flood_of_frames_ahead_is_bounded() -> None:
    timeline = make()
    for number in [1, *range(3, 400), *range(402, 900)]:
        timeline.push(0.0, "customer", number, frame(number, 8))
    sequencer = timeline.sequencers["customer"]
    assert len(sequencer.held) <= 1001


def test_small_frames_do_not_make_large_gaps() -> None:
    """A gap is as long as the frames that it is filled with, not as the one that shows it."""
    timeline = make()
    play(timeline, [(0.0, "customer", 0, frame(0, 2000)), (0.1, "customer", 80_000, b"\x01")])
    assert len(laid_out(timeline)) < 8000


def test_a_stall_costs_nothing() -> None:
    """Sender or hub were held up while frames were swapped: what is missing comes with the rest."""
    timeline = make()
    arrivals = steady(range(1, 101))
    arrivals[49] = (1.05, *arrivals[49][1:])  # type: ignore[assignment]
    held_up = [
        (at if at < 1.0 else max(at, 1.6), *rest) for at, *rest in sorted(arrivals, key=lambda arrival: arrival[0])
    ]
    play(timeline, held_up)  # type: ignore[arg-type]
    assert laid_out(timeline) == b"".join(frame(n) for n in range(1, 101))
    assert timeline.tracks["customer"].lost == 0


def paces(arrivals: list[tuple[float, str, int | None, bytes]]) -> list[float]:
    """What is found out, asked ten times a second."""
    timeline, found, beat = make(), [], 0.0
    for at, track, number, payload in arrivals:
        while beat < at:
            found += [pace for line in timeline.tracks.values() if (pace := line.pace(beat)) is not None]
            beat += 0.1
        timeline.push(at, track, number, payload)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("rate", [0.5, 1, 2])
def test_pace_of_audio_without_numbers(rate: float) -> None:
    arrivals = [(index * 0.02 / rate, "customer", None, frame(index)) for index in range(1, 1000)]
    found = paces(arrivals)
    assert found
    assert found == pytest.approx([rate] * len(found), rel=0.05)


def test_numbered_audio_has_no_pace() -> None:
    """Its place doesn't hang on how fast it comes; some of it goes the way of audio without numbers, late or swapped."""
    swapped = [(index * 0.02, "customer", index ^ 1, frame(index)) for index in range(2, 1000)]
    assert paces(swapped) == []
