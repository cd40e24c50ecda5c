"""The hub's messages as the platform wants them: each type with its fields, and nothing else."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Words = Annotated[str, Meta(min_length=1)]


class _Message(msgspec.Struct, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    conversationId: str | None = None


class Accepted(_Message, tag="session.accepted"):
    mediaFormat: Words


class Refused(_Message, tag="session.error"):
    reason: Words


class Ended(_Message, tag="session.end"):
    reasonCode: str = ""
    reason: str = ""


class Started(_Message, tag="userStream.started"):
    participant: str | None = None


class Stopped(_Message, tag="userStream.stopped"):
    participant: str | None = None


class SpeechStarted(_Message, tag="userStream.speech.started"):
    participant: str | None = None


class SpeechStopped(_Message, tag="userStream.speech.stopped"):
    participant: str | None = None


class SpeechCommitted(_Message, tag="userStream.speech.committed"):
    participant: str | None = None


class _Guess(msgspec.Struct, forbid_unknown_fields=True):
    text: Words


class _Recognised(msgspec.Struct, forbid_unknown_fields=True):
    text: Words
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None


class Hypothesis(_Message, tag="userStream.speech.hypothesis"):
    alternatives: Annotated[list[_Guess], Meta(min_length=1)]


class Recognition(_Message, tag="userStream.speech.recognition"):
    alternatives: Annotated[list[_Recognised], Meta(min_length=1)]


class PlayStart(_Message, tag="playStream.start"):
    streamId: Words
    mediaFormat: Words
    altText: str = ""
    activityParams: dict[str, Any] = {}


class PlayChunk(_Message, tag="playStream.chunk"):
    streamId: Words
    audioChunk: Annotated[bytes, Meta(min_length=1)]


class PlayStop(_Message, tag="playStream.stop"):
    streamId: Words


class Validated(_Message, tag="connection.validated"):
    success: bool


class _Activity(msgspec.Struct, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    id: str = ""
    timestamp: str = ""
    language: str = ""
    activityParams: dict[str, Any] = {}
    sessionParams: dict[str, Any] = {}


class Event(_Activity, tag="event"):
    name: Words
    value: Any = None
    parameters: dict[str, Any] = {}


class Text(_Activity, tag="message"):
    text: Words


class Activities(_Message, tag="activities"):
    activities: Annotated[list[Event | Text], Meta(min_length=1)]


HubMessage = (
    Accepted
    | Refused
    | Ended
    | Started
    | Stopped
    | SpeechStarted
    | SpeechStopped
    | SpeechCommitted
    | Hypothesis
    | Recognition
    | PlayStart
    | PlayChunk
    | PlayStop
    | Validated
    | Activities
)
decode = msgspec.json.Decoder(HubMessage).decode


class _Params(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class Transfer(_Params):
    transferTarget: Annotated[str, Meta(pattern=r"^(tel:\+?[0-9]{1,20}|sips?:[^@\s]+@[^@\s]+)$")]
    handoverReason: str = ""
    transferReferredByURL: str = ""
    transferSipHeaders: list[dict[str, str]] = []


class Digits(_Params):
    dtmfDigits: Annotated[str, Meta(pattern=r"^[0-9*#]{1,20}$")]


class HangUp(_Params):
    hangupReason: str = ""


class PlayUrl(_Params):
    playUrlUrl: Annotated[str, Meta(pattern=r"^https?://[^\s]+$")]
    playUrlMediaFormat: Annotated[str, Meta(pattern=r"^(raw|wav)/(mulaw|lpcm16|lpcm16_8|lpcm16_24)$")]
    playUrlAltText: str = ""
    playUrlCaching: bool = False


# What `activityParams` of an event may hold.
PARAMS: dict[str, type[_Params]] = {
    "transfer": Transfer,
    "handover": Transfer,
    "sendDtmf": Digits,
    "hangup": HangUp,
    "playUrl": PlayUrl,
    "config": _Params,
    "abortPrompts": _Params,
    "sendMetaData": _Params,
    "startCallRecording": _Params,
    "stopCallRecording": _Params,
    "pauseCallRecording": _Params,
    "resumeCallRecording": _Params,
}


class SessionParams(_Params):
    """Of the event `config`: those that a hub has a use for."""

    bargeIn: bool = False
    bargeInOnDTMF: bool = False
    sendDTMF: bool = False
    sendEventsToBot: list[str] = []
    transferNotifications: bool = False
    playUrlFailureHandling: str = ""
    userNoInputTimeoutMS: int = 0
