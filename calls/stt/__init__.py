"""Speech recognisers: the interface (`base`), and the explicit list of the engines that implement it.

`ENGINES` can be read without starting or importing an engine; `make_recognizer` is the only way to get one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from calls.stt import capabilities
from calls.stt.base import Capabilities, Recognizer, RecognizerUnavailable

Options = Mapping[str, object]

_IMPORT_HINTS = {"pocketsphinx": "pip install pocketsphinx", "google": "pip install google-cloud-speech"}


def _pocketsphinx(options: Options) -> Recognizer:
    from calls.stt.pocketsphinx.engine import PocketsphinxOptions, PocketsphinxRecognizer

    return PocketsphinxRecognizer(msgspec.convert(dict(options), PocketsphinxOptions))


def _google(options: Options) -> Recognizer:
    from calls.stt.google.engine import GoogleOptions, GoogleRecognizer

    return GoogleRecognizer(msgspec.convert(dict(options), GoogleOptions))


def _scripted(options: Options) -> Recognizer:
    from calls.stt.scripted import ScriptedOptions, ScriptedRecognizer

    return ScriptedRecognizer(msgspec.convert(dict(options), ScriptedOptions))


class Engine(msgspec.Struct, frozen=True):
    name: str
    capabilities: Capabilities
    make: Callable[[Options], Recognizer]
    production: bool = True


ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine("pocketsphinx", capabilities.POCKETSPHINX, _pocketsphinx),
        Engine("google", capabilities.GOOGLE, _google),
        Engine("scripted", capabilities.SCRIPTED, _scripted, production=False),
    )
}


def list_engines(*, production: bool) -> dict[str, Capabilities]:
    """The engines that may be chosen here, by name."""
    return {name: engine.capabilities for name, engine in ENGINES.items() if engine.production or not production}


def make_recognizer(name: str, options: Options | None = None, *, production: bool) -> Recognizer:
    """A new engine, not started. Raises `RecognizerUnavailable`, whose message says what to do."""
    engine = ENGINES.get(name)
    if engine is None:
        raise RecognizerUnavailable(f"There is no recogniser {name!r}; there are: {', '.join(ENGINES)}.")
    if production and not engine.production:
        raise RecognizerUnavailable(
            f"The recogniser {name!r} invents its transcripts; it is for tests and load runs, not for production. "
            f"Choose another: {', '.join(list_engines(production=True))}."
        )
    try:
        return engine.make(options or {})
    except ImportError as error:
        raise RecognizerUnavailable(
            f"The recogniser {name!r} is not installed ({error}). Run: {_IMPORT_HINTS.get(name, 'make setup')}."
        ) from error
    except msgspec.ValidationError as error:
        raise RecognizerUnavailable(f"The options of the recogniser {name!r} are wrong: {error}.") from error
