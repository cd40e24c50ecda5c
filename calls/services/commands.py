"""Commands to live calls: asked for, stored, audited, told to the process that holds the stream, followed to receipts.

How this works
    requested   the row is stored; the process that holds the newest live stream of the call is told of it
    sent        it is on its way to the vendor
    confirmed   the vendor showed that it was done
    failed      the vendor showed that it was not, or it could not be sent
    expired     it was not sent within `SEND_SECONDS`

    requested → sent → confirmed | failed, requested → failed | expired. Each step is an UPDATE that names the states it
    leaves, so none is ever taken back, whoever comes second.

Nothing is sent later than `SEND_SECONDS` after it was asked for, and nothing expires before `EXPIRE_SECONDS`: between
the two a receipt has time to be written.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from calls import live, shapes
from calls.capabilities import DISCONNECTED, OVER, effective_capabilities
from calls.commands import BOT_COMMANDS, Capability
from calls.models import Call, Command, Stream
from calls.models import calls as call_models
from calls.services import audit
from calls.services.audit import Requester as Requester
from calls.services.command_rules import clean_command, describe_number
from calls.services.masking import mask_values
from calls.vendors import VENDORS

log = logging.getLogger(__name__)

SEND_SECONDS = 5.0
EXPIRE_SECONDS = 7.0
KEY_LIFE = timedelta(hours=24)
MAX_DETAIL = 1000  # characters of a vendor's words
TOO_LATE = "The connection ended before it could be sent."

State = Command.State


class CommandRefused(Exception):
    """The command was not stored; the message says why."""


class NotLive(CommandRefused):
    """No connection of the call is open."""


class Unsupported(CommandRefused):
    """The call can't take such a command now."""


class IdempotencyMismatch(CommandRefused):
    """The caller used this key for another command of this call."""


class Order(msgspec.Struct, frozen=True):
    """A stored command, as the process that holds its stream gets it."""

    id: UUID
    stream_id: UUID
    type: str
    params: Mapping[str, Any]
    requested_at: datetime
    by: str  # who asked, as people read it


def request_command(
    *, call_id: UUID, type: str, params: Mapping[str, Any], requester: Requester, idempotency_key: str = ""
) -> Command:
    """Checks, stores and audits a command, and has it carried out. With a key that this requester used for the same
    command of this call within 24 h, it returns that one instead.

    Raises `Call.DoesNotExist`, a `ValidationError` by field, and a kind of `CommandRefused`.
    """
    fingerprint = _fingerprint(type, params) if idempotency_key else ""
    if idempotency_key:
        earlier = _earlier(call_id, requester.id, idempotency_key, fingerprint)
        if earlier is not None:
            return earlier
    call = _call_of(call_id, requester)
    stream = _newest_live_stream(call)
    params, _ = _check(call, type, params)
    shown = mask_values(params, call.mask, call.profile.language if call.profile else "")
    command = Command(
        call=call,
        stream=stream,
        type=type,
        params=shown,
        is_masked=shown != params,
        by=requester.name[:150],
        idempotency_key=idempotency_key,
        caller=requester.id,
        fingerprint=fingerprint,
    )
    try:
        with transaction.atomic():
            command.save(force_insert=True)
            audit.record(
                action=f"command.{type}",
                by=requester,
                call=call,
                subject=f"{VENDORS[call.vendor].label} call {call.vendor_call_id}",
                detail={"command": str(command.id), "params": shown},
            )
            transaction.on_commit(partial(_announce, command, params, stream.process), robust=True)
    except IntegrityError:  # the same key came twice at the same moment
        earlier = _earlier(call_id, requester.id, idempotency_key, fingerprint) if idempotency_key else None
        if earlier is None:
            raise
        return earlier
    return command


def _call_of(call_id: UUID, requester: Requester) -> Call:
    """Raises `Call.DoesNotExist` where it is not the person's to see."""
    calls = Call.objects.for_display()
    return (calls if requester.user is None else calls.visible_to(requester.user)).get(id=call_id)


def check_command(
    *, call_id: UUID, type: str, params: Mapping[str, Any], requester: Requester
) -> shapes.CheckedCommandShape:
    """What `request_command` would store of it, so that a person can look at it first. Nothing is stored or sent.

    Raises what `request_command` raises.
    """
    call = _call_of(call_id, requester)
    _newest_live_stream(call)
    checked, capability = _check(call, type, params)
    numbers = {}
    for parameter in capability.parameters:
        if parameter.kind == "target" and (number := describe_number(str(checked.get(parameter.name, "")))):
            numbers[parameter.name] = shapes.PhoneNumberShape(text=number[0], region=number[1] or None)
    return shapes.CheckedCommandShape(type=type, params=checked, numbers=numbers)


def _fingerprint(type: str, params: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps([type, params], sort_keys=True).encode()).hexdigest()


