"""AudioCodes VoiceAI Connect and Live Hub: the Bot API's streaming mode."""

from calls.vendors.audiocodes import formats
from calls.vendors.audiocodes.actions import CAPABILITIES, adapt, check_command
from calls.vendors.audiocodes.handshake import read_handshake
from calls.vendors.audiocodes.protocol import AudioCodesProtocol
from calls.vendors.audiocodes.simulator import SIMULATOR
from calls.vendors.base import Endpoint, Option, PlayoutTiming, VendorInfo

INFO = VendorInfo(
    name="audiocodes",
    label="AudioCodes",
    summary="A caller who talks to a bot, or to whoever acts for it: the hub hears, speaks, and acts on the call.",
    setup=(
        "Create a bot connection with the AudioCodes Bot API, in its streaming (WebSocket) mode.",
        "Give it the address above as bot URL, and the profile's secret as token.",
        "Switch voice on in both directions: directSTT and directTTS, or “stream voice” at Live Hub. Without them the "
        "platform recognises and speaks itself, and only text arrives here.",
        "Validate the bot URL there; then call.",
    ),
    test_page=True,
    endpoint=Endpoint(
        routes=("ws/audiocodes/<str:address>/",),
        shown="/ws/audiocodes/<slug>/",
        profile_by="slug",
        refusal=401,
        probe={"type": "ac-bot-api", "success": True},
    ),
    options={
        "resumeSeconds": Option(
            label="Wait for a lost connection (seconds)",
            help="AudioCodes connects again and goes on with the call. After this time the call counts as ended.",
            default=30,
            low=0,
            high=600,
        ),
        "bargeIn": Option(
            label="Hear the caller while the hub speaks",
            help="Without it AudioCodes withholds the caller's audio until the hub has finished.",
            default=True,
        ),
        "sendDtmf": Option(label="Receive the keys that the caller presses", default=True),
        "breakSpeechEvents": Option(
            label="Stop playback by speech events too",
            help="AudioCodes has no message that empties its buffer; this makes it believe that the caller broke in.",
            default=True,
        ),
        "hangupWaitSeconds": Option(
            label="Wait for the end after a hang-up (seconds)",
            help="Then the hub closes the connection itself.",
            default=5,
            low=1,
            high=60,
        ),
        "mediaFormat": Option(
            label="Media format",
            help="Taken where AudioCodes offers it, else the first offered one.",
            default="auto",
            choices=("auto", *formats.NAMES),
        ),
        "transferNotifications": Option(
            label="Keep the call when a transfer fails",
            help="AudioCodes then tells how each transfer went. Without it the hub's part ends with the transfer.",
            default=True,
        ),
        "playNotifications": Option(
            label="Be told when a played file ends or fails",
            default=True,
        ),
        "playUrlMediaFormat": Option(
            label="Media format of files to play",
            help="Versions of VoiceAI Connect up to 3.8 play a file of another format as noise.",
            default="wav/lpcm16",
            choices=formats.NAMES,
        ),
        "playUrlCaching": Option(label="Let AudioCodes keep files that it played", default=False),
    },
    capabilities=CAPABILITIES,
    adapt=adapt,
    read_handshake=read_handshake,
    protocol=lambda handshake, options: AudioCodesProtocol(options),
    simulator=SIMULATOR,
    # What was sent ahead can't be taken back, so little of it is: 180 ms, and never less than 120 ms while it flows.
    playout=PlayoutTiming(batch_ms=60, lead_ms=180),
    check_command=check_command,
)
