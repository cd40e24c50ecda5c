"""Who may stream: decided at the handshake where it can be, else at the first message that tells."""

from __future__ import annotations

from typing import NamedTuple

from calls.events import CallInfo
from calls.models import StreamingProfile
from calls.services import profiles
from calls.services.profiles import Refusal


class Admitted(NamedTuple):
    profile: StreamingProfile


class Refused(NamedTuple):
    reason: Refusal


class Undecided(NamedTuple):
    """The handshake does not tell; a message will have to."""


def at_handshake(*, vendor: str, info: CallInfo, secrets: tuple[str, ...]) -> Admitted | Refused | Undecided:
    """Decides from the upgrade request. Undecided where it names no product, or where the profile expects its secret in
    a message. Blocking; a few indexed look-ups."""
    if not (info.product_type and info.product_id):
        return Undecided()
    if not info.sub_account_id and profiles.needs_sub_account(vendor=vendor, info=info):
        return Undecided()
    return _decide(vendor, info, secrets, in_message=False)


def at_message(*, vendor: str, info: CallInfo, secrets: tuple[str, ...]) -> Admitted | Refused:
    """Decides from all that the handshake and the messages told."""
    decision = _decide(vendor, info, secrets, in_message=True)
    assert not isinstance(decision, Undecided)
    return decision


def _decide(
    vendor: str, info: CallInfo, secrets: tuple[str, ...], *, in_message: bool
) -> Admitted | Refused | Undecided:
    profile = profiles.find_profile(vendor=vendor, info=info)
    reason: Refusal | None
    if profile is None:
        reason = "unknown_product"
    elif not profile.enabled:
        reason = "profile_disabled"
    else:
        if not in_message and profile.options.get("secretIn") == "message":
            return Undecided()
        reason = profiles.check_secret(profile, secrets)
        if reason is None:
            return Admitted(profile)
    profiles.note_refused(vendor=vendor, info=info, reason=reason)
    return Refused(reason)
