"""AudioCodes Bot API, streaming mode: one WebSocket a call, everything JSON text, audio as base64 inside.

How this works

    new        nothing yet; `connection.validate` is answered, and no call comes of it
    resuming   `session.resume` came: the session looks up how that call's last stream was, and what follows waits
    live       accepted; any order of user streams, activities and play streams
    ended      `session.end` came, or we told `session.error`; nothing counts any more

    new → live → ended by `session.initiate` and `session.end`, or new → resuming → live.

Activities may come before `session.initiate`, and audio from a peer that never initiates: then it is taken for
raw/lpcm16, and the stream is live all the same (`no_initiate`).

Audio comes 50 times a second, so a chunk that is spelled as documented is decoded in one step (parse, checks and base64
together). Everything else is read tolerantly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from calls.commands import Command
from calls.events import (
    AudioFormat,
    CallInfo,
    CommandOutcome,
    Event,
    Ignored,
    Ready,
    Resumed,
    Send,
    Speech,
    StreamStarted,
    StreamStopped,
    Unserved,
)
from calls.vendors.audiocodes import actions, formats, incoming, messages
from calls.vendors.audiocodes.users import UserStreams
from calls.vendors.values import read_text

MAX_WAITING = 500  # messages kept while a resumed call is looked up: about ten seconds
# In `CallInfo.extra`: what a resumed stream must know of the one before.
MEDIA_FORMAT, MODE, TEXT_MODE = "mediaFormat", "mode", "text"


class _Chunk(msgspec.Struct, frozen=True, gc=False):
    type: Literal["userStream.chunk"]
    audioChunk: bytes
    participant: str | None = None


_decode_chunk = msgspec.json.Decoder(_Chunk).decode
_decode_any = msgspec.json.Decoder().decode


class AudioCodesProtocol:
    """One connection: one call, or the part of it until the connection is lost."""

    def __init__(self, options: Mapping[str, object]) -> None:
        self.options = options
        self.state: Literal["new", "resuming", "live", "ended"] = "new"
        self.info = CallInfo(direction="inbound")
        self.media = formats.DEFAULT
        self.text_only = False
        self.users = UserStreams(self.media)
        self.ready = False  # `start` came
        self.plays = 0  # files that were asked for and have not ended
        self.out = messages.PlayStreams()
        self.waiting: list[str] = []

    # What comes in

    def receive_text(self, text: str) -> Sequence[Event]:
        try:
            chunk = _decode_chunk(text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return self.receive_unusual(text)
        stream = self.users.streams.get(chunk.participant)
        if stream is None or not stream.open or self.state != "live" or not chunk.audioChunk:
            return self.receive_unusual(text)
        return stream.hear(chunk.audioChunk)

    def receive_binary(self, data: bytes) -> Sequence[Event]:
        return (Ignored("binary_frame"),)

    def receive_unusual(self, text: str) -> Sequence[Event]:
        try:
            decoded = _decode_any(text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return (Ignored("bad_json"),)
        if not isinstance(decoded, dict):
            return (Ignored("not_an_object"),)
        if self.state == "ended":
            return (Ignored("after_end"),)
        if self.state == "resuming":
            if len(self.waiting) == MAX_WAITING:
                return (Ignored("too_early"),)
            self.waiting.append(text)
            return ()
        return self.handle(read_text(decoded.get("type"), 64).lower(), decoded)

    def handle(self, type: str, message: incoming.Fields) -> Sequence[Event]:
        match type:
            case "connection.validate":
                return (Send(messages.message("connection.validated", {"success": True})),)
            case "session.initiate":
                return self.initiate(message)
            case "session.resume":
                return self.resume(message)
            case "session.end":
                return self.end(message)
            case "activities":
                return self.act(incoming.read_items(message))
            case "event" | "message":  # an activity without its envelope
                return self.act([message])
            case "userstream.start":
                return self.users.start(message)
            case "userstream.chunk":
                return [*self.begin_anyhow(message), *self.users.take(message)]
            case "userstream.stop":
                return self.users.stop(message)
            case _:
                return (Ignored("unknown_type"),)

    # The session

    def initiate(self, message: incoming.Fields) -> Sequence[Event]:
        call_id = read_text(message.get("conversationId"), 200)
        if self.state == "live":
            return self.accept_again(call_id)
        media = formats.choose(message.get("supportedMediaFormats"), str(self.options["mediaFormat"]))
        if media is None:
            reason = f"The hub knows only the media formats {', '.join(formats.NAMES)}."
            return [*map(Send, self.fail(reason)), Unserved("It offered no media format that the hub knows.")]
        self.text_only = message.get("expectAudioMessages") is False
        self.info = incoming.read_initiate(message).over(self.info)
        return self.begin(call_id, media, [Send(self.accepted(media)), *self.configure()])

    def resume(self, message: incoming.Fields) -> Sequence[Event]:
        """The message says nothing of what was agreed: only the call's last stream knows."""
        call_id = read_text(message.get("conversationId"), 200)
        if self.state == "live":
            return self.accept_again(call_id)
        self.state = "resuming"
        self.info = CallInfo(call_id=call_id).over(self.info)
        return (Resumed(self.info, self.go_on),)

    def go_on(self, known: Mapping[str, str]) -> Sequence[Event]:
        if self.state != "resuming":
            return ()
        media = formats.parse(known.get(MEDIA_FORMAT)) or formats.DEFAULT
        self.text_only = known.get(MODE) == TEXT_MODE
        self.ready = True
        # A session that we never saw was never configured.
        events = [Send(self.accepted(media)), *(() if known else self.configure())]
        events = self.begin(self.info.call_id, media, events)
        waiting, self.waiting = self.waiting, []
        for text in waiting:
            events += self.receive_text(text)
        return events

    def begin_anyhow(self, message: incoming.Fields) -> Sequence[Event]:
        """Audio comes, and nobody initiated."""
        if self.state == "live" or not message.get("audioChunk"):
            return ()
        return self.begin(read_text(message.get("conversationId"), 200), self.media, [Ignored("no_initiate")])

    def accept_again(self, call_id: str) -> Sequence[Event]:
        """Of a session that is live."""
        if call_id != self.info.call_id:
            return (Ignored("another_call"),)
        return (Ignored("repeated_initiate"), Send(self.accepted(self.media)))

    def begin(self, call_id: str, media: formats.MediaFormat, events: list[Event]) -> list[Event]:
        self.state, self.media = "live", media
        self.users.agree(media)
        extra = {MEDIA_FORMAT: media.name} | ({MODE: TEXT_MODE} if self.text_only else {})
        self.info = CallInfo(call_id=call_id, extra=extra).over(self.info)
        ready = [Ready()] if self.ready else []
        return [*events, StreamStarted(self.info, media.audio), *ready]

    def configure(self) -> Sequence[Event]:
        config = actions.config(self.options, text=self.text_only)
        return [] if config is None else [Send(messages.activities(config))]

    def accepted(self, media: formats.MediaFormat) -> str:
        return messages.message("session.accepted", {"mediaFormat": media.name})

    def end(self, message: incoming.Fields) -> Sequence[Event]:
        if self.state == "new":
            return (Ignored("no_initiate"),)
        code, reason = incoming.read_end(message)
        words = incoming.told_once(code, reason) or "The session ended."
        self.state = "ended"
        self.out.open_id = ""
        told = {"reasonCode": code, "reason": reason}
        return (
            StreamStopped({name: text for name, text in told.items() if text}, final=True),
            CommandOutcome("transfer", code == "transferred", words),
            CommandOutcome("hangup", True, words),
        )

    # Activities

    def act(self, items: Sequence[incoming.Fields | None]) -> Sequence[Event]:
        events: list[Event] = []
        for activity in items:
            if activity is None:
                events.append(Ignored("bad_activity"))
            elif incoming.name_of(activity) == "start":
                events += self.start_call(activity)
            else:
                events += filter(self.concerns_us, incoming.read_activity(activity))
        return events

    def start_call(self, activity: incoming.Fields) -> Sequence[Event]:
        self.users.agents |= incoming.read_agents(activity)
        self.info = incoming.read_start(activity).over(self.info)
        self.ready = True
        return (StreamStarted(self.info, self.media.audio), Ready()) if self.state == "live" else ()

    def concerns_us(self, event: Event) -> bool:
        """The platform also tells the end of prompts that nobody commanded."""
        if not isinstance(event, CommandOutcome) or event.type != "play":
            return True
        if self.plays == 0 or self.out.open_id:
            return False
        self.plays -= 1
        return True

    # What goes out

    @property
    def play_format(self) -> AudioFormat:
        return self.media.audio

    @property
    def takes_text(self) -> bool:
        return self.text_only

    def say_text(self, text: str) -> Sequence[str]:
        return [messages.activities({"type": "message", "text": text})] if self.state == "live" else []

    def open_playout(self, text: str) -> Sequence[str]:
        return self.out.start(self.media, text) if self.state == "live" else []

    def send_audio(self, audio: bytes) -> Sequence[str]:
        return self.out.chunk(audio)

    def close_playout(self) -> Sequence[str]:
        return self.out.stop()

    def send_command(self, command: Command) -> Sequence[str]:
        if self.state != "live":
            return []
        if command.type == "break":
            return self.break_off()
        activity = actions.activity_of(command, self.options)
        self.plays += command.type == "play"
        return [messages.activities(activity)]

    def break_off(self) -> Sequence[str]:
        """There is no message that empties the platform's buffer; this is all that may shorten it."""
        told = [*self.out.stop(), messages.activities(messages.event("abortPrompts"))]
        if self.options["breakSpeechEvents"]:
            for kind in ("started", "stopped"):
                told.append(messages.message(f"userStream.speech.{kind}", messages.about(self.users.speaker)))
        return told

    def send_speech(self, speech: Speech) -> Sequence[str]:
        return messages.speech(speech, self.users.speaker) if self.state == "live" else []

    def fail(self, reason: str) -> Sequence[str]:
        if self.state == "ended":
            return []
        self.state = "ended"
        return [messages.message("session.error", {"reason": reason})]
