"""The address book of transfers. Every write is on record."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from calls.models import StreamingProfile, TransferTarget
from calls.services import audit
from calls.services.audit import Requester
from calls.services.command_rules import clean_target
from calls.vendors import VENDORS
from calls.vendors.base import capabilities_of

MAX_TARGETS = 500  # a dialog offers them all
MAX_LENGTH = 256


class NameTaken(Exception):
    """Another entry for the same calls has this name."""


class TooMany(Exception):
    """The book is full."""


def clean_entry(text: str, profile: StreamingProfile | None) -> str:
    """A target as it is stored: E.164, or a SIP address where the profile's vendor takes one. For every profile, a
    number is given whole. Raises `ValidationError`."""
    if len(text) > MAX_LENGTH:
        raise ValidationError(_("Give at most %(most)s characters."), "max_length", {"most": MAX_LENGTH})
    if profile is None:
        return clean_target(text, sip=True)
    capability = capabilities_of(VENDORS[profile.vendor], profile.options).get("transfer")
    takes_sip = capability is not None and any(parameter.sip for parameter in capability.parameters)
    return clean_target(text, region=profile.default_region, sip=takes_sip)


def save_target(entry: TransferTarget, *, by: Requester) -> TransferTarget:
    """Writes an entry whose target is clean. Raises `NameTaken` and `TooMany`."""
    is_new = entry._state.adding
    with transaction.atomic():
        if is_new and TransferTarget.objects.count() >= MAX_TARGETS:
            raise TooMany
        try:
            with transaction.atomic():
                entry.save()
        except IntegrityError:
            raise NameTaken from None
        detail = {"target": entry.target, "profile": str(entry.profile_id) if entry.profile_id else None}
        audit.record(action="target.create" if is_new else "target.change", by=by, subject=entry.name, detail=detail)
    return entry


def delete_target(entry: TransferTarget, *, by: Requester) -> None:
    with transaction.atomic():
        audit.record(action="target.delete", by=by, subject=entry.name, detail={"target": entry.target})
        entry.delete()
