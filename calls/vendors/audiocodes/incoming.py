"""Activities of the platform, as the events that they mean. Names count in any case, and any part may be missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from calls.events import CallInfo, CommandOutcome, Dtmf, Event, Ignored, NoInput, TextHeard
from calls.vendors.values import read_fraction, read_text, read_words

LONGEST_TEXT = 2000
# Known, and of no consequence to a call that the hub hears itself.
IDLE = {
    "agentconnected",
    "voicedetected",
    "silencedetected",
    "conversationend",  # `session.end` follows
    "dialoutinitiated",
}

# Why a transfer failed, by the platform's `reasonCode`.
TOLD = {
    "busy": "The number was busy",
    "declined": "The call was declined",
    "machine-detected": "A machine answered",
    "no-answer": "Nobody answered",
}
# Of a call, beside its numbers.
START_FACTS = (
    "callerDisplayName",
    "callerHost",
    "calleeHost",
    "vaigConversationId",
    "locale",
    "outboundTarget",
)

Fields = Mapping[str, object]


def as_fields(value: object) -> Fields:
    return value if isinstance(value, dict) else {}


def read_items(message: Fields) -> Sequence[Fields | None]:
    """The activities of a message; None for each that is none."""
    items = message.get("activities")
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list):
        return [None]
    return [item if isinstance(item, dict) else None for item in items]


def name_of(activity: Fields) -> str:
    """Of an event in lower case; "message" for words of the caller, "" for what has neither."""
    kind = read_text(activity.get("type"), 64).lower()
    if kind == "message" or (not kind and "text" in activity and "name" not in activity):
        return "message"
    return read_text(activity.get("name"), 64).lower() if kind in ("event", "") else ""


def read_activity(activity: Fields) -> Sequence[Event]:
    """Of any but `start`."""
    match name_of(activity):
        case "message":
            return _text(activity, final=True)
        case "speechhypothesis":
            return _text(activity, final=False)
        case "dtmf":
            digits = _digits(activity)
            return [Dtmf(digits)] if digits else [Ignored("bad_digits")]
        case "transferstatus":
            return _transfer_status(as_fields(activity.get("value")))
        case "playfinished":
            return [CommandOutcome("play", True)]
        case "playurlfailed":
            return [CommandOutcome("play", False, _detail(as_fields(activity.get("value")), "It could not be played."))]
        case "nouserinput":
            return [NoInput()]
        case name if name in IDLE:
            return []
        case "":
            return [Ignored("bad_activity")]
        case _:
            return [Ignored("unknown_activity")]


def read_initiate(message: Fields) -> CallInfo:
    """What `session.initiate` tells of the call."""
    return CallInfo(from_number=read_text(message.get("caller"), 64), extra=_extra(message, ("botName",)))


def read_start(activity: Fields) -> CallInfo:
    """What `start` tells of the call."""
    facts = {**as_fields(activity.get("value")), **as_fields(activity.get("parameters"))}
    return CallInfo(
        from_number=read_text(facts.get("caller"), 64),
        to_number=read_text(facts.get("callee"), 64),
        direction="outbound" if facts.get("outboundTarget") else "",
        extra=_extra(facts, START_FACTS),
    )


def _extra(facts: Fields, names: Sequence[str]) -> dict[str, str]:
    return {name: text for name in names if (text := read_text(facts.get(name), 200))}


def read_agents(activity: Fields) -> set[str]:
    """The participants that `start` calls agents."""
    people = as_fields(activity.get("parameters")).get("participants")
    named = [as_fields(person) for person in people] if isinstance(people, list) else []
    return {
        name
        for person in named
        if (name := read_text(person.get("participant") or person.get("id"), 200))
        and any(is_agent(read_text(person.get(field), 200)) for field in ("role", "type"))
    }


def is_agent(name: str) -> bool:
    """Whether a participant's name says that it is the agent's side."""
    return "agent" in re.split(r"[^a-z]+", name.lower())


def read_end(message: Fields) -> tuple[str, str]:
    """Code and reason of `session.end`."""
    return read_text(message.get("reasonCode"), 64).lower(), read_words(message.get("reason"), 200)


def _text(activity: Fields, *, final: bool) -> Sequence[Event]:
    parameters, value = as_fields(activity.get("parameters")), activity.get("value")
    places = (activity, parameters, as_fields(value), {"text": value})
    text = next(filter(None, (read_words(place.get("text"), LONGEST_TEXT) for place in places)), "")
    if not text:
        return [Ignored("no_text")]
    confidences = (read_fraction(place.get("confidence")) for place in places[:3])
    return [TextHeard(text, final, next((number for number in confidences if number is not None), None))]


def _digits(activity: Fields) -> str:
    """One or more keys, as they were pressed."""
    value = activity.get("value")
    for place in (value, as_fields(value).get("digits"), as_fields(activity.get("parameters")).get("value")):
        if digits := read_text(place, 64).upper():
            return digits if re.fullmatch("[0-9*#A-D]+", digits) else ""
    return ""


def _transfer_status(value: Fields) -> Sequence[Event]:
    status = read_text(value.get("status"), 64).lower()
    if status in ("answered", "success", "succeeded", "completed"):
        return [CommandOutcome("transfer", True, status)]
    if status in ("failed", "failure", "error"):
        return [CommandOutcome("transfer", False, _detail(value, "The transfer failed."))]
    return [Ignored("unknown_transfer_status")]  # such as a transfer that is still ringing


def _detail(value: Fields, default: str) -> str:
    code, reason = read_text(value.get("reasonCode"), 64), read_words(value.get("reason"), 200)
    if told := TOLD.get(code.lower()):
        return f"{told} ({reason})." if reason else f"{told}."
    return told_once(code, reason) or default


def told_once(code: str, reason: str) -> str:
    """Both, unless the reason is the code once more, as in `bot-disconnected` and "bot disconnected"."""
    is_same = code.lower().replace("-", " ") == reason.lower()
    return reason if is_same else ": ".join(filter(None, (code, reason)))
