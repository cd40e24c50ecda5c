"""The catalogue of what scripts say, in one language: `/words/fr.js`."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.i18n import JavaScriptCatalog

from hub.declared_texts import texts_of_actions

LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)


class Catalog(JavaScriptCatalog):
    """With what a call's action bar says, which comes as data."""

    def get_catalog(self) -> dict[str, str | list[str]]:
        declared = {text: translation.gettext(text) for text in texts_of_actions()}
        found: dict[str, str | list[str]] = super().get_catalog()
        return {text: told for text, told in declared.items() if told != text} | found


@cache_control(max_age=300)
def words(request: HttpRequest, language: str) -> HttpResponseBase:
    if language not in LANGUAGES:
        raise Http404
    with translation.override(language):
        return Catalog.as_view()(request)
