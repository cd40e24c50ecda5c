"""What can be done to a call at this moment: what its vendor declares, as far as the call and the installation allow it.

Everything is read from a call of `Call.objects.for_display()`: lists of calls cost no further query.
"""

from __future__ import annotations

from msgspec.structs import replace

from calls.commands import BOT_COMMANDS, COMMANDS, Capability
from calls.models import Call
from calls.models.calls import State
from calls.vendors import VENDORS
from calls.vendors.base import VendorInfo, account_missing, capabilities_of

OVER = "The call is over."
DISCONNECTED = "The vendor's connection is lost. It can be acted on again once the vendor has reconnected."
NO_BOT = "No bot is in the call."


def effective_capabilities(call: Call) -> dict[str, Capability]:
    """By command, each with its label and parameters: the vendor's, and the hub's own where a bot answers."""
    vendor = VENDORS[call.vendor]
    declared = capabilities_of(vendor, call.profile.options if call.profile else {})
    found = {type: _of_vendor(type, capability, vendor, call) for type, capability in declared.items()}
    if call.profile is not None and call.profile.bot_id is not None:
        session = getattr(call, "bot_session", None)
        present = session is not None and not session.ended
        for type, label in BOT_COMMANDS.items():
            found[type] = Capability(supported=present, reason="" if present else NO_BOT, confirms=True, label=label)
    if blocked := _why_out_of_reach(call):
        for type, capability in found.items():
            if capability.supported:
                found[type] = replace(capability, supported=False, reason=blocked)
    return found


def with_parameters(type: str, capability: Capability) -> Capability:
    """With the label and parameters that every vendor's command of this type has, unless it declares its own."""
    label, parameters = COMMANDS.get(type, (type, ()))
    return replace(capability, label=capability.label or label, parameters=capability.parameters or parameters)


def _of_vendor(type: str, capability: Capability, vendor: VendorInfo, call: Call) -> Capability:
    capability = with_parameters(type, capability)
    if not capability.needs_account:
        return capability
    reason = "" if call.has_account else account_missing(vendor)
    return replace(capability, supported=call.has_account, reason=reason)


def _why_out_of_reach(call: Call) -> str:
    """Empty where a connection of the call is open."""
    if call.state != State.LIVE:
        return OVER
    return "" if any(stream.state == State.LIVE for stream in call.streams.all()) else DISCONNECTED
