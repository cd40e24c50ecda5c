"""Who may stream: decided at the handshake where it can be, else at the first message that tells."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs

from calls.events import CallInfo
from calls.models import StreamingProfile
from calls.models.checks import TEST_CALL
from calls.services import stream_access as access
from calls.services.stream_access import Refusal
from calls.vendors.base import Handshake, VendorInfo


class Admitted(NamedTuple):
    profile: StreamingProfile


class Refused(NamedTuple):
    """`told` is what the peer may know of the reason: which addresses exist is nobody's business."""

    reason: Refusal
    told: str = "This address is unknown, or its secret is missing or wrong."


class Undecided(NamedTuple):
    """The handshake does not tell; a message will have to."""


def at_handshake(*, vendor: VendorInfo, handshake: Handshake, query: bytes) -> Admitted | Refused | Undecided:
    """Decides from the request on a vendor's address, an upgrade or a probe. Blocking; a few indexed look-ups."""
    match vendor.endpoint.profile_by:
        case "product":
            return _by_product(vendor.name, handshake.info, handshake.secrets)
        case "token":
            return _by_token(vendor.name, handshake)
        case "slug":
            return _by_slug(vendor.name, handshake, query)


def at_message(*, vendor: str, info: CallInfo, secrets: tuple[str, ...]) -> Admitted | Refused:
    """Decides from all that the handshake and the messages told."""
    decision = _decide(vendor, info, secrets, in_message=True)
    assert not isinstance(decision, Undecided)
    return decision


def _by_product(vendor: str, info: CallInfo, secrets: tuple[str, ...]) -> Admitted | Refused | Undecided:
    """Undecided where no product is named, or where the profile expects its secret in a message."""
    if not (info.product_type and info.product_id):
        return Undecided()
    if not info.sub_account_id and access.needs_sub_account(vendor=vendor, info=info):
        return Undecided()
    return _decide(vendor, info, secrets, in_message=False)


def _decide(
    vendor: str, info: CallInfo, secrets: tuple[str, ...], *, in_message: bool
) -> Admitted | Refused | Undecided:
    profile = access.find_profile(vendor=vendor, info=info)
    is_test = info.call_id.startswith(TEST_CALL)  # says nothing of what the vendor sends
    reason: Refusal | None
    if profile is None:
        reason = "unknown_product"
    elif not profile.enabled:
        reason = "profile_disabled"
    else:
        if not in_message and profile.options.get("secretIn") == "message":
            return Undecided()
        reason = access.check_secret(profile, secrets, note=not is_test)
        if reason is None:
            return Admitted(profile)
    if not is_test:
        access.note_refused(vendor=vendor, info=info, profile=profile, reason=reason)
    return Refused(reason, told=reason)


def _by_token(vendor: str, handshake: Handshake) -> Admitted | Refused:
    """The token finds the profile and is its secret."""
    profile = access.find_profile_of_token(vendor=vendor, tokens=(handshake.address, *handshake.secrets))
    if profile is not None and profile.enabled:
        return Admitted(profile)
    reason: Refusal = "profile_disabled" if profile else "unknown_token"
    access.note_refused(vendor=vendor, profile=profile, reason=reason)
    return Refused(reason)


def _by_slug(vendor: str, handshake: Handshake, query: bytes) -> Admitted | Refused:
    """The address finds the profile; its secret, where it has one, comes beside. A ticket will do instead."""
    profile = access.find_profile_of_slug(vendor=vendor, slug=handshake.address)
    reason: Refusal | None
    if profile is None:
        reason = "unknown_slug"
    elif not profile.enabled:
        reason = "profile_disabled"
    else:
        tickets = parse_qs(query.decode("latin-1")).get("ticket", [])
        if tickets and access.is_ticket_for(profile, tickets[0]):
            return Admitted(profile)
        reason = access.check_secret(profile, handshake.secrets, always=True)
        if reason is None:
            return Admitted(profile)
    access.note_refused(vendor=vendor, slug=handshake.address, profile=profile, reason=reason)
    return Refused(reason)
