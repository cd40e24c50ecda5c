"""Ringover's half of the conversation: what its media server sends and when, and what it would find wrong.

It is strict about every message of the hub: see `listener.py`. How the call is told, and whether the audio is bare samples
or RTP, is open in Ringover's documentation, so options decide.
"""

from __future__ import annotations

import argparse
import datetime
import json
import struct
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from itertools import count as count_on
from urllib.parse import urlencode

import msgspec
import numpy as np

from calls.events import AudioFormat
from calls.vendors.heard import Heard
from calls.vendors.ringover.facts import RATES
from calls.vendors.ringover.listener import Ear, Wrong, read_message
from calls.vendors.simulation import ANY_PACE, SimulatedCall, Simulator, Step, Timetable, Upgrade, count
from calls.vendors.wav import encode

LATE = 1.0  # seconds after the first audio, where the call is told late
BETWEEN = 0.5  # seconds from a connection's end to the next
LEAVING = 0.5  # seconds from a transfer to the end of the stream


class Line(msgspec.Struct):
    """What the connections of a call share."""

    heard: Heard
    ear: Ear
    ended_at: float = 0.0  # of the last connection, in seconds since the first one's upgrade


class RingoverStream:
    """One connection. `frames` is its audio, `frame_seconds` each."""

    def __init__(
        self,
        *,
        label: str,
        line: Line,
        options: argparse.Namespace,
        metadata: Mapping[str, object],
        frames: Sequence[bytes],
        upgrade: Upgrade,
        last: bool,
    ) -> None:
        self.label, self.line, self.options, self.metadata = label, line, options, metadata
        self.frames, self.upgrade = frames, upgrade
        self.frame_seconds = options.frame_ms / 1000
        self.drops = options.drop or not last
        self.until = options.until if last else "audio"
        self.audio_seconds = len(frames) * self.frame_seconds
        self.timed = getattr(options, "speed", 1.0) == 1.0  # the hub plays in real time
        self.timetable = Timetable(self.messages(), end="drop" if self.drops else "close")
        self.started_at: float | None = None  # on the call's clock
        self.leaves_at: float | None = None  # after a transfer
        self.notes: list[str] = []

    def messages(self) -> Iterator[tuple[float, str | bytes]]:
        told = json.dumps(self.metadata)
        if self.options.metadata == "first":
            yield 0.0, told
        tells_at = LATE if self.options.metadata == "late" else None
        number = 0
        for number, frame in enumerate(self.all_frames(), start=1):
            at = number * self.frame_seconds
            if tells_at is not None and at > tells_at:
                yield at, told
                tells_at = None
            yield at, frame

    def all_frames(self) -> Iterator[bytes]:
        """The audio, then silence as long as the hub still has something to do."""
        more = 0 if self.until == "audio" else round(self.options.patience / self.frame_seconds)
        size = len(self.frames[0])
        frames = chain(self.frames, (bytes(size) for _ in range(more)))
        return self.packets(frames) if self.options.encoding == "rtp" else frames

    def packets(self, frames: Iterator[bytes]) -> Iterator[bytes]:
        """G.711 in RTP, mu-law, the numbers near the end of their 16 bits."""
        source = uuid.uuid4().bytes[:4]
        stamp = uuid.uuid4().int & 0xFFFF
        for number, frame in zip(count_on(0xFFF0), frames):
            payload = encode(frame, "mulaw")
            yield struct.pack(">BBHI", 0x80, 0, number & 0xFFFF, stamp & 0xFFFFFFFF) + source + payload
            stamp += len(payload)

    # The conversation

    def poll(self, now: float) -> Step:
        if self.started_at is None:
            self.started_at = self.line.ended_at + self.upgrade.wait
        self.line.ended_at = self.started_at + now
        notes, self.notes = self.notes, []
        if self.leaves_at is not None and now >= self.leaves_at:
            return Step(end="close", notes=notes)
        step = self.timetable.poll(now)
        if self.leaves_at is not None and step.wake_at is not None:
            step = msgspec.structs.replace(step, wake_at=min(self.leaves_at, step.wake_at))
        faults = (
            [f"the hub did not {_ACTS[self.until]}"]
            if step.end and self.leaves_at is None and self.until != "audio"
            else []
        )
        return msgspec.structs.replace(step, notes=notes, faults=faults)

    def receive(self, now: float, message: str | bytes) -> str | None:
        assert self.started_at is not None
        at = self.started_at + now
        try:
            read = read_message(message)
        except Wrong as wrong:
            return f"the hub sent {wrong}"
        match read.kind:
            case "audio":
                if not self.line.ear.speaking:
                    self.notes.append("hears audio")
                fault = self.line.ear.play(at, read.value, read.rate)
                return fault if self.timed else None
            case "break":
                self.line.ear.flush(at)
                self.notes.append("break")
            case "transfer":
                self.notes.append(f"transfer to {read.value}")
                self.leaves_at = now + LEAVING if self.leaves_at is None else self.leaves_at
                if self.until == "hangup":
                    return "the hub transferred the call, and did not hang up"
            case kind:
                self.notes.append(f"{kind} {read.value}")
        return None

    def closed(self, now: float, code: int, reason: str) -> str | None:
        if code == 1000 and (self.until == "hangup" or self.leaves_at is not None):
            return None
        return f"the hub ended the stream with {code} {reason}".strip() + ", before the vendor did"


