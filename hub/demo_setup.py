"""What the demo puts into an empty hub: a profile for each vendor, a bot that answers, and calls to simulate."""

from __future__ import annotations

import sys

import msgspec
from django.conf import settings

from bots.models import Bot, Kind
from bots.services import bots
from calls.models import StreamingProfile
from calls.services import profiles
from calls.services.audit import Requester

SAMPLES = settings.BASE_DIR / "calls" / "samples"
PRODUCT_ID = "1234"
NAMES = {"ringcx": "Demo queue", "audiocodes": "Demo bot line", "ringover": "Demo line"}


class Simulation(msgspec.Struct, frozen=True):
    """A call that `manage.py simulate` can make of one profile."""

    label: str  # of the vendor
    id_option: str  # names the call
    path: str
    arguments: list[str]

    def command(self, address: str) -> list[str]:
        vendor, *options = self.arguments
        url = address.replace("http", "ws", 1) + self.path
        return [sys.executable, sys.argv[0], "simulate", vendor, "--url", url, *options]


def make_profiles() -> StreamingProfile:
    """Returns RingCX's, whose agents have an iFrame."""
    phrases = [phrase for phrase in (SAMPLES / "phrases.txt").read_text().splitlines() if phrase.strip()]
    queue = StreamingProfile(name=NAMES["ringcx"], product_id=PRODUCT_ID, phrases=phrases)
    profiles.save_profile(queue)
    bot = Bot(name="Demo menu", kind=Kind.MENU, document=(SAMPLES / "menu.yaml").read_text())
    bots.save_bot(bot, by=Requester(name="demo"))
    for vendor in ("audiocodes", "ringover"):
        profile = StreamingProfile(name=NAMES[vendor], vendor=vendor, bot=bot, default_region="US")
        profiles.save_profile(profile)
    return queue


def simulations() -> list[Simulation]:
    """One for each of the demo's profiles that is still there."""
    found = {profile.vendor: profile for profile in StreamingProfile.objects.filter(name__in=NAMES.values())}
    made = []
    if "ringcx" in found:
        made.append(Simulation("RingCX", "--call-id", "/", ["ringcx", "--product-id", found["ringcx"].product_id]))
    caller = str((SAMPLES / "caller.wav").relative_to(settings.BASE_DIR))
    if profile := found.get("audiocodes"):
        arguments = ["audiocodes", "--slug", profile.slug, "--audio", caller, "--format", "raw/lpcm16_8"]
        arguments += ["--secret", profile.secret] if profile.secret else []
        made.append(Simulation("AudioCodes", "--conversation-id", "", arguments))
    if profile := found.get("ringover"):
        arguments = ["ringover", "--token", profile.secret, "--audio", caller]
        made.append(Simulation("Ringover", "--call-id", "", arguments))
    return made
