"""What RingCX tells of a call, whichever way it spells the names: in the upgrade's query and in `Start.metadata`.

RingCentral documents the query only by labels ("EV Account ID") and the metadata only by one sample, so a name is
recognised by its letters and digits alone: "Call ID", "callId", "call_id" and "CALL-ID" are one name.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from calls.events import CallInfo
from calls.vendors.values import read_text, squash

# Name, squashed -> (field of CallInfo, its longest value: what the tables hold). A longer value is no value:
# cut short, two calls might become one.
_FIELDS = {
    "callid": ("call_id", 200),
    "sessionid": ("session_id", 64),
    "ani": ("from_number", 64),
    "callerani": ("from_number", 64),
    "dnis": ("to_number", 64),
    "accountid": ("account_id", 64),
    "evaccountid": ("account_id", 64),
    "subaccountid": ("sub_account_id", 64),
    "evsubaccountid": ("sub_account_id", 64),
    "rcaccountid": ("rc_account_id", 64),
    "ringcentralofficeaccountid": ("rc_account_id", 64),
    "agentid": ("agent_id", 64),
    "producttype": ("product_type", 8),
    "productid": ("product_id", 64),
}

# A queue takes calls; a campaign and an agent who dials by hand make them. RingCX says nothing else of the direction.
_DIRECTIONS = {"QUEUE": "inbound", "CAMPAIGN": "outbound", "MANUAL": "outbound"}


def read_call_info(pairs: Iterable[tuple[str, object]]) -> CallInfo:
    """The call's facts among names and values. Of a repeated name the first value that says something counts."""
    found: dict[str, str] = {}
    for name, value in pairs:
        field, longest = _FIELDS.get(squash(name), ("", 0))
        if field and field not in found and (text := read_text(value, longest)):
            found[field] = text
    # Cut, because some letters grow in upper case.
    product_type = found.pop("product_type", "").upper()[:8]
    told = CallInfo(product_type=product_type, direction=_DIRECTIONS.get(product_type, ""))
    return msgspec.structs.replace(told, **found)


def read_secret(value: object) -> str:
    return read_text(value, 1000)
