"""One track's audio as runs, and the clock that places them."""

from __future__ import annotations

from calls.events import AudioFormat

GRID_MS = 20  # a track starts, and goes on after a pause, on this grid
HOLD_SECONDS = 2.0  # a longer pause between arrivals is a hold, not jitter
SLIP_SECONDS, SLIP_PATIENCE_SECONDS = 0.3, 1.0  # by how much, and for how long, unnumbered audio may be behind
PACE_SECONDS, PACE_GAP_SECONDS = 4.0, 0.5
JITTER_SHARE = 1 / 16  # of a new deviation, in the smoothed one (RFC 3550, section 6.4.1)
JUMP_SECONDS = 10.0  # a longer gap in the numbers is a jump

Run = tuple[int, bytes]  # (sample position, audio)


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


class TrackTimeline:
    """The audio of one track, and what was counted on the way."""

    __slots__ = (
        "appended",
        "behind",
        "behind_since",
        "clock",
        "duplicates",
        "end_of_runs",
        "frame_bytes",
        "frames",
        "jitter",
        "last_arrival",
        "late",
        "lost",
        "measured",
        "reordered",
        "resyncs",
        "run",
        "run_start",
        "runs",
        "started",
        "transit",
    )

    def __init__(self, clock: StreamClock) -> None:
        self.clock = clock
        self.runs: list[Run] = []
        self.run_start = 0
        self.run = bytearray()
        self.started = False
        self.frame_bytes = 0
        self.last_arrival = 0.0
        self.appended = 0  # bytes without a number, in the order of their arrival
        self.measured: tuple[float, int] | None = None  # where `pace` began to measure
        self.behind = 0  # samples, at least, since `behind_since`
        self.behind_since: float | None = None
        self.jitter = 0.0  # seconds
        self.transit: tuple[float, float] | None = None  # the newest frame's arrival, and by how much that is later
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

    def pause(self) -> None:
        """What comes next starts where it arrives."""
        self.last_arrival = float("-inf")

    def follow(self, now: float) -> None:
        """Audio without numbers only shows by its arrival that some is missing: where it stays behind the clock for a
        second, it was not jitter."""
        if now - self.last_arrival > HOLD_SECONDS:
            return
        behind = self.clock.position(self.last_arrival) - self.end
        if behind < SLIP_SECONDS * self.clock.format.rate:
            self.behind_since = None
        elif self.behind_since is None:
            self.behind, self.behind_since = behind, now
        else:
            self.behind = min(self.behind, behind)
            if now - self.behind_since > SLIP_PATIENCE_SECONDS:
                self.resyncs += 1
                self.go_on_at(self.end + self.behind)
                self.behind_since = None

    def pace(self, now: float) -> float | None:
        """How fast audio without numbers comes, against its format: 1 is real time. A figure every few seconds."""
        if not self.appended or now - self.last_arrival > PACE_GAP_SECONDS:
            self.measured = None
        elif self.measured is None:
            self.measured = self.last_arrival, self.appended
        elif self.last_arrival - self.measured[0] >= PACE_SECONDS:
            (since, before), self.measured = self.measured, None
            seconds = (self.appended - before) / self.clock.sample_bytes / self.clock.format.rate
            return seconds / (self.last_arrival - since)
        return None

    def note_jitter(self) -> None:
        """Smooths by how much arrivals deviate from the pace of the audio, as RTP does; of the newest frame a beat, so
        that frames themselves cost nothing. A hold or a counter that starts again is no jitter."""
        arrival = self.last_arrival
        if not self.started or arrival == float("-inf"):
            self.transit = None
            return
        if self.transit is not None and arrival == self.transit[0]:
            return
        late = arrival - self.end / self.clock.format.rate
        if self.transit is not None and arrival - self.transit[0] <= HOLD_SECONDS:
            self.jitter += (abs(late - self.transit[1]) - self.jitter) * JITTER_SHARE
        self.transit = arrival, late

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