_ACTS = {"transfer": "transfer the call", "hangup": "hang up"}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--token", default="demo", help="The profile's token. Default: %(default)s")
    add("--call-id", help="Ringover's id of the call; several calls get -1, -2 … appended. Default: a new one.")
    add("--from", dest="from_number", default="33600000000", help="Default: %(default)s")
    add("--to", dest="to_number", default="33184800000", help="Default: %(default)s")
    add(
        "--metadata",
        choices=["first", "late", "query", "none"],
        default="first",
        help="Where the call is told: in a text message before the audio or a second after it began, in the upgrade's "
        "query, or nowhere. Default: %(default)s",
    )
    add("--tell-format", action="store_true", help="Tell the audio's rate and channels with it.")
    add("--encoding", choices=["l16", "rtp"], default="l16", help="Bare samples, or RTP packets of mu-law.")
    add("--rate", type=int, choices=RATES, default=8000, help="Hz. Default: %(default)s")
    add("--channels", type=int, choices=[1, 2], default=1, help="2: the customer left, the agent right.")
    add("--frame-ms", type=count, default=20, help="Milliseconds of audio in a message.")
    add("--drop", action="store_true", help="Cut the connection at the end instead of closing it.")
    add("--reconnect", type=int, default=0, metavar="N", help="Drop the connection and come back, N times.")
    add(
        "--until",
        choices=["audio", "transfer", "hangup"],
        default="audio",
        help="The call lasts until its audio ends, or with silence until the hub transfers it or hangs up.",
    )
    add("--any-pace", action="store_true", help=ANY_PACE)
    add("--patience", type=float, default=60.0, help="Seconds to wait for that. Default: %(default)s")


def _audio(options: argparse.Namespace) -> AudioFormat:
    return AudioFormat("l16", options.rate)


def _make_calls(
    options: argparse.Namespace, agent: bytes, customer: bytes, now: datetime.datetime
) -> Sequence[SimulatedCall]:
    if options.encoding == "rtp" and (options.rate, options.channels) != (8000, 1):
        raise ValueError("--encoding rtp is for --rate 8000 and --channels 1")
    if options.reconnect < 0:
        raise ValueError("--reconnect must be 0 or more")
    frames = _cut(options, agent, customer)
    if len(frames) <= options.reconnect:
        raise ValueError(f"the audio is too short to be told in {options.reconnect + 1} connections")
    call_id = options.call_id or str(
        uuid.uuid4().int % 9 * 10**18 + uuid.uuid4().int % 10**18
    )  # as long as Ringover's own
    ids = [call_id] if options.calls == 1 else [f"{call_id}-{number}" for number in range(1, options.calls + 1)]
    return [_make_call(options, id_, frames) for id_ in ids]


def _make_call(options: argparse.Namespace, call_id: str, frames: Sequence[bytes]) -> SimulatedCall:
    heard = Heard()
    line = Line(heard, Ear(heard, paced=not options.any_pace))
    metadata: dict[str, object] = {
        "event": "start",
        "call_id": _number(call_id),
        "from_number": _number(options.from_number),
        "to_number": _number(options.to_number),
        "direction": "in",
    }
    if options.tell_format:
        metadata |= {"sampleRate": options.rate, "channels": options.channels}
    query = urlencode({name: value for name, value in metadata.items() if name != "event"})
    connections = options.reconnect + 1
    share = -(-len(frames) // connections)
    streams = [
        RingoverStream(
            label=f"call {call_id}" + (f" connection {number + 1}" if connections > 1 else ""),
            line=line,
            options=options,
            metadata=metadata,
            frames=frames[number * share : (number + 1) * share],
            upgrade=Upgrade(query=query if options.metadata == "query" else "", wait=BETWEEN if number else 0.0),
            last=number == options.reconnect,
        )
        for number in range(connections)
    ]
    return SimulatedCall(streams, heard)


def _cut(options: argparse.Namespace, agent: bytes, customer: bytes) -> Sequence[bytes]:
    """Frames as they are sent; the last one is filled up."""
    audio = customer
    if options.channels == 2:
        sides = [np.frombuffer(side, dtype="<i2") for side in (customer, agent)]
        audio = np.column_stack(sides).tobytes()
    size = options.rate * options.frame_ms // 1000 * 2 * options.channels
    return [audio[start : start + size].ljust(size, b"\0") for start in range(0, len(audio), size)]


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and not text.startswith("0") else text


def _from_options(options: Mapping[str, object]) -> Sequence[str]:
    if options["encoding"] == "rtp":
        return ["--encoding", "rtp"]
    rate = [] if options["sampleRate"] == "auto" else ["--rate", str(options["sampleRate"])]
    return [*rate, "--channels", "2"] if options["channels"] == 2 else rate


SIMULATOR = Simulator(
    path="/ws/ringover/{token}/",
    audio=_audio,
    silent=True,
    hears=True,
    add_arguments=_add_arguments,
    from_options=_from_options,
    make_calls=_make_calls,
)
