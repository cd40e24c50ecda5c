"""What each engine gives, as data: readable without importing or starting the engine."""

from __future__ import annotations

from calls.tts.base import Capabilities

ESPEAK = Capabilities(
    label="eSpeak NG (built in)",
    rate=22_050,
    network=False,
    streams=True,
    note="Sounds like a machine. Speaks at once, in more than a hundred languages. Nothing leaves this machine.",
)

FLITE = Capabilities(
    label="Flite (where installed)",
    rate=16_000,
    network=False,
    streams=True,
    note="A little more human than eSpeak NG, US English only. Needs the program flite: apt install flite. Nothing leaves "
    "this machine.",
)

OPENAI = Capabilities(
    label="OpenAI-compatible endpoint",
    rate=24_000,
    network=True,
    streams=True,
    note="Sends each text to the endpoint that you name: OpenAI, or a server of your own that speaks its protocol.",
)

GOOGLE = Capabilities(
    label="Google Cloud Text-to-Speech",
    rate=24_000,
    network=True,
    streams=True,
    note="Sends each text to Google, who charges for it. Needs a Google Cloud project and credentials.",
)
