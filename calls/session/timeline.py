"""Order and place: numbered frames of a stream become audio at sample positions.

How this works
    A `Sequencer` follows one counter. The number it waits for is placed at once (the fast path). A number ahead is held
    until the missing ones come or the deadline passes; what is then missing is `lost` and stays silent. The deadline is
    measured in the audio that has come since: where nothing comes, a sender or this process is held up, and what is
    missing may well sit in a buffer. Then the clock decides, later. A number behind
    is a duplicate, or late for a gap that was given up. A jump of more than 10 s, or a counter that starts again, is
    believed after a few frames in a row; the audio then goes on at its arrival time (`resyncs`).

    A `TrackTimeline` holds one track's audio as runs `(position, bytes)` until `drain` takes them. A position is in
    samples since the arrival of the stream's first audio. What lies between two runs is silence: nobody stores it.

    A `StreamTimeline` owns the tracks of a stream and finds out whether they count apart or share one counter.
    RingCX does not say which; two tracks that count apart soon show the same number, two that share one never do.

Times (`now`) are seconds of a monotonic clock, given by the caller. Costs under a microsecond a frame in order.
"""

from __future__ import annotations

from typing import Literal

from calls.events import AudioFormat, TrackName
from calls.session.track import HOLD_SECONDS, StreamClock, TrackTimeline

RECENT = 64  # numbers: a frame this little behind is a duplicate, one further behind hints at a restart
RESTART_FRAMES, FAR_RESTART_FRAMES = 25, 3  # in a row, to believe that a counter started again
ENOUGH_TO_DECIDE = 6  # frames held of the second track, to see whether counters mesh
STALLED = 5  # deadlines by the clock, for a stream that brings nothing
MAX_HELD = 1000  # frames that wait for a missing one, whatever the deadline
MAX_LOST = 2000  # numbers remembered as given up, to tell late from duplicate

SequenceMode = Literal["auto", "perTrack", "shared"]


Held = tuple[float, TrackTimeline, bytes]  # (arrival, track, payload)


