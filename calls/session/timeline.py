"""Order and place: numbered frames of a stream become audio at sample positions.

How this works
    A `Sequencer` follows one counter. The number it waits for is placed at once (the fast path). A number ahead is held
    until the missing ones come or the deadline passes; what is then missing is `lost` and stays silent. A number behind
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

GRID_MS = 20  # a track starts, and goes on after a pause, on this grid
HOLD_SECONDS = 2.0  # a longer pause between arrivals is a hold, not jitter
JUMP_SECONDS = 10.0  # a longer gap in the numbers is a jump
RECENT = 64  # numbers: a frame this little behind is a duplicate, one further behind hints at a restart
RESTART_FRAMES, FAR_RESTART_FRAMES = 25, 3  # in a row, to believe that a counter started again
MAX_HELD = 1000  # frames that wait for a missing one, whatever the deadline
MAX_LOST = 2000  # numbers remembered as given up, to tell late from duplicate

SequenceMode = Literal["auto", "perTrack", "shared"]
Run = tuple[int, bytes]  # (sample position, audio)


class TrackTimeline:
    """The audio of one track, and what was counted on the way."""

    __slots__ = (
        "clock",
        "duplicates",
        "end_of_runs",
        "frame_bytes",
        "frames",
        "last_arrival",
        "late",
        "lost",
        "reordered",
        "resyncs",
        "run",
        "run_start",
        "runs",
        "started",
    )

    def __init__(self, clock: StreamClock) -> None:
        self.clock = clock
        self.runs: list[Run] = []
        self.run_start = 0
        self.run = bytearray()
        self.started = False
        self.frame_bytes = 0
        self.last_arrival = 0.0
        self.frames = self.lost = self.duplicates = self.reordered = self.late = self.resyncs = 0

    @property
    def end(self) -> int:
        return self.run_start + len(self.run) // self.clock.sample_bytes

    def start(self, position: int, now: float) -> None:
        self.started = True
        self.run_start = position
        self.last_arrival = now

    def append(self, payload: bytes, now: float) -> None:
        if not self.started:
            self.start(self.clock.position(now), now)
        elif now - self.last_arrival > HOLD_SECONDS:
            self.go_on_at(self.clock.position(now))
        self.last_arrival = now
        self.frames += 1
        self.frame_bytes = len(payload)
        self.run += payload

    def skip_lost(self, frames: int) -> None:
        """Silence in place of frames that never came."""
        self.lost += frames
        if self.started:
            self.go_on_at(self.end + frames * (self.frame_bytes // self.clock.sample_bytes))

    def resync(self, now: float) -> None:
        self.resyncs += 1
        self.go_on_at(self.clock.position(now))
        self.last_arrival = now

    def go_on_at(self, position: int) -> None:
        """Continues at `position`, never before what is already placed."""
        end = self.end
        if position > end:
            if self.run:
                self.runs.append((self.run_start, bytes(self.run)))
                self.run.clear()
            self.run_start = position

    def drain(self) -> list[Run]:
        """What was placed since the last call, in order. An odd byte of a 16-bit sample waits for its other half."""
        runs = self.runs
        if self.run:
            whole = len(self.run) - len(self.run) % self.clock.sample_bytes
            runs.append((self.run_start, bytes(memoryview(self.run)[:whole])))
            self.run_start += whole // self.clock.sample_bytes
            del self.run[:whole]
        if runs:
            self.runs = []
        return runs

    def counters(self) -> dict[str, int]:
        return {
            "frames": self.frames,
            "lost": self.lost,
            "duplicates": self.duplicates,
            "reordered": self.reordered,
            "late": self.late,
            "resyncs": self.resyncs,
        }


class StreamClock:
    """Arrival times as sample positions: time 0 is the arrival of the stream's first audio."""

    __slots__ = ("format", "jump_bytes", "sample_bytes", "zero")

    def __init__(self, audio: AudioFormat) -> None:
        self.format = audio
        self.sample_bytes = 2 if audio.encoding == "l16" else 1
        self.jump_bytes = JUMP_SECONDS * audio.rate * self.sample_bytes
        self.zero: float | None = None

    def position(self, now: float) -> int:
        """Samples, rounded to the grid."""
        assert self.zero is not None
        steps = round(max(0.0, now - self.zero) * 1000 / GRID_MS)
        return steps * GRID_MS * self.format.rate // 1000


Held = tuple[float, TrackTimeline, bytes]  # (arrival, track, payload)


class Sequencer:
    """One counter's order, for the track or tracks that it numbers."""

    __slots__ = ("candidate", "deadline", "given_up", "held", "highest", "next", "opened_at")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.next: int | None = None  # the number that is waited for; None until the start is settled
        self.highest = -(1 << 63)  # the number after the highest so far
        self.held: dict[int, Held] = {}
        self.opened_at = 0.0
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
        if not self.held:
            self.opened_at = now
        if number < self.highest:
            track.reordered += 1
        self.highest = max(self.highest, number + 1)
        self.held[number] = (now, track, payload)
        if number == 0 or len(self.held) > MAX_HELD:
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
            if not held or now - self.opened_at < self.deadline:
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
            if len(held) <= MAX_HELD and now - min(frame[0] for frame in held.values()) < self.deadline:
                return
            self.give_up(min(held))

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
        lane[1].push(now, lane[0], number, payload)

    def open_lane(self, now: float, name: TrackName) -> tuple[TrackTimeline, Sequencer]:
        if self.clock.zero is None:
            self.clock.zero = now
        track = self.tracks[name] = TrackTimeline(self.clock)
        if self.mode == "shared" and self.sequencers:
            sequencer = next(iter(self.sequencers.values()))
        else:
            sequencer = Sequencer(self.deadline)
        self.sequencers[name] = sequencer
        lane = self.lanes[name] = (track, sequencer)
        if self.mode == "auto" and len(self.lanes) == 2:
            self.decide_at = now + self.deadline / 2  # before the first gap is given up
        return lane

    def set_mode(self, mode: SequenceMode) -> None:
        """What the profile says of the counters. Takes effect at once, whatever has come so far."""
        if mode == self.mode or self.mode != "auto":
            return
        self.mode, self.decide_at = mode, None
        if mode == "shared" and len(self.lanes) == 2:
            self.share_counter()

    def tick(self, now: float) -> None:
        """Settles what waits on a deadline. Call it a few times a second."""
        if self.decide_at is not None and now >= self.decide_at:
            self.decide()
        for sequencer in self.sequencers.values():
            if sequencer.held:
                sequencer.release(now)

    def decide(self) -> None:
        """Do the two tracks share a counter? Yes if their numbers mesh and none came on both."""
        self.decide_at = None
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
        arrivals = [*one.held.items(), *two.held.items()]
        arrivals.sort(key=lambda item: item[1][0])
        if one.next is None:
            one.opened_at = min(one.opened_at, two.opened_at)
        else:
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
