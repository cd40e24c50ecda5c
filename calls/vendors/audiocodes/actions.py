"""Commands as the activities that AudioCodes documents for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from calls.commands import BadCommand, Capability, Command, Parameter
from calls.vendors.audiocodes.messages import event

MAX_DIGITS = 20  # more, or others than 0-9*#, are ignored by the platform without a word
Activity = Mapping[str, object]

CAPABILITIES: Mapping[str, Capability] = {
    "break": Capability(supported=True),
    "digits": Capability(
        supported=True,
        parameters=(Parameter(name="digits", kind="digits", label="Digits", max_length=MAX_DIGITS),),
    ),
    "transfer": Capability(
        supported=True,
        confirms=True,
        parameters=(Parameter(name="target", kind="target", label="Number or SIP address", sip=True),),
    ),
    "hangup": Capability(supported=True, confirms=True),
    "say": Capability(supported=True),
    "play": Capability(supported=True, confirms=True),
    "startRecording": Capability(supported=True, label="Start AudioCodes' recording"),
    "stopRecording": Capability(supported=True, label="Stop AudioCodes' recording"),
    "pauseRecording": Capability(supported=True, label="Pause AudioCodes' recording"),
    "resumeRecording": Capability(supported=True, label="Go on with AudioCodes' recording"),
    "sendMetadata": Capability(
        supported=True,
        label="Send metadata",
        parameters=(Parameter(name="value", kind="json", label="Metadata, as JSON", max_length=4000),),
    ),
}


def adapt(options: Mapping[str, object]) -> Mapping[str, Capability]:
    """The end of a file is only told where it was asked for."""
    return {"play": Capability(supported=True, confirms=bool(options["playNotifications"]))}


def check_command(command: Command, options: Mapping[str, object]) -> None:
    digits = command.params.get("digits")
    if command.type == "digits" and not re.fullmatch(rf"[0-9*#]{{1,{MAX_DIGITS}}}", str(digits)):
        raise BadCommand("digits", f"AudioCodes sends 1 to {MAX_DIGITS} of the keys 0 to 9, * and # at a time.")
    if command.type == "sendMetadata" and not isinstance(command.params.get("value"), dict):
        raise BadCommand("value", 'Give a JSON object, such as {"orderId": 17}.')


def _digits(command: Command, options: Mapping[str, object]) -> Activity:
    return event("sendDtmf", activityParams={"dtmfDigits": command.params["digits"]})


def _transfer(command: Command, options: Mapping[str, object]) -> Activity:
    target = str(command.params["target"])
    url = target if target.startswith(("sip:", "sips:")) else f"tel:{target}"
    return event("transfer", activityParams={"transferTarget": url})


def _hangup(command: Command, options: Mapping[str, object]) -> Activity:
    return event("hangup", activityParams={"hangupReason": "The hub was asked to hang up"})


def _play(command: Command, options: Mapping[str, object]) -> Activity:
    params = {
        "playUrlUrl": command.params["url"],
        "playUrlMediaFormat": options["playUrlMediaFormat"],
        "playUrlCaching": options["playUrlCaching"],
    }
    return event("playUrl", activityParams=params)


def _metadata(command: Command, options: Mapping[str, object]) -> Activity:
    return event("sendMetaData", value=command.params["value"])


_ACTIVITIES: Mapping[str, Callable[[Command, Mapping[str, object]], Activity]] = {
    "digits": _digits,
    "transfer": _transfer,
    "hangup": _hangup,
    "play": _play,
    "startRecording": lambda command, options: event("startCallRecording"),
    "stopRecording": lambda command, options: event("stopCallRecording"),
    "pauseRecording": lambda command, options: event("pauseCallRecording"),
    "resumeRecording": lambda command, options: event("resumeCallRecording"),
    "sendMetadata": _metadata,
}


def activity_of(command: Command, options: Mapping[str, object]) -> Activity:
    """Of every supported command but `break` and `say`. Raises `BadCommand`."""
    check_command(command, options)
    return _ACTIVITIES[command.type](command, options)


def config(options: Mapping[str, object], *, text: bool) -> Activity | None:
    """What we ask of the platform for the whole session; None where the profile leaves everything as it is there."""
    params: dict[str, object] = {}
    if options["bargeIn"]:
        params |= {"bargeIn": True, "bargeInOnDTMF": True}  # else it withholds the caller's audio while the bot speaks
    if options["sendDtmf"]:
        params["sendDTMF"] = True
    if options["transferNotifications"]:
        params["transferNotifications"] = True
    if options["playNotifications"]:
        params |= {"playUrlFailureHandling": "notify-bot"}
    events = ["playFinished"] if options["playNotifications"] else []
    if text:
        events.append("speechHypothesis")
    if events:
        params["sendEventsToBot"] = events
    return event("config", sessionParams=params) if params else None