def _earlier(call_id: UUID, caller: str, key: str, fingerprint: str) -> Command | None:
    """The command that this key stands for."""
    found = Command.objects.filter(call_id=call_id, caller=caller, idempotency_key=key).first()
    if found is None:
        return None
    if found.requested_at < timezone.now() - KEY_LIFE:
        Command.objects.filter(id=found.id).update(idempotency_key="")
        return None
    if found.fingerprint != fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used for another command of this call: choose a new one.")
    return found


def _newest_live_stream(call: Call) -> Stream:
    if call.state != call_models.State.LIVE:
        raise NotLive(OVER)
    live_streams = [stream for stream in call.streams.all() if stream.state == call_models.State.LIVE]
    if not live_streams:
        raise NotLive(DISCONNECTED)
    return live_streams[-1]


def _check(call: Call, type: str, params: Mapping[str, Any]) -> tuple[dict[str, Any], Capability]:
    capabilities = effective_capabilities(call)
    capability = capabilities.get(type)
    if capability is None:
        if type in BOT_COMMANDS:
            raise Unsupported("No bot answers the calls of this profile.")
        raise ValidationError(
            {"type": ValidationError(f"Choose one of {', '.join(capabilities)}.", code="invalid_choice")}
        )
    if not capability.supported:
        raise Unsupported(capability.reason)
    cleaned = clean_command(
        type,
        params,
        vendor=VENDORS[call.vendor],
        capability=capability,
        options=call.profile.options if call.profile else {},
        region=call.profile.default_region if call.profile else "",
    )
    return cleaned, capability


def _announce(command: Command, params: Mapping[str, Any], process: UUID) -> None:
    _publish(command)
    live.tell_process(process, {"type": "command", "order": _order(command, params)})


def _publish(command: Command) -> None:
    live.publish(command.call_id, "command.updated", command=shapes.command_shape(command))


def _order(command: Command, params: Mapping[str, Any]) -> Order:
    return Order(command.id, command.stream_id, command.type, params, command.requested_at, command.by)


# Receipts


def note_sent(command_id: UUID) -> bool:
    """It is on its way to the vendor. Returns whether that is news."""
    return _move(command_id, [State.REQUESTED], state=State.SENT, sent_at=timezone.now())


def note_outcome(command_id: UUID, *, ok: bool, detail: str = "") -> bool:
    """What became of it: `detail` is the vendor's word, or why it failed. Returns whether that is news."""
    now, detail = timezone.now(), detail.replace("\0", "")[:MAX_DETAIL]
    leaves = [State.REQUESTED, State.SENT]
    if not ok:
        return _move(command_id, leaves, state=State.FAILED, failed_at=now, error=detail)
    sent_at = Coalesce("sent_at", Value(now))
    return _move(command_id, leaves, state=State.CONFIRMED, confirmed_at=now, sent_at=sent_at, detail=detail)


def fail_unsent(*, stream_id: UUID) -> int:
    """The stream ended: what was not sent never will be. Returns how many."""
    unsent = Command.objects.filter(stream_id=stream_id, state=State.REQUESTED).values_list("id", flat=True)
    return sum(note_outcome(command_id, ok=False, detail=TOO_LATE) for command_id in list(unsent))


def _move(command_id: UUID, leaves: list[State], **values: Any) -> bool:
    with transaction.atomic():
        if not Command.objects.filter(id=command_id, state__in=leaves).update(**values):
            return False
        transaction.on_commit(partial(_publish, Command.objects.get(id=command_id)), robust=True)
    return True


# For the process that holds the streams


def waiting_for(process: UUID) -> list[Order]:
    """What this process is to send and perhaps was not told. Without what was masked: nobody knows it any more."""
    oldest = timezone.now() - timedelta(seconds=SEND_SECONDS)
    waiting = Command.objects.filter(
        state=State.REQUESTED, stream__process=process, requested_at__gt=oldest, is_masked=False
    )
    return [_order(command, command.params) for command in waiting.order_by("requested_at", "id")]


# For the sweep


def expire_due(limit: int = 500) -> int:
    """Gives up what nobody sent. Returns how many."""
    due = timezone.now() - timedelta(seconds=EXPIRE_SECONDS)
    ids = Command.objects.filter(state=State.REQUESTED, requested_at__lt=due).values_list("id", flat=True)[:limit]
    error = f"It was not sent within {SEND_SECONDS:g} seconds: the process that holds the call did not answer."
    values = {"state": State.EXPIRED, "failed_at": timezone.now(), "error": error}
    return sum(_move(command_id, [State.REQUESTED], **values) for command_id in list(ids))


def forget_old_keys() -> int:
    """Frees idempotency keys that are older than a day. Returns how many."""
    old = Command.objects.exclude(idempotency_key="").filter(requested_at__lt=timezone.now() - KEY_LIFE)
    return old.update(idempotency_key="")
