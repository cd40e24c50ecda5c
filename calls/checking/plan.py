"""The test call: a few seconds of real speech, sent as the profile's vendor would send it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from django.utils import timezone

from calls.events import AudioFormat
from calls.models import StreamingProfile
from calls.services.endpoints import endpoint_url, endpoint_url_with_secret, simulator_arguments
from calls.simulating import SAMPLES
from calls.vendors import VENDORS
from calls.vendors.simulation import SimulatedCall
from calls.vendors.wav import SILENCE, fit, read_wav

BEFORE_MS, AFTER_MS = 200, 1300  # of silence; the recogniser takes the end of speech from it


class Turn(NamedTuple):
    track: str
    start_ms: int
    end_ms: int
    text: str


@cache
def turns() -> tuple[Turn, Turn]:
    """The agent's first words of the samples, and the customer's."""
    found = json.loads((SAMPLES / "transcript.json").read_text())["turns"]
    first = [next(turn for turn in found if turn["track"] == track) for track in ("agent", "customer")]
    agent, customer = (Turn(turn["track"], turn["startMs"], turn["endMs"], turn["text"]) for turn in first)
    return agent, customer


def address(profile: StreamingProfile) -> tuple[str, bool]:
    """Where the vendor connects, and whether an admin typed it (else it is the hub's own)."""
    if profile.streaming_url:
        return profile.streaming_url, True
    return endpoint_url_with_secret(profile) or endpoint_url(profile), False


def shown_address(profile: StreamingProfile) -> str:
    """The same without its secret."""
    return profile.streaming_url or endpoint_url(profile)


def make_test_call(profile: StreamingProfile, vendor_call_id: str) -> SimulatedCall:
    simulator = VENDORS[profile.vendor].simulator
    options = _options(profile, simulator.call_id_argument, vendor_call_id)
    audio = simulator.audio(options)
    agent, customer = (_cut(turn, audio) for turn in turns())
    both = fit([agent, customer], audio, None)
    return simulator.make_calls(options, both[0], both[1], timezone.now())[0]


def make_preflight(profile: StreamingProfile) -> SimulatedCall | None:
    """The connection by which some vendors ask whether somebody is there."""
    simulator = VENDORS[profile.vendor].simulator
    if not simulator.preflight:
        return None
    return simulator.make_calls(_options(profile, *simulator.preflight), b"", b"", timezone.now())[0]


def tracks_of(profile: StreamingProfile) -> Sequence[str]:
    """Whose voices the vendor streams at least."""
    return ("agent", "customer") if VENDORS[profile.vendor].playout is None else ("customer",)


def _options(profile: StreamingProfile, *more: str) -> argparse.Namespace:
    simulator = VENDORS[profile.vendor].simulator
    parser = argparse.ArgumentParser()
    simulator.add_arguments(parser)
    pace = ["--any-pace"] if simulator.hears else []
    parser.set_defaults(calls=1, speed=1.0)
    return parser.parse_args([*simulator_arguments(profile, profile.secret), *pace, *more])


def _cut(turn: Turn, audio: AudioFormat) -> bytes:
    name = f"{turn.track}.wav"
    samples = read_wav((SAMPLES / name).read_bytes(), name, audio)
    width = len(SILENCE[audio.encoding])
    start, stop = ((ms * audio.rate // 1000) * width for ms in (turn.start_ms - BEFORE_MS, turn.end_ms))
    return samples[start:stop] + SILENCE[audio.encoding] * (AFTER_MS * audio.rate // 1000)
