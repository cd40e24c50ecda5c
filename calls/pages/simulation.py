"""The command that sends a profile a simulated call."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from django.conf import settings

from calls.models import StreamingProfile
from calls.models.profiles import SecretCheck
from calls.services.endpoints import TOKEN, endpoint_url, simulator_arguments
from calls.vendors import VENDORS

SPEECH = "calls/samples/caller.wav"


def command_for(profile: StreamingProfile, *, reveal: bool = False) -> str:
    """To be run in the hub's folder. Unless `reveal` is set, a word in capitals stands for the profile's secret."""
    token, secret = (profile.secret, profile.secret) if reveal else ("TOKEN", "SECRET")
    by_product = VENDORS[profile.vendor].endpoint.profile_by == "product"
    if not profile.secret or (by_product and profile.secret_check != SecretCheck.ENFORCE):
        secret = ""
    words = [python(), "manage.py", "simulate", profile.vendor, "--url", endpoint_url(profile).replace(TOKEN, token)]
    speech = ["--audio", SPEECH] if VENDORS[profile.vendor].simulator.silent else []
    return shlex.join([*words, *simulator_arguments(profile, secret), *speech])


def python() -> str:
    """As it is called in the hub's folder: that of the virtual environment, where it is in there."""
    program = Path(sys.executable)
    return str(program.relative_to(settings.BASE_DIR)) if program.is_relative_to(settings.BASE_DIR) else "python"
