"""The platform's view of a hub: what it may say when, and what of it the caller hears.

Rules of the documentation are kept to the letter. Two are the hub's own promises: audio comes at most 200 ms before it
is heard, because the platform's buffer can't be emptied, and never too late within a play stream.
"""

from __future__ import annotations

import audioop
from collections.abc import Iterator

import msgspec

from calls.vendors.audiocodes import formats, strict
from calls.vendors.heard import Heard

LEAD = 0.2  # seconds of audio that may wait at the platform
EARLY = 0.05  # seconds by which the network may bring it closer together
LATE = 0.1  # seconds of silence inside of a play stream that nobody minds
LEFT_OPEN = 1.0  # seconds after its last sample: an open stream means that the bot speaks


class Conversation(msgspec.Struct):
    """What outlives a connection."""

    id: str
    offered: tuple[str, ...]
    text_mode: bool
    heard: Heard
    paced: bool  # the hub's clock is ours
    began: float = 0.0  # the present connection, in seconds since the first one's upgrade
    accepted: str = ""  # media format
    stream_ids: set[str] = msgspec.field(default_factory=set)
    config: strict.SessionParams = msgspec.field(default_factory=strict.SessionParams)


class Order(msgspec.Struct, frozen=True):
    """Something that the hub wants done: `hangup`, `transfer`, `playUrl`, `text`, …"""

    name: str
    value: str = ""


