"""RingCentral RingCX (once Engage Voice): call streaming over WebSocket."""

from calls.vendors.base import Capability, VendorInfo
from calls.vendors.ringcx.handshake import read_handshake
from calls.vendors.ringcx.protocol import RingCXProtocol
from calls.vendors.ringcx.simulator import SIMULATOR


def _unsupported(instead: str) -> Capability:
    return Capability(supported=False, reason=f"RingCX streams are one-way: {instead}")


INFO = VendorInfo(
    name="ringcx",
    label="RingCX",
    capabilities={
        "break": _unsupported("nothing plays into the call, so there is nothing to interrupt."),
        "digits": _unsupported("the agent sends digits with the keypad of the RingCX agent desktop."),
        "transfer": _unsupported("the agent transfers or requeues the call in the RingCX agent desktop."),
        "hangup": _unsupported("the agent hangs up in the RingCX agent desktop."),
        "say": _unsupported("a supervisor speaks to the agent or the caller by RingCX's own coaching or barge-in."),
        "play": _unsupported("audio comes into the call from the RingCX queue's or campaign's own settings."),
    },
    read_handshake=read_handshake,
    protocol=RingCXProtocol,
    simulator=SIMULATOR,
)