class Sequencer:
    """One counter's order, for the track or tracks that it numbers."""

    __slots__ = ("candidate", "deadline", "given_up", "held", "highest", "next", "tracks")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.tracks = 1  # how many share the counter
        self.next: int | None = None  # the number that is waited for; None until the start is settled
        self.highest = -(1 << 63)  # the number after the highest so far
        self.held: dict[int, Held] = {}
        self.given_up: dict[int, None] = {}
        self.candidate: list[tuple[int, Held]] = []  # a run of numbers that may be a restart

    def push(self, now: float, track: TrackTimeline, number: int | None, payload: bytes) -> None:
        if number == self.next and not self.held and number is not None and track.started:
            # In order: the path of nearly every frame.
            self.next = self.highest = number + 1
            if now - track.last_arrival > HOLD_SECONDS:
                track.go_on_at(track.clock.position(now))
            track.last_arrival = now
            track.frames += 1
            track.frame_bytes = len(payload)
            track.run += payload
            if self.candidate:
                self.candidate.clear()
            return
        self.push_unusual(now, track, number, payload)

    def push_unusual(self, now: float, track: TrackTimeline, number: int | None, payload: bytes) -> None:
        if number is None:  # not numbered: next in the order of arrival
            track.append(payload, now)
            track.appended += len(payload)
            return
        if self.next is None:
            self.push_first(now, track, number, payload)
            return
        ahead = number - self.next
        if ahead < 0:
            self.push_behind(now, track, number, payload)
            return
        if ahead * max(1, len(payload), track.frame_bytes) > track.clock.jump_bytes:
            self.push_candidate(now, track, number, payload, FAR_RESTART_FRAMES)
            return
        if number in self.held:
            track.duplicates += 1
            return
        self.candidate.clear()
        if number < self.highest:
            track.reordered += 1
        else:
            self.highest = number + 1
        self.held[number] = (now, track, payload)
        self.release(now)

    def push_first(self, now: float, track: TrackTimeline, number: int, payload: bytes) -> None:
        """Frames may be swapped from the very start: lower numbers are given the deadline to come."""
        if number in self.held:
            track.duplicates += 1
            return
        if number < self.highest:
            track.reordered += 1
        self.highest = max(self.highest, number + 1)
        self.held[number] = (now, track, payload)
        if number == 0:
            self.settle_start()
        self.release(now)

    def settle_start(self) -> None:
        """The lowest number so far is the first. It sits where the first arrival says that it belongs."""
        self.next = first = min(self.held)
        first_arrived = next(iter(self.held))
        arrival, track, payload = self.held[first_arrived]
        if not track.started:
            samples = (first_arrived - first) * (len(payload) // track.clock.sample_bytes)
            track.start(max(0, track.clock.position(arrival) - samples), arrival)

    def push_behind(self, now: float, track: TrackTimeline, number: int, payload: bytes) -> None:
        assert self.next is not None
        behind = self.next - number
        if number in self.given_up:
            del self.given_up[number]
            track.late += 1
            return
        if behind <= RECENT:
            track.duplicates += 1
            self.push_candidate(now, track, number, payload, RESTART_FRAMES)
        else:
            self.push_candidate(now, track, number, payload, FAR_RESTART_FRAMES)

    def push_candidate(self, now: float, track: TrackTimeline, number: int, payload: bytes, needed: int) -> None:
        """A number out of reach: believed when `needed` of them come in a row."""
        run = self.candidate
        if run and number != run[-1][0] + 1:
            run.clear()
        run.append((number, (now, track, payload)))
        if len(run) >= needed:
            self.restart()

    def restart(self) -> None:
        run, self.candidate = self.candidate, []
        self.give_up_held()
        arrival = run[0][1][0]
        for track in {id(held[1]): held[1] for _, held in run}.values():
            track.resync(arrival)
        behind = self.next is not None and 0 < self.next - run[0][0] <= RECENT
        for _, (at, track, payload) in run:
            if behind:
                track.duplicates -= 1  # it was none, after all
            track.append(payload, at)
        self.next = self.highest = run[-1][0] + 1
        self.given_up.clear()

    def release(self, now: float) -> None:
        """Places what is in order; gives up on what did not come in time."""
        held = self.held
        if self.next is None:
            if not held or not self.overdue(now, min(held)):
                return
            self.settle_start()
        while held:
            assert self.next is not None
            frame = held.pop(self.next, None)
            if frame is not None:
                arrival, track, payload = frame
                track.append(payload, arrival)
                self.next += 1
                continue
            if not self.overdue(now, self.next):
                return
            self.give_up(min(held))

    def overdue(self, now: float, missing: int) -> bool:
        """Whether the numbers from `missing` on had their time."""
        arrival, track, payload = next(iter(self.held.values()))
        frame_seconds = len(payload) / track.clock.sample_bytes / track.clock.format.rate / self.tracks
        return (
            (self.highest - missing) * frame_seconds > self.deadline
            or len(self.held) > MAX_HELD
            or now - arrival >= self.deadline * STALLED
        )

    def give_up(self, first: int) -> None:
        """The numbers before `first` are lost. Where tracks share the counter, each missing frame belongs to the one
        that is furthest behind: tracks advance together."""
        assert self.next is not None
        tracks = list({id(frame[1]): frame[1] for frame in self.held.values()}.values())
        if len(tracks) == 1:
            tracks[0].skip_lost(first - self.next)
        else:
            tracks.sort(key=lambda track: track.last_arrival)
            for _ in range(self.next, first):
                behind = min(tracks, key=lambda track: track.end)
                behind.skip_lost(1)
                tracks.remove(behind)
                tracks.append(behind)  # the next to be equally far behind is the other
        self.given_up.update(dict.fromkeys(range(self.next, first)))
        while len(self.given_up) > MAX_LOST:
            del self.given_up[next(iter(self.given_up))]
        self.next = first

    def give_up_held(self) -> None:
        self.release(float("inf"))

    def flush(self) -> None:
        """The stream is over: nothing more will come."""
        self.give_up_held()
        if len(self.candidate) >= FAR_RESTART_FRAMES or (self.candidate and self.candidate[0][0] > (self.next or 0)):
            self.restart()


class StreamTimeline:
    """All tracks of one stream. `push` a frame, `tick` now and then, `drain` each track."""

    def __init__(self, audio: AudioFormat, *, deadline: float) -> None:
        self.clock = StreamClock(audio)
        self.deadline = deadline
        self.mode: SequenceMode = "auto"
        self.tracks: dict[TrackName, TrackTimeline] = {}
        self.sequencers: dict[TrackName, Sequencer] = {}
        self.lanes: dict[TrackName, tuple[TrackTimeline, Sequencer]] = {}
        self.decide_at: float | None = None  # when two tracks are known and it is still open how they count

    def push(self, now: float, name: TrackName, number: int | None, payload: bytes) -> None:
        lane = self.lanes.get(name)
        if lane is None:
            lane = self.open_lane(now, name)
        elif self.decide_at is not None and len(lane[1].held) > ENOUGH_TO_DECIDE:
            self.decide()  # a burst: before anything is given up
            lane = self.lanes[name]
        lane[1].push(now, lane[0], number, payload)

    def open_lane(self, now: float, name: TrackName) -> tuple[TrackTimeline, Sequencer]:
        if self.clock.zero is None:
            self.clock.zero = now
        track = self.tracks[name] = TrackTimeline(self.clock)
        if self.mode == "shared" and self.sequencers:
            sequencer = next(iter(self.sequencers.values()))
            sequencer.tracks = 2
        else:
            sequencer = Sequencer(self.deadline)
        self.sequencers[name] = sequencer
        lane = self.lanes[name] = (track, sequencer)
        if self.mode == "auto" and len(self.lanes) == 2:
            self.decide_at = now + self.deadline / 2  # before the first gap is given up
            for other in self.sequencers.values():
                other.tracks = 2  # perhaps: numbers may stand for half as much time
        return lane

    def set_mode(self, mode: SequenceMode) -> None:
        """What the profile says of the counters. Takes effect at once, whatever has come so far."""
        if mode == self.mode or self.mode != "auto":
            return
        self.mode = mode
        self.decided()
        if mode == "shared" and len(self.lanes) == 2:
            self.share_counter()

    def pause(self, name: TrackName) -> None:
        if name in self.tracks:
            self.tracks[name].pause()

    def tick(self, now: float) -> None:
        """Settles what waits on a deadline. Call it a few times a second."""
        if self.decide_at is not None and now >= self.decide_at:
            self.decide()
        for sequencer in self.sequencers.values():
            if sequencer.held:
                sequencer.release(now)
        for track, sequencer in self.lanes.values():
            if sequencer.next is None and track.started:
                track.follow(now)
            track.note_jitter()

    def decided(self) -> None:
        self.decide_at = None
        for sequencer in self.sequencers.values():
            sequencer.tracks = 1

    def decide(self) -> None:
        """Do the two tracks share a counter? Yes if their numbers mesh and none came on both."""
        self.decided()
        first, second = self.lanes.values()
        one, two = first[1], second[1]
        if two.next is not None or not two.held:
            return  # the second started at 0, or with frames without numbers
        others = set(one.held)
        placed = range(0 if one.next is None else one.next - first[0].frames - first[0].lost, one.next or 0)
        shows_both = any(number in others or number in placed for number in two.held)
        near = abs(min(two.held) - one.highest) <= 100
        if shows_both or not near:
            self.mode = "perTrack"
        else:
            self.mode = "shared"
            self.share_counter()

    def share_counter(self) -> None:
        """From now on the first track's sequencer orders both."""
        one, two = (lane[1] for lane in self.lanes.values())
        one.tracks = 2
        arrivals = [*one.held.items(), *two.held.items()]
        arrivals.sort(key=lambda item: item[1][0])
        if one.next is not None:
            for number in sorted(number for number in two.held if number < one.next):
                arrival, track, payload = two.held.pop(number)
                track.append(payload, arrival)
            arrivals = [item for item in arrivals if item[0] >= one.next]
        one.held = dict(arrivals)
        one.highest = max(one.highest, two.highest)
        names = list(self.lanes)
        self.sequencers = {name: one for name in names}
        self.lanes = {name: (self.tracks[name], one) for name in names}

    def flush(self) -> None:
        if self.decide_at is not None:
            self.decide()
        for sequencer in self.sequencers.values():
            sequencer.flush()
