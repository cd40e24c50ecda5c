"""The audio that comes in: bare samples, or RTP packets of G.711, one packet a message. Either way it goes on as 16-bit
little-endian samples, so that a stream's format is known before its first packet."""

from __future__ import annotations

import audioop
from collections.abc import Sequence
from typing import Literal

import numpy as np

from calls.events import AudioFrame, Event, Ignored, TrackName, Warned

RTP_HEADER = 12  # bytes
RTP_RATE = 8000  # Hz
DECODERS = {0: audioop.ulaw2lin, 8: audioop.alaw2lin}  # by the payload types of RFC 3551
PACKET_BYTES = RTP_HEADER + 160  # of 20 ms of G.711
PROOFS = 3  # packets in a row that make a stream RTP
MAX_HELD = 10  # frames that wait for the proof, should packets be lost at the very start
FOREIGN = 3  # frames in a row that are no RTP, before a profile of RTP is doubted
MIXED = 20  # changes of sender: packets of several are mixed
WATCHED = 50  # frames at the start of a stream, to see whether they fit the format
EQUAL = 25  # of them of one length


class Samples:
    """Bare samples. Messages may end inside a sample, or between the two sides of one."""

    def __init__(self, channels: int, customer: Literal["left", "right"]) -> None:
        self.frame = 2 * channels
        self.tracks: tuple[TrackName, ...] = ("customer",)
        if channels == 2:
            self.tracks = ("customer", "agent") if customer == "left" else ("agent", "customer")
        self.rest = b""

    def read(self, data: bytes) -> Sequence[Event]:
        if self.rest:
            data = self.rest + data
        whole = len(data) - len(data) % self.frame
        self.rest = data[whole:]
        if not whole:
            return ()
        data = data[:whole]
        if len(self.tracks) == 1:
            return (AudioFrame("customer", None, data),)
        sides = np.frombuffer(data, dtype="<i2").reshape(-1, 2)
        return [AudioFrame(track, None, sides[:, side].tobytes()) for side, track in enumerate(self.tracks)]


class RtpPackets:
    """G.711 in RTP (RFC 3550), decoded. `rate` is what the stream was announced with, almost always RTP's own."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.source = b""  # who sends (SSRC)
        self.changes = 0  # of sender
        self.number = 0  # the highest so far, counted on beyond 16 bits
        self.on_wire = 0  # the same, as its packet had it
        self.foreign = 0  # frames in a row that were no RTP
        self.filter: tuple[int, tuple[tuple[int, int], ...]] | None = None

    def read(self, data: bytes) -> Sequence[Event]:
        payload = read_payload(data)
        if payload is None:
            self.foreign += 1
            if self.foreign == FOREIGN:
                return (Ignored("bad_rtp"), Warned("not_rtp", NOT_RTP))
            return (Ignored("bad_rtp"),)
        self.foreign = 0
        decode = DECODERS.get(data[1] & 0x7F)
        if decode is None:  # comfort noise, telephone events, RTCP
            return (Ignored("rtp_payload_type"),)
        number = self.count(int.from_bytes(data[2:4], "big"), data[8:12])
        if not payload:
            return (Ignored("no_audio"),)
        samples = decode(payload, 2)
        warnings: list[Warned] = []
        if self.rate != RTP_RATE:
            if self.filter is None:
                warnings.append(Warned("converted", CONVERTED.format(self.rate)))
            samples, self.filter = audioop.ratecv(samples, 2, 1, RTP_RATE, self.rate, self.filter)
        if self.changes == MIXED:
            self.changes += 1
            warnings.append(Warned("rtp_senders", MIXED_SENDERS))
        return (AudioFrame("customer", number, samples), *warnings)

    def count(self, on_wire: int, source: bytes) -> int:
        """The packet's number, counted on where 16 bits wrap and where another sender goes on with numbers of its own."""
        if source != self.source:
            self.changes += bool(self.source)
            self.number = self.number + 1 if self.source else on_wire
            self.source, self.on_wire = source, on_wire
            return self.number
        ahead = (on_wire - self.on_wire + 0x8000) % 0x10000 - 0x8000
        if ahead <= 0:
            return self.number + ahead
        self.number, self.on_wire = self.number + ahead, on_wire
        return self.number


def read_payload(packet: bytes) -> bytes | None:
    """What an RTP packet carries, without header, sources (CSRC), extension and padding; None for anything else."""
    if len(packet) < RTP_HEADER or packet[0] >> 6 != 2:
        return None
    start = RTP_HEADER + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    return packet[start:end] if start <= end else None


def looks_like_rtp(data: bytes) -> bool:
    return len(data) == PACKET_BYTES and data[0] & 0xF0 == 0x80 and data[1] & 0x7F in DECODERS


class Chain:
    """Packets in a row: what random samples don't make by chance."""

    def __init__(self) -> None:
        self.length = 0
        self.last = b""

    def add(self, data: bytes) -> int:
        """The length of the chain with this frame; 0 where it can't be a packet."""
        if not looks_like_rtp(data):
            self.length = 0
        elif self.length and data[8:12] == self.last[8:12] and _number(data) == (_number(self.last) + 1) % 0x10000:
            self.length += 1
        else:
            self.length = 1
        self.last = data
        return self.length


class Sniffer:
    """Holds the first frames of a stream until it is plain what they are."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.held: list[bytes] = []

    def add(self, data: bytes) -> Literal["l16", "rtp"] | None:
        self.held.append(data)
        length = self.chain.add(data)
        if length >= PROOFS:
            return "rtp"
        return "l16" if not length or len(self.held) >= MAX_HELD else None


class Watch:
    """Tells of bare samples that look as if they were something else. The first frames only: it costs time."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate, self.channels = rate, channels
        self.chain = Chain()
        self.frames = self.equal = self.length = 0

    @property
    def over(self) -> bool:
        return self.frames >= WATCHED

    def look(self, data: bytes) -> Sequence[Warned]:
        self.frames += 1
        warnings = []
        if self.chain.add(data) == PROOFS:
            warnings.append(Warned("looks_like_rtp", LOOKS_LIKE_RTP))
        self.equal = self.equal + 1 if len(data) == self.length else 1
        self.length = len(data)
        usual = FORMATS_OF_20_MS.get(self.length, ())
        if self.equal == EQUAL and usual and (self.rate, self.channels) not in usual:
            theirs, ours = " or ".join(describe(*each) for each in usual), describe(self.rate, self.channels)
            text = (
                f"Messages have {self.length} bytes, as 20 ms of {theirs} have; they are read as {ours}. {CORRECT_IT}"
            )
            warnings.append(Warned("frame_length", text))
        return warnings


def describe(rate: int, channels: int) -> str:
    return f"{rate} Hz {'stereo' if channels == 2 else 'mono'}"


def _number(packet: bytes) -> int:
    return int.from_bytes(packet[2:4], "big")


FORMATS_OF_20_MS = {320: ((8000, 1),), 640: ((16000, 1), (8000, 2)), 1280: ((16000, 2), (32000, 1))}
CORRECT_IT = "Where voices sound too slow or too fast, correct the profile's sample rate and channels."
NOT_RTP = "The profile says RTP, and what comes is none: set its encoding to auto or l16."
LOOKS_LIKE_RTP = "RTP packets come where samples were expected: set the profile's encoding to auto or rtp."
CONVERTED = (
    "RTP packets of 8000 Hz come, converted to the {} Hz that were told before: set the profile's encoding to rtp."
)
MIXED_SENDERS = "RTP packets of several senders come on one connection: they can't be told apart and sound mixed up."
