"""Speech synthesisers: the interface (`base`), the list of the engines that implement it, and speech as a stream wants
it (`speech`).

`ENGINES` can be read without starting or importing an engine; `make_synthesizer` is the only way to get one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from calls.tts import capabilities
from calls.tts.base import Capabilities, Synthesizer, SynthesizerUnavailable

Options = Mapping[str, object]

_IMPORT_HINTS = {"openai": "pip install openai", "google": "pip install google-cloud-texttospeech"}


def _espeak(options: Options) -> Synthesizer:
    from calls.tts.espeak.engine import EspeakOptions, EspeakSynthesizer

    return EspeakSynthesizer(msgspec.convert(dict(options), EspeakOptions))


def _flite(options: Options) -> Synthesizer:
    from calls.tts.flite import FliteOptions, FliteSynthesizer

    return FliteSynthesizer(msgspec.convert(dict(options), FliteOptions))


def _openai(options: Options) -> Synthesizer:
    from calls.tts.openai_compatible import OpenAIOptions, OpenAISynthesizer

    return OpenAISynthesizer(msgspec.convert(dict(options), OpenAIOptions))


def _google(options: Options) -> Synthesizer:
    from calls.tts.google_cloud import GoogleOptions, GoogleSynthesizer

    return GoogleSynthesizer(msgspec.convert(dict(options), GoogleOptions))


class Engine(msgspec.Struct, frozen=True):
    name: str
    capabilities: Capabilities
    make: Callable[[Options], Synthesizer]


ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine("espeak", capabilities.ESPEAK, _espeak),
        Engine("flite", capabilities.FLITE, _flite),
        Engine("openai", capabilities.OPENAI, _openai),
        Engine("google", capabilities.GOOGLE, _google),
    )
}


def list_engines() -> dict[str, Capabilities]:
    """The engines that may be chosen here, by name."""
    return {name: engine.capabilities for name, engine in ENGINES.items()}


def make_synthesizer(name: str, options: Options | None = None) -> Synthesizer:
    """A new engine, not started. Raises `SynthesizerUnavailable`, whose message says what to do."""
    engine = ENGINES.get(name)
    if engine is None:
        raise SynthesizerUnavailable(f"There is no speech synthesiser {name!r}; there are: {', '.join(ENGINES)}.")
    try:
        return engine.make(options or {})
    except ImportError as error:
        raise SynthesizerUnavailable(
            f"The speech synthesiser {name!r} is not installed ({error}). Run: {_IMPORT_HINTS.get(name, 'make setup')}."
        ) from error
    except msgspec.ValidationError as error:
        raise SynthesizerUnavailable(f"The options of the speech synthesiser {name!r} are wrong: {error}.") from error
