"""The recognisers that an admin can choose from, in words."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop

from calls.pages.access import for_admins
from calls.services.trying import MAX_BYTES, MAX_SECONDS, known_recognizers
from calls.stt import list_engines

OFF = gettext_noop("No transcript")


def recognizer_choices() -> list[tuple[str, str]]:
    labels = {name: gettext(engine.label) for name, engine in list_engines(production=settings.PRODUCTION).items()}
    default = labels.get(settings.HUB_RECOGNIZER, gettext(OFF))
    usual = gettext("The installation's default (%(name)s)") % {"name": default}
    return [("", usual), *labels.items(), ("off", gettext(OFF))]


def recognizer_notes() -> list[tuple[str, str, str]]:
    """What to know before choosing one: the value of the choice, the recogniser's name, the note."""
    engines = list_engines(production=settings.PRODUCTION)
    notes = [(name, gettext(engine.label), gettext(engine.note)) for name, engine in engines.items() if engine.note]
    default = engines.get(settings.HUB_RECOGNIZER)
    return [("", gettext(default.label), gettext(default.note)), *notes] if default and default.note else notes


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    """The recognisers of this hub, and a recording to try one with."""
    known = known_recognizers()
    context = {
        "recognizers": known,
        "max_seconds": MAX_SECONDS,
        "max_megabytes": MAX_BYTES // 1_000_000,
        "max_bytes": MAX_BYTES,
    }
    return render(request, "recognizers.html", context)
