"""What a kind of bot is: the one interface behind the editor, the API and the driver. `bots/kinds.py` lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from bots.conversation import CallFacts, Conversation
from bots.findings import Finding as Finding
from bots.flows.overview import Preview
from calls.session.participants import Answer, Line


class BotConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What every kind can be told; a kind's own struct adds to it. Every field has a default."""

    synthesizer: str = ""  # empty: the profile's or the installation's
    voice: str = ""
    language: str = ""  # BCP 47; empty: the profile's
    barge_in: bool = True  # False: callers never interrupt it by speaking, whatever a turn allows
    apology: str = "I am sorry, something went wrong. Let me put you through to somebody."
    farewell: str = "I am sorry, something went wrong. Please call again later. Goodbye."  # no fallback number
    patience_seconds: float = 20.0  # how long the bot may be silent over an answer before it counts as failed


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a bot keeps encrypted and that is never shown again. None is required."""

    name: str  # as in `Bot.secrets`, camelCase
    label: str
    help: str = ""
    # Makes one for a new bot that was given none; the answer to the creation shows it, this once.
    generate: Callable[[], str] | None = None
    # The field of the config that says where it is sent: who changes that must know the secret.
    sent_to: str = ""


class Making(msgspec.Struct, frozen=True, kw_only=True):
    """What a conversation is made of. All of it was validated when the bot was saved."""

    bot_id: str  # of a bot that was never saved: ""
    bot_name: str
    document: str
    config: Any  # of the kind's struct
    secrets: Mapping[str, str]
    facts: CallFacts
    state: Mapping[str, Any] | None = None  # what `dump` gave; None: a new call


def no_phrases(document: str, config: Any) -> Sequence[str]:
    return ()


def no_preview(document: str, config: Any) -> Preview | None:
    return None


class BotKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind. All of its functions return at once and do no I/O."""

    name: str  # of `bots.models.Kind`
    label: str
    description: str  # one sentence
    config: type[BotConfig]
    secrets: tuple[Secret, ...] = ()
    has_document: bool = False
    # Called with a config of the struct above. What a field's type can't say: `Finding(field="config.url", …)`.
    validate: Callable[[str, Any], Sequence[Finding]]
    make: Callable[[Making], Conversation]
    # What callers are likely to say, for recognisers that can be told so.
    phrases: Callable[[str, Any], Sequence[str]] = no_phrases
    # The document as a graph, for the editor, as far as it can be read.
    preview: Callable[[str, Any], Preview | None] = no_preview
    # Where audio flows, some kinds answer it themselves, without a conversation. Takes the bot's name too.
    answer_audio: Callable[[Line, str, Any], Answer] | None = None
