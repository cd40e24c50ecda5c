"""The recognisers that an admin can choose from, in words."""

from __future__ import annotations

from django.conf import settings

from calls.stt import list_engines

OFF = "No transcript"


def recognizer_choices() -> list[tuple[str, str]]:
    labels = {name: engine.label for name, engine in list_engines(production=settings.PRODUCTION).items()}
    default = labels.get(settings.HUB_RECOGNIZER, OFF)
    return [("", f"The installation's default ({default})"), *labels.items(), ("off", OFF)]


def recognizer_notes() -> list[tuple[str, str, str]]:
    """What to know before choosing one: the value of the choice, the recogniser's name, the note."""
    engines = list_engines(production=settings.PRODUCTION)
    notes = [(name, engine.label, engine.note) for name, engine in engines.items() if engine.note]
    default = engines.get(settings.HUB_RECOGNIZER)
    return [("", default.label, default.note), *notes] if default and default.note else notes
