"""Ringover: its media server streams a call to us and plays what we send."""

from collections.abc import Mapping

from calls.commands import Capability
from calls.vendors.base import AccountField, Endpoint, Option, PlayoutTiming, VendorInfo
from calls.vendors.ringover.facts import RATES
from calls.vendors.ringover.handshake import read_handshake
from calls.vendors.ringover.outgoing import check_command
from calls.vendors.ringover.protocol import RingoverProtocol
from calls.vendors.ringover.rest import BASE, BASE_US, RingoverActions
from calls.vendors.ringover.simulator import SIMULATOR

ENDS_STREAM = Capability(supported=True, confirms=True, confirmed_by_end=True)


def _by_rest(label: str = "") -> Capability:
    return Capability(supported=True, confirms=True, needs_account=True, label=label)


def _number_or_string(label: str, help: str) -> Option:
    return Option(
        label=label,
        help=help,
        default="auto",
        choices=("auto", "string", "number"),
        choice_labels=("As a number where nothing is lost", "Always as a string", "Always as a number"),
    )


def _adapt(options: Mapping[str, object]) -> Mapping[str, Capability]:
    return {"hangup": _by_rest()} if options["hangup"] == "rest" else {}


INFO = VendorInfo(
    name="ringover",
    label="Ringover",
    summary="The caller's side of a call, or both, to listen to and to speak into: by a bot, or by a supervisor.",
    setup=(
        "Have Ringover stream the calls that you choose to this address. Where the dashboard doesn't offer it, ask "
        "Ringover's support.",
        "Give them the whole address, with its token, and nobody else: whoever knows it can send calls to this hub.",
        "Make a test call. If the profile then shows a warning about the audio's format, set the options it names.",
    ),
    endpoint=Endpoint(
        routes=("ws/ringover/<str:address>/", "ws/ringover/"),
        shown="/ws/ringover/<token>/",
        profile_by="token",
        first_message_seconds=60.0,
        clean_close_ends=True,
    ),
    options={
        "encoding": Option(
            label="Encoding of the audio",
            default="auto",
            choices=("auto", "l16", "rtp"),
            choice_labels=("Find out by itself", "Samples of 16 bits (L16)", "RTP packets of G.711"),
        ),
        "sampleRate": Option(
            label="Sample rate in Hz",
            help="Where the profile says one, it counts more than what Ringover tells.",
            default="auto",
            choices=("auto", *RATES),
            choice_labels=("As Ringover tells, else 8000", *map(str, RATES)),
        ),
        "channels": Option(
            label="Channels",
            default="auto",
            choices=("auto", 1, 2),
            choice_labels=("As Ringover tells, else mono", "Mono: the caller", "Stereo: both sides"),
        ),
        "customerChannel": Option(
            label="The caller's side of a stereo stream",
            help="Change it if the transcript shows the two sides the wrong way round.",
            default="left",
            choices=("left", "right"),
            choice_labels=("Left", "Right"),
        ),
        "dtmfTones": Option(
            label="Listen for keys",
            help="Ringover doesn't tell which keys the caller presses. The hub hears them as tones in the audio.",
            default=True,
        ),
        "digitsType": _number_or_string(
            "How digits are sent", "Ringover documents a number, which can't begin with 0 or hold * and #."
        ),
        "transferType": _number_or_string(
            "How the number of a transfer is sent", "Ringover documents a number, without the plus sign."
        ),
        "audioDataType": Option(
            label="What audio is sent as",
            default="raw",
            choices=("raw", "wav"),
            choice_labels=("Bare samples", "WAV files"),
        ),
        "hangup": Option(
            label="How the hub hangs up",
            default="close",
            choices=("close", "rest"),
            choice_labels=("It closes the connection", "By Ringover's REST API"),
        ),
    },
    adapt=_adapt,
    capabilities={
        "break": Capability(supported=True),
        "digits": Capability(supported=True),
        "transfer": ENDS_STREAM,
        "hangup": Capability(supported=True, confirms=True, confirmed_by_end=True, closes=True),
        "say": Capability(supported=True),
        "play": Capability(supported=True),
        "hold": _by_rest("Hold, or take back"),
        "mute": _by_rest("Mute, or unmute"),
        "recording": _by_rest("Start or stop Ringover's own recording"),
    },
    check_command=check_command,
    account=(
        AccountField(
            name="apiKey",
            label="API key",
            secret=True,
            help="Made in Ringover's dashboard under Developer. It must be allowed to read and write calls, with monitoring.",
        ),
        AccountField(
            name="baseUrl",
            label="Address of the REST API",
            default=BASE,
            required=False,
            url=True,
            help=f"Accounts in the US: {BASE_US}",
        ),
    ),
    actions=RingoverActions,
    read_handshake=read_handshake,
    protocol=RingoverProtocol,
    simulator=SIMULATOR,
    # Small messages are said to cost a gap of about 100 ms each, so they are large, and a turn begins with a reserve.
    playout=PlayoutTiming(batch_ms=240, preroll_ms=360, lead_ms=500),
)
