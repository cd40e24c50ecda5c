"""What a vendor's folder provides. A protocol object does no I/O: messages in -> events out, commands in -> messages out.

It never raises for bad input: whatever the wire brings becomes `Ignored(reason)`, which the session counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from calls.commands import Capability, Command
from calls.events import AudioFormat, CallInfo, Event, Speech
from calls.vendors.simulation import Simulator

Message = str | bytes


class VendorProtocol(Protocol):
    """One connection's state. Called once a message; the audio path must cost microseconds."""

    def receive_text(self, text: str) -> Sequence[Event]: ...

    def receive_binary(self, data: bytes) -> Sequence[Event]: ...


@runtime_checkable
class TwoWayProtocol(VendorProtocol, Protocol):
    """A connection that the hub may act on. Audio out is one open playout at a time: open, audio, close."""

    @property
    def play_format(self) -> AudioFormat:
        """How audio to be played is encoded. Settled once the stream has started."""

    @property
    def takes_text(self) -> bool:
        """The platform speaks for us: what is to be said goes out as text, and no audio flows."""

    def say_text(self, text: str) -> Sequence[Message]:
        """Only where `takes_text`."""

    def open_playout(self, text: str) -> Sequence[Message]:
        """Before the first audio of a turn. `text` is what will be heard, "" where unknown."""

    def send_audio(self, audio: bytes) -> Sequence[Message]:
        """Whole samples of `play_format`, of about `PlayoutTiming.batch_ms`."""

    def close_playout(self) -> Sequence[Message]:
        """After the last audio of a turn. Nothing where none is open."""

    def send_command(self, command: Command) -> Sequence[Message]:
        """Any supported command but `say`. `break` also closes an open playout."""

    def send_speech(self, speech: Speech) -> Sequence[Message]:
        """What the recogniser hears, as it arises."""

    def fail(self, reason: str) -> Sequence[Message]:
        """The hub can't serve this connection and will close it."""


class PlayoutTiming(msgspec.Struct, frozen=True, kw_only=True):
    """How a vendor wants audio fed, in milliseconds."""

    batch_ms: int  # of audio in a message
    lead_ms: int  # how far sending may be ahead of what is heard: what a break can't take back
    preroll_ms: int = 0  # sent at once when a turn begins; part of the lead
    chunk_rates: tuple[int, ...] = ()  # Hz that the vendor plays; () = the rate of `play_format` only


class Handshake(msgspec.Struct, frozen=True):
    """What the upgrade request told, before any message."""

    info: CallInfo
    secrets: tuple[str, ...]  # every place where a secret may travel, in order of preference
    address: str = ""  # what the path names: a Ringover token, an AudioCodes slug
    facts: Mapping[str, str] = {}  # what else the protocol should know, e.g. an audio format in the query


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a profile's `options`. A choice by its values, a number by its bounds, or yes and no."""

    label: str
    help: str = ""
    default: str | int | float | bool
    choices: tuple[str | int, ...] = ()
    choice_labels: tuple[str, ...] = ()  # in the same order, for people; () where the values speak for themselves
    low: float = 0  # of a number
    high: float = 0


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where the vendor connects, and what proves that it may."""

    routes: tuple[str, ...]  # Django path patterns; `<str:address>` is the token or slug
    shown: str  # the path to configure at the vendor: `<token>` and `<slug>` stand for themselves
    profile_by: Literal["product", "token", "slug"]
    refusal: int = 403  # HTTP status for an unknown address or a wrong secret
    probe: Mapping[str, object] | None = None  # the JSON that a plain GET or POST on the address is answered with
    first_message_seconds: float = 10.0  # to say which call it is
    clean_close_ends: bool = False  # it says goodbye by closing with 1000, having no message for it

    @property
    def spellings(self) -> tuple[str, ...]:
        """The routes, each also without its last slash: whoever types the address at the vendor may leave it out."""
        return tuple(dict.fromkeys(spelling for route in self.routes for spelling in (route, route.removesuffix("/"))))


class AccountField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the credentials for the vendor's REST API."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    default: str = ""
    help: str = ""
    url: bool = False  # an address that the secrets are sent to: kept to https, and its change asks for them again


class ActionFailed(Exception):
    """The vendor's REST API refused or could not be reached; the message is for the person who asked."""


