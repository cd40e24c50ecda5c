"""RingCentral RingCX (once Engage Voice): call streaming over WebSocket."""

from calls.commands import Capability, Parameter
from calls.vendors.base import AccountField, Endpoint, Option, VendorInfo
from calls.vendors.ringcx.handshake import read_handshake
from calls.vendors.ringcx.products import RingCXProducts
from calls.vendors.ringcx.protocol import RingCXProtocol
from calls.vendors.ringcx.simulator import SIMULATOR


def _unsupported(instead: str) -> Capability:
    return Capability(supported=False, reason=f"RingCX streams are one-way: {instead}")


def _by_rest(label: str, *parameters: Parameter) -> Capability:
    return Capability(supported=True, confirms=True, needs_account=True, label=label, parameters=parameters)


ON_OFF = Parameter(name="state", kind="choice", label="On or off", choices=("on", "off"))
RING = Parameter(name="destination", kind="target", label="Phone number to ring")

INFO = VendorInfo(
    name="ringcx",
    label="RingCX",
    summary="Both sides of the calls of a queue or campaign, to listen to: the agent works in RingCX.",
    call_in_script="{{model.call.uii}}",
    # A streaming URL at RingCX can't have a path.
    endpoint=Endpoint(routes=("", "ws/ringcx/"), shown="", profile_by="product"),
    options={
        "secretIn": Option(
            label="Where the secret comes",
            help="Change it only if streams are refused though the secret is right.",
            default="handshake",
            choices=("handshake", "message"),
            choice_labels=("With the connection request", "Inside the first messages"),
        ),
        "sequence": Option(
            label="How frames are numbered",
            help="Change it only if both sides count lost frames all the time.",
            default="auto",
            choices=("auto", "perTrack", "shared"),
            choice_labels=("Find out by itself", "Each side apart", "Both sides with one counter"),
        ),
    },
    capabilities={
        "break": _unsupported("nothing plays into the call, so there is nothing to interrupt."),
        "digits": _unsupported("the agent sends digits with the keypad of the RingCX agent desktop."),
        # RingCX's REST API puts a call into a queue; to a number, only the agent can transfer.
        "transfer": _by_rest(
            "Transfer to a queue", Parameter(name="target", kind="queue", label="Queue id", max_length=18)
        ),
        "hangup": _by_rest("Hang up"),
        "say": _unsupported("a supervisor speaks to the agent or the caller by RingCX's own coaching or barge-in."),
        "play": _unsupported("audio comes into the call from the RingCX queue's or campaign's own settings."),
        "hangupLeg": _by_rest(
            "Hang up one party", Parameter(name="phone", kind="target", label="Phone number of the party", party=True)
        ),
        "hold": _by_rest("Hold", ON_OFF),
        "recording": _by_rest("RingCX's own recording", ON_OFF),
        "monitor": _by_rest("Listen by phone", RING),
        "coach": _by_rest("Coach the agent by phone", RING),
        "barge": _by_rest("Join by phone", RING),
        "disposition": _by_rest(
            "Set the disposition",
            Parameter(name="disposition", kind="text", label="Disposition, by its name in RingCX"),
            Parameter(name="notes", kind="text", label="Notes", required=False, max_length=1000),
        ),
    },
    account=(
        AccountField(
            name="clientId",
            label="Client id",
            help="Of an app in RingCentral's developer console: REST API, JWT auth flow, permission Read Accounts.",
        ),
        AccountField(name="clientSecret", label="Client secret", secret=True),
        AccountField(
            name="jwt",
            label="JWT",
            secret=True,
            help="Of a RingCentral user who may supervise in RingCX: made under Credentials in the developer console.",
        ),
        AccountField(
            name="platformUrl",
            label="RingCentral's address",
            default="https://platform.ringcentral.com",
            required=False,
            url=True,
        ),
        AccountField(
            name="ringcxUrl",
            label="RingCX's address",
            default="https://ringcx.ringcentral.com",
            required=False,
            url=True,
            help="Older accounts: https://engage.ringcentral.com",
        ),
    ),
    account_id_label="Sub-account id",
    actions=RingCXProducts,
    products=RingCXProducts,
    read_handshake=read_handshake,
    protocol=lambda handshake, options: RingCXProtocol(),
    simulator=SIMULATOR,
)
