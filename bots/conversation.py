"""What passes between a bot's conversation and the driver that speaks, listens and acts for it.

A conversation knows neither phone nor clock: the driver tells it what happened (`Happened`) and carries out the actions
that it yields in return, in order. A new event while it still yields (the caller broke in) closes the generator: what
follows is a new turn. A `Play` or `Act` that can't be done raises `ActRefused` where it was yielded; a conversation that
doesn't catch it has failed. After every turn the driver stores `dump()`; `make` with that state goes on where it was, in
another process too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

import msgspec

# What happened


class Begun(msgspec.Struct, frozen=True):
    """The caller can hear. `resumed`: the line was cut and is back; say where we were, don't begin anew."""

    resumed: bool = False


class Said(msgspec.Struct, frozen=True):
    """A turn of the caller, in words."""

    text: str
    confidence: float | None = None


class Pressed(msgspec.Struct, frozen=True):
    """One key."""

    digit: str


class Silence(msgspec.Struct, frozen=True):
    """What `Listen` waited for did not come in time."""


class Interrupted(msgspec.Struct, frozen=True):
    """The caller broke in (what he says follows): this is how much of the turn's words he heard. Yields nothing."""

    heard: str


Happened = Begun | Said | Pressed | Silence | Interrupted

# What to do


class Say(msgspec.Struct, frozen=True):
    """Speaks, after what is being spoken. The driver goes on to the next action at once."""

    text: str
    language: str = ""  # BCP 47, where it is not the bot's


class Play(msgspec.Struct, frozen=True):
    """Lets the vendor play a file, once all that was said before is heard."""

    url: str


class Act(msgspec.Struct, frozen=True):
    """A command to the call, once all that was said before is heard: `transfer`, `digits`, `hangup`, …"""

    type: str
    params: Mapping[str, Any] = {}


class Listen(msgspec.Struct, frozen=True):
    """From when all is heard, how long to wait for the caller, and whether he may interrupt until then."""

    seconds: float
    barge_in: bool = True
    speech: bool = True  # False: only keys matter; words are ignored


class End(msgspec.Struct, frozen=True):
    """The bot has nothing more to do in this call."""


Action = Say | Play | Act | Listen | End


class Conversation(Protocol):
    """One bot in one call."""

    def respond(self, event: Happened) -> AsyncIterator[Action]:
        """The answer to an event. Raises `BotFailed`, or anything, where it can't go on: the driver then apologises
        and transfers to the profile's fallback number."""

    def dump(self) -> dict[str, Any]:
        """All that it must remember, as JSON."""

    async def close(self) -> None:
        """Ends what it started (connections)."""


class BotFailed(Exception):
    """The bot can't go on; the message is for the log and the call's page."""


class ActRefused(Exception):
    """The call can't do what was yielded; the message says why."""


class CallFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a conversation may know of its call."""

    call_id: str
    vendor: str
    from_number: str = ""
    to_number: str = ""
    language: str = "en-US"
    fallback_number: str = ""
