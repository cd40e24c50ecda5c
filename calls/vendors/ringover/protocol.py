"""One WebSocket of Ringover's media server: perhaps some text about the call, then audio; audio and events the other way.

How this works
    announced   The stream is announced (`StreamStarted`, `Ready`) as soon as an id of the call is known: at the first
                message where the query told it, else at the first text that does. Where none does, the first audio
                announces it without an id. What is told later adds to the facts; an id then no longer names the call,
                and neither does anything change the format.
    audio       Bare samples, or RTP packets of G.711. With `auto`, the first message decides, unless it may be RTP: then
                the next two have to agree.

The format is the profile's where it says one, else what Ringover told before the audio (in text, then in the query),
else 8000 Hz mono.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

import msgspec

from calls.commands import Command
from calls.events import AudioFormat, CallInfo, Dtmf, Event, Ignored, Ready, Speech, StreamStarted, Warned
from calls.vendors.base import Handshake
from calls.vendors.ringover import outgoing
from calls.vendors.ringover.audio import RTP_RATE, RtpPackets, Samples, Sniffer, Watch, describe
from calls.vendors.ringover.facts import MAX_EXTRA, Told, read_facts, read_keys, walk

DEFAULT_RATE = 8000
PLAYED_RATES = (8000, 16000, 24000)  # Hz that `streamAudio` takes
WIDEBAND = 16000

_decode = msgspec.json.Decoder().decode


class RingoverProtocol:
    def __init__(self, handshake: Handshake, options: Mapping[str, object]) -> None:
        facts = handshake.facts
        self.options = options
        self.told = Told(
            info=handshake.info,
            encoding=facts.get("encoding", ""),
            rate=int(facts.get("rate", 0)),
            channels=int(facts.get("channels", 0)),
            odd=tuple(filter(None, [facts.get("odd", "")])),
        )
        self.announced: AudioFormat | None = None
        self.source: Samples | RtpPackets | None = None
        self.sniffer: Sniffer | None = Sniffer()
        self.watch: Watch | None = None

    # What comes in

    def receive_text(self, text: str) -> Sequence[Event]:
        events: list[Event] = []
        try:
            message = _decode(text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            message = None
            events.append(Ignored("not_json"))
        if isinstance(message, dict):
            if self.announced is not None and (keys := read_keys(message)):
                return (Dtmf(keys),)
            told = read_facts(walk(message))
            if self.announced is not None:
                return self.tell_more(told) or (Ignored("nothing_new"),)
            self.told = told.over(self.told)
        elif not events:
            events.append(Ignored("not_an_object"))
        if self.announced is None and self.told.info.call_id:
            events += self.announce()
        return events

    def receive_binary(self, data: bytes) -> Sequence[Event]:
        if not data:
            return (Ignored("no_audio"),)
        if self.source is not None and self.watch is None:
            return self.source.read(data)
        return self.receive_first(data)

    def receive_first(self, data: bytes) -> Sequence[Event]:
        """While it isn't settled what comes, or whether it fits."""
        frames = [data]
        if self.source is None:
            encoding = self.encoding
            if encoding == "auto":
                assert self.sniffer is not None
                sniffed = self.sniffer.add(data)
                if sniffed is None:
                    return ()
                encoding, frames = sniffed, self.sniffer.held
            self.settle(encoding)
        events = list(self.announce()) if self.announced is None else []
        assert self.source is not None
        for frame in frames:
            if self.watch is not None:
                events += self.watch.look(frame)
            events += self.source.read(frame)
        if self.watch is not None and self.watch.over:
            self.watch = None
        return events

    def settle(self, encoding: str) -> None:
        """It is plain what comes."""
        if encoding == "rtp":
            self.source = RtpPackets(self.announced.rate if self.announced else RTP_RATE)
        else:
            customer = cast(Literal["left", "right"], self.options["customerChannel"])
            self.source = Samples(self.channels, customer)
            self.watch = Watch(self.rate, self.channels)
        self.sniffer = None

    @property
    def encoding(self) -> str:
        chosen = str(self.options["encoding"])
        return self.told.encoding or chosen if chosen == "auto" else chosen

    @property
    def rate(self) -> int:
        chosen = self.options["sampleRate"]
        return chosen if isinstance(chosen, int) else self.told.rate or DEFAULT_RATE

    @property
    def channels(self) -> int:
        chosen = self.options["channels"]
        return chosen if isinstance(chosen, int) else self.told.channels or 1

    # The call

    def announce(self) -> Sequence[Event]:
        rtp = isinstance(self.source, RtpPackets) or self.encoding == "rtp"
        self.announced = AudioFormat("l16", RTP_RATE if rtp else self.rate)
        events: list[Event] = [StreamStarted(self.told.info, self.announced), Ready()]
        if self.told.odd:
            names = ", ".join(self.told.odd)
            events.append(Warned("unknown_format", f"Ringover tells of a format that the hub doesn't know: {names}."))
        return [*events, *self.compare(self.told, "The profile counts.")]

    def tell_more(self, told: Told) -> Sequence[Event]:
        """Only what is new: of facts without a field the first value stays, so that chatter changes nothing."""
        known = self.told.info
        extra = {name: text for name, text in told.info.extra.items() if name not in known.extra}
        room = MAX_EXTRA - len(known.extra)
        news = CallInfo(
            from_number=told.info.from_number,
            to_number=told.info.to_number,
            agent_id=told.info.agent_id,
            direction=told.info.direction,
            extra=dict(list(extra.items())[: max(0, room)]),
        )
        events = list(self.compare(told, "It comes too late to change anything: set the profile's options."))
        merged = news.over(known)
        if merged != known:
            assert self.announced is not None
            self.told = msgspec.structs.replace(self.told, info=merged)
            events.insert(0, StreamStarted(news, self.announced))
        return events

    def compare(self, told: Told, verdict: str) -> Sequence[Event]:
        """Warns where Ringover says another format than what is read."""
        reads = "rtp" if isinstance(self.source, RtpPackets) else "l16" if self.source else self.encoding
        encoding = told.encoding or reads
        theirs = (encoding, told.rate or self.rate, told.channels or self.channels)
        ours = (encoding if reads == "auto" else reads, self.rate, self.channels)
        if theirs == ours:
            return ()
        text = f"Ringover says that it sends {_describe(*theirs)}; it is read as {_describe(*ours)}. {verdict}"
        return (Warned("format", text),)

    # What goes out

    @property
    def play_format(self) -> AudioFormat:
        rate = self.announced.rate if self.announced else self.rate
        return AudioFormat("l16", rate if rate in PLAYED_RATES else WIDEBAND)

    @property
    def takes_text(self) -> bool:
        return False

    def say_text(self, text: str) -> Sequence[str]:
        return ()

    def open_playout(self, text: str) -> Sequence[str]:
        return ()

    def send_audio(self, audio: bytes) -> Sequence[str]:
        if not audio:
            return ()
        return (outgoing.stream_audio(audio, self.play_format.rate, str(self.options["audioDataType"])),)

    def close_playout(self) -> Sequence[str]:
        return ()

    def send_command(self, command: Command) -> Sequence[str]:
        return outgoing.of_command(command, self.options)

    def send_speech(self, speech: Speech) -> Sequence[str]:
        return ()

    def fail(self, reason: str) -> Sequence[str]:
        return ()


def _describe(encoding: str, rate: int, channels: int) -> str:
    return f"{encoding} {describe(rate, channels)}"
