"""What each engine takes and gives, as data: readable without importing or starting the engine."""

from __future__ import annotations

from calls.stt.base import Capabilities

POCKETSPHINX = Capabilities(
    label="PocketSphinx (built in)",
    encodings=("mulaw", "alaw", "l16"),
    rates=(8000, 16000),
    interims=True,
    network=False,
    cpu_bound=True,
    languages=("en-US",),
    phrases=True,
    note="US English, demo grade: expect every third word of real telephone speech to be wrong. "
    "A phrase list helps much. Nothing leaves this machine. For daily work choose a better engine.",
)

GOOGLE = Capabilities(
    label="Google Cloud Speech-to-Text v2",
    encodings=("mulaw", "alaw", "l16"),
    rates=(8000, 16000),
    interims=True,
    network=True,
    cpu_bound=False,
    languages=(),
    phrases=True,
    note="Sends the audio of every call to Google, who charges for it. Needs a Google Cloud project and credentials.",
)

SCRIPTED = Capabilities(
    label="Scripted (tests only)",
    encodings=("mulaw", "alaw", "l16"),
    rates=(8000, 16000),
    interims=True,
    network=False,
    cpu_bound=False,
    languages=(),
    phrases=False,
    note="Listens to nothing: repeats a given text at the pace of the audio. For tests and load runs.",
)