class Actions(Protocol):
    """The vendor's REST API, for commands that the stream can't carry. One object an account and process, in `rest.py`."""

    async def perform(self, command: Command, call: CallInfo) -> str:
        """Does it and returns what the vendor said. Raises `ActionFailed`."""

    async def check(self, account_id: str) -> str:
        """Logs in and tells, in a sentence, what the credentials open. `account_id` is the account's, "" for any.
        Raises `ActionFailed`."""

    async def close(self) -> None: ...


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor is told of one product whose calls it is to stream."""

    product_type: str
    product_id: str
    sub_account_id: str
    main_account_id: str = ""
    rc_account_id: str = ""
    streaming_url: str
    secret: str = ""


class Products(Actions, Protocol):
    """A vendor's REST API by which the hub itself can configure the streaming. Each raises `ActionFailed`."""

    async def read_product(self, wanted: Product) -> Product | None:
        """What the vendor has of the product now."""

    async def write_product(self, wanted: Product, *, is_new: bool) -> Product:
        """Creates or replaces it; returns what was sent, with the ids that were filled in."""

    async def delete_product(self, wanted: Product) -> bool:
        """Whether there was one."""


def _accept(command: Command, options: Mapping[str, object]) -> None:
    """A vendor that can express every valid command."""


def _as_declared(options: Mapping[str, object]) -> Mapping[str, Capability]:
    """A vendor whose capabilities are the same for every profile."""
    return {}


class VendorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor as data, and its factories."""

    name: str
    label: str
    summary: str = ""  # one sentence for whoever chooses among vendors: what it streams, what the hub can do there
    setup: tuple[str, ...] = ()  # what an admin does at the vendor once the hub's address is copied, step by step
    call_in_script: str = ""  # how an agent's script at the vendor writes the call's id, where there are such scripts
    test_page: bool = False  # `templates/test/<name>.html` is the vendor's half of a call, in an admin's browser
    endpoint: Endpoint
    capabilities: Mapping[str, Capability]  # by command: all of `COMMANDS`, and the vendor's own
    options: Mapping[str, Option] = {}  # of a profile
    # with the profile's options, all of them: the capabilities that these change
    adapt: Callable[[Mapping[str, object]], Mapping[str, Capability]] = _as_declared
    # the upgrade's query string, headers and `<str:address>`
    read_handshake: Callable[[bytes, Sequence[tuple[bytes, bytes]], str], Handshake]
    protocol: Callable[[Handshake, Mapping[str, object]], VendorProtocol]  # with the profile's options, all of them
    simulator: Simulator
    playout: PlayoutTiming | None = None  # None: one-way
    check_command: Callable[[Command, Mapping[str, object]], None] = _accept  # raises `BadCommand`
    account: tuple[AccountField, ...] = ()
    account_id_label: str = ""  # what tells the vendor's accounts apart (`CallInfo.sub_account_id`); "": it has but one
    actions: Callable[[Mapping[str, str]], Actions] | None = None  # with the account's fields
    products: Callable[[Mapping[str, str]], Products] | None = None  # the same, where it can be configured by REST


def account_missing(vendor: VendorInfo) -> str:
    """Why a command that `needs_account` can't be done."""
    return f"Needs {vendor.label} REST credentials: an admin adds them under Team, Vendor accounts."


def with_defaults(vendor: VendorInfo, options: Mapping[str, object]) -> dict[str, object]:
    """Every option of the vendor, as this profile has it."""
    return {name: options.get(name, option.default) for name, option in vendor.options.items()}


def capabilities_of(vendor: VendorInfo, options: Mapping[str, object]) -> dict[str, Capability]:
    """What the vendor can do for a profile with these options."""
    return {**vendor.capabilities, **vendor.adapt(with_defaults(vendor, options))}