class Referee:
    """One connection. `orders` are for whoever plays the platform, `notes` for whoever watches."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.first = True
        self.live = False  # the session was accepted
        self.validated = False
        self.answers: list[strict.HubMessage] = []  # `userStream.started` and `.stopped` that were not asked for yet
        self.orders: list[Order] = []
        self.notes: list[str] = []
        self.playing: tuple[str, formats.MediaFormat, formats.UserAudio] | None = None
        self.chunks = 0  # of the open play stream

    def receive(self, now: float, text: str | bytes) -> list[str]:
        """Takes a message of the hub; returns what is wrong with it."""
        if not isinstance(text, str):
            return ["AudioCodes takes text only, and got bytes"]
        try:
            message = strict.decode(text)
        except (msgspec.DecodeError, ValueError) as error:
            return [f"{error} in {text[:200]}"]
        return list(self.judge(now, message))

    def judge(self, now: float, message: strict.HubMessage) -> Iterator[str]:
        first, self.first = self.first, False
        if message.conversationId not in (None, self.conversation.id):
            yield f"a message is for another conversation: {message.conversationId}"
        if first and not isinstance(message, strict.Accepted | strict.Refused | strict.Validated):
            yield f"the session was not accepted before {message.__struct_config__.tag}"
        match message:
            case strict.Accepted(mediaFormat=name):
                yield from self.accept(name)
            case strict.Refused(reason=reason):
                yield f"the hub gave the session up: {reason}"
            case strict.Started() | strict.Stopped():
                self.answers.append(message)
            case strict.PlayStart():
                yield from self.play_start(message)
            case strict.PlayChunk(streamId=id, audioChunk=audio):
                yield from self.play_chunk(self.conversation.began + now, id, audio)
            case strict.PlayStop(streamId=id):
                yield from self.play_stop(self.conversation.began + now, id)
            case strict.Activities(activities=items):
                for item in items:
                    yield from self.act(self.conversation.began + now, item)
            case strict.Validated(success=success):
                self.validated = success
            case strict.Ended():
                self.orders.append(Order("hangup"))

    def accept(self, name: str) -> Iterator[str]:
        conversation = self.conversation
        if self.live:
            yield "the session was accepted twice"
        if name not in conversation.offered:
            yield f"the hub accepted {name}; offered: {', '.join(conversation.offered)}"
        if conversation.accepted and name != conversation.accepted:
            yield f"the hub resumed with {name}, and had accepted {conversation.accepted}"
        self.live = True
        conversation.accepted = name

    # What is played

    def play_start(self, message: strict.PlayStart) -> Iterator[str]:
        media = formats.parse(message.mediaFormat)
        if self.conversation.text_mode:
            yield "audio is played though the platform speaks itself"
        if self.playing is not None:
            yield f"play stream {message.streamId} started before {self.playing[0]} was stopped"
        if message.streamId in self.conversation.stream_ids:
            yield f"play stream {message.streamId} was there before"
        if media is None:
            yield f"{message.mediaFormat} can't be played"
            media = formats.DEFAULT
        self.conversation.stream_ids.add(message.streamId)
        self.playing, self.chunks = (message.streamId, media, formats.UserAudio(media)), 0
        if message.altText:
            self.notes.append(f"the hub says: {message.altText}")

    def play_chunk(self, now: float, id: str, audio: bytes) -> Iterator[str]:
        if self.playing is None or self.playing[0] != id:
            yield f"a chunk came outside of play stream {id}"
            return
        _, media, stream = self.playing
        headed = audio.startswith(b"RIFF")
        if headed != (media.wav and self.chunks == 0):
            yield f"play stream {id}, {media.name}, {'has a WAV header too many' if headed else 'lacks its WAV header'}"
        samples = stream.take(audio)
        if stream.problem or stream.rest:
            yield f"play stream {id} has {stream.problem or 'half a sample'}"
        pcm = audioop.ulaw2lin(samples, 2) if media.audio.encoding == "mulaw" else samples
        heard = self.conversation.heard
        if self.conversation.paced and self.chunks and now - heard.end > LATE:
            yield f"play stream {id} was silent for {round(1000 * (now - heard.end))} ms"
        heard.play(now, pcm, media.audio.rate)
        if self.conversation.paced and heard.end - now > LEAD + EARLY:
            yield f"play stream {id} is {round(1000 * (heard.end - now))} ms ahead"
        self.chunks += 1

    def play_stop(self, now: float, id: str) -> Iterator[str]:
        if self.playing is None or self.playing[0] != id:
            yield f"play stream {id} was stopped and is not open"
        elif self.conversation.paced and self.chunks and now - self.conversation.heard.end > LEFT_OPEN:
            yield f"play stream {id} stayed open after its end"
        self.playing = None

    # Activities

    def act(self, now: float, activity: strict.Event | strict.Text) -> Iterator[str]:
        if isinstance(activity, strict.Text):
            if not self.conversation.text_mode:
                yield "a text is to be said, and the platform expects audio"
            self.notes.append(f"the hub says: {activity.text}")
            self.orders.append(Order("text", activity.text))
            return
        allowed = strict.PARAMS.get(activity.name)
        if allowed is None:
            yield f"{activity.name} is no event of a bot"
            return
        try:
            params = msgspec.convert(activity.activityParams, allowed)
            session = msgspec.convert(activity.sessionParams, strict.SessionParams)
        except msgspec.ValidationError as error:
            yield f"{activity.name}: {error}"
            return
        if activity.name == "config":
            self.conversation.config = session
        elif activity.sessionParams:
            yield f"{activity.name} takes no sessionParams"
        if (activity.name == "sendMetaData") != isinstance(activity.value, dict):
            yield f"{activity.name}: the value is wrong"
        if activity.name == "abortPrompts":
            self.conversation.heard.flush(now)
        self.order(activity.name, params)

    def order(self, name: str, params: object) -> None:
        match params:
            case strict.Transfer(transferTarget=target):
                self.orders.append(Order("transfer", target))
                self.notes.append(f"the hub transfers to {target}")
            case strict.Digits(dtmfDigits=digits):
                self.notes.append(f"the hub sends the digits {digits}")
            case strict.PlayUrl(playUrlUrl=url):
                self.orders.append(Order("playUrl", url))
                self.notes.append(f"the hub plays {url}")
            case _:
                if name == "hangup":
                    self.orders.append(Order("hangup"))
                if name != "config":
                    self.notes.append(f"the hub: {name}")
