"""What a webhook is told, and what it may answer. docs/bots.md describes both to those who build one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from bots.conversation import Act, Action, CallFacts, End, Listen, Play, Say

MAX_ANSWER = 64 * 1024  # bytes
MAX_STATE = 16 * 1024
MAX_ACTIONS = 20
MAX_TEXT, MAX_URL, MAX_TARGET = 2000, 1000, 200
LISTEN_SECONDS = 10.0  # where the answer doesn't say
LISTEN_RANGE = (0.5, 120.0)

_DIGITS = re.compile(r"[0-9*#]{1,64}", re.ASCII)
_URL = re.compile(r"https?://[^\s/]\S*")

EventName = Literal["begun", "resumed", "said", "pressed", "silence", "refused"]


class Turn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The body of a request. Fields that don't apply are absent."""

    event: EventName
    call: dict[str, Any]
    turn: int  # counts the call's requests from 1
    state: msgspec.Raw  # what the last answer gave; null at first
    text: str | None = None  # all that the caller said since the last answer that was taken
    confidence: float | None = None  # of the newest words
    digits: str | None = None  # all that he pressed since then
    action: str | None = None  # of the last answer, that the call can't do
    reason: str | None = None
    heard: str | None = None  # the caller broke in: this much of the last answer's words he heard


def call_shape(facts: CallFacts, language: str) -> dict[str, Any]:
    """As the REST API names things. `language` is what the bot speaks."""
    return {
        "id": facts.call_id,
        "vendor": facts.vendor,
        "from": facts.from_number or None,
        "to": facts.to_number or None,
        "language": language,
    }


class _Message(msgspec.Struct, frozen=True, tag_field="type", rename="camel", forbid_unknown_fields=True):
    pass


class SayMessage(_Message, frozen=True, tag="say"):
    text: str
    language: str = ""


class PlayMessage(_Message, frozen=True, tag="play"):
    url: str


class TransferMessage(_Message, frozen=True, tag="transfer"):
    target: str


class DigitsMessage(_Message, frozen=True, tag="digits"):
    digits: str


class HangupMessage(_Message, frozen=True, tag="hangup"):
    pass


class ListenMessage(_Message, frozen=True, tag="listen"):
    seconds: float = LISTEN_SECONDS
    barge_in: bool = True
    speech: bool = True


Message = SayMessage | PlayMessage | TransferMessage | DigitsMessage | HangupMessage | ListenMessage


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    actions: list[Message] = []
    state: msgspec.Raw = msgspec.Raw(b"null")


class BadAnswer(Exception):
    """The webhook's answer can't be followed; the message says which part and why."""


def read_answer(body: bytes) -> tuple[list[Action], str]:
    """The actions, complete (they end with listening or the end), and the state to send back next time, as JSON."""
    if not body:
        raise BadAnswer('Expected JSON such as {"actions": []}, not an empty body')
    try:
        answer = msgspec.json.decode(body, type=Answer)
        state = bytes(answer.state).decode()
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadAnswer(str(error)) from None
    if len(answer.actions) > MAX_ACTIONS:
        raise BadAnswer(f"Expected at most {MAX_ACTIONS} actions - at `$.actions`")
    if len(answer.state) > MAX_STATE:
        raise BadAnswer(f"Expected at most {MAX_STATE // 1024} KB of JSON - at `$.state`")
    actions = [_action(message, index) for index, message in enumerate(answer.actions)]
    return [*actions, *_ending(answer.actions)], state


def _action(message: Message, index: int) -> Action:
    def check(good: bool, field: str, expected: str) -> None:
        if not good:
            raise BadAnswer(f"Expected {expected} - at `$.actions[{index}].{field}`")

    match message:
        case SayMessage(text, language):
            check(0 < len(text.strip()) and len(text) <= MAX_TEXT, "text", f"1 to {MAX_TEXT} characters")
            return Say(text, language)
        case PlayMessage(url):
            check(_URL.fullmatch(url) is not None and len(url) <= MAX_URL, "url", "an http:// or https:// URL")
            return Play(url)
        case TransferMessage(target):
            check(0 < len(target.strip()) <= MAX_TARGET, "target", f"1 to {MAX_TARGET} characters")
            return Act("transfer", {"target": target.strip()})
        case DigitsMessage(digits):
            check(_DIGITS.fullmatch(digits) is not None, "digits", "1 to 64 of 0-9, * and #")
            return Act("digits", {"digits": digits})
        case ListenMessage(seconds, barge_in, speech):
            low, high = LISTEN_RANGE
            check(low <= seconds <= high, "seconds", f"{low:g} to {high:g}")
            return Listen(seconds, barge_in, speech)
    return Act("hangup")


def _ending(messages: Sequence[Message]) -> list[Action]:
    """What every turn needs: to listen on, or to have ended. Nothing may come behind either."""
    last = next((i for i, message in enumerate(messages) if isinstance(message, _Last)), None)
    if last is None:
        return [Listen(LISTEN_SECONDS)]
    if last != len(messages) - 1:
        kind = messages[last].__struct_config__.tag
        raise BadAnswer(f"Expected nothing behind {kind!r} - at `$.actions[{last + 1}]`")
    return [] if isinstance(messages[last], ListenMessage) else [End()]


_Last = TransferMessage | HangupMessage | ListenMessage
