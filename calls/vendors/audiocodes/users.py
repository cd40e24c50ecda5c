"""The audio that comes in: one user stream a participant, as often as the platform likes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from calls.events import AudioFrame, Event, Ignored, Send, TrackName, TrackPaused, Warned
from calls.vendors.audiocodes import formats, incoming, messages
from calls.vendors.values import read_base64

MAX_STREAMS = 100  # participants; nobody has so many


class UserStream(msgspec.Struct):
    """What a participant says between `userStream.start` and `.stop`."""

    audio: formats.UserAudio
    track: TrackName
    open: bool = True

    def hear(self, chunk: bytes) -> Sequence[Event]:
        samples = self.audio.take(chunk)
        events: list[Event] = [AudioFrame(self.track, None, samples)] if samples else []
        if problem := self.audio.problem:
            self.audio.problem = ""
            agreed = self.audio.media.name
            detail = f"AudioCodes sent {problem}; {agreed} was agreed. Choose another media format in the profile."
            events.append(Warned("audio_format", detail))
        return events


class UserStreams:
    """By participant; None where the platform names none."""

    def __init__(self, media: formats.MediaFormat) -> None:
        self.media = media
        self.streams: dict[str | None, UserStream] = {}
        self.speaker: str | None = None  # whose stream was started last
        self.agents: set[str] = set()  # participants that `start` called agents

    def agree(self, media: formats.MediaFormat) -> None:
        """Also for streams of a peer in a hurry."""
        self.media = media
        for stream in self.streams.values():
            stream.audio = formats.UserAudio(media)

    def start(self, message: incoming.Fields) -> Sequence[Event]:
        participant = _participant(message)
        self.open(participant)
        return (Send(messages.message("userStream.started", messages.about(participant))),)

    def open(self, participant: str | None) -> UserStream:
        track: TrackName = "customer"
        if participant is not None and (participant in self.agents or incoming.is_agent(participant)):
            track = "agent"
        if len(self.streams) == MAX_STREAMS:
            self.streams.clear()
        stream = UserStream(formats.UserAudio(self.media), track)
        self.streams[participant], self.speaker = stream, participant
        return stream

    def take(self, message: incoming.Fields) -> Sequence[Event]:
        """A chunk that is not spelled as documented, or comes outside of a stream."""
        if message.get("audioChunk") in (None, ""):
            return (Ignored("no_audio"),)
        audio = read_base64(message["audioChunk"])
        if not audio:
            return (Ignored("bad_audio"),)
        participant = _participant(message)
        stream = self.streams.get(participant)
        if stream is None:
            return [Ignored("no_stream_start"), *self.open(participant).hear(audio)]
        if not stream.open:
            return (Ignored("after_stream_stop"),)
        return stream.hear(audio)

    def stop(self, message: incoming.Fields) -> Sequence[Event]:
        participant = _participant(message)
        answer = Send(messages.message("userStream.stopped", messages.about(participant)))
        stream = self.streams.get(participant)
        if stream is None or not stream.open:
            return (Ignored("no_stream_start"), answer)
        stream.open = False
        return (answer, TrackPaused(stream.track))


def _participant(message: incoming.Fields) -> str | None:
    value = message.get("participant")
    return value if isinstance(value, str) and len(value) <= 200 else None
