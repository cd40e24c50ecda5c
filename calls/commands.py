"""What people, programs and bots ask of a live call: one type, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

# `queue`: the vendor's id of a queue, digits only.
ParameterKind = Literal["text", "digits", "target", "queue", "url", "choice", "json"]


class Command(msgspec.Struct, frozen=True):
    """`params` are complete and valid: whoever made the command has checked them (`services.command_rules`)."""

    type: str
    params: Mapping[str, object] = {}


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a command, as data for rules, forms and documentation."""

    name: str
    kind: ParameterKind
    label: str
    required: bool = True
    choices: tuple[str, ...] = ()  # of a `choice`
    sip: bool = False  # a `target` may also be a SIP address
    party: bool = False  # a `target` that is on the call already
    max_length: int = 200  # characters; of `json` when written


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a vendor can do a command; `reason` says why not and what to use instead."""

    supported: bool
    reason: str = ""
    confirms: bool = False  # whether the vendor ever shows that it was done
    needs_account: bool = False  # goes by the vendor's REST API: supported where its credentials are configured
    closes: bool = False  # hanging up is closing the connection
    confirmed_by_end: bool = False  # the connection's end shows that it was done
    label: str = ""  # of a command of the vendor's own
    parameters: tuple[Parameter, ...] = ()


class BadCommand(Exception):
    """The vendor, as this profile is set, can't express the command. `field` is the parameter to mend."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


# Every vendor says of each of these whether it can do it.
COMMANDS: Mapping[str, tuple[str, tuple[Parameter, ...]]] = {
    "break": ("Stop playback", ()),
    "digits": ("Send digits", (Parameter(name="digits", kind="digits", label="Digits", max_length=64),)),
    "transfer": ("Transfer", (Parameter(name="target", kind="target", label="Phone number"),)),
    "hangup": ("Hang up", ()),
    "say": ("Say", (Parameter(name="text", kind="text", label="Text", max_length=1000),)),
    "play": ("Play a file", (Parameter(name="url", kind="url", label="URL of the audio", max_length=1000),)),
}
# The hub's own, for calls that a bot answers.
BOT_COMMANDS: Mapping[str, str] = {"pauseBot": "Pause the bot", "resumeBot": "Resume the bot"}
