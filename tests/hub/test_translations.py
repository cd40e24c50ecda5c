"""The catalogues: complete, with the same places as the English texts, compiled, and seen on the pages."""

from __future__ import annotations

import gettext
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings
from django.test import Client

from calls.models import User
from hub.declared_texts import declared_texts
from tests.conftest import MakeCall

LOCALE = Path(settings.LOCALE_PATHS[0])
OTHER_LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
CATALOGUES = [(language, domain) for language in OTHER_LANGUAGES for domain in ("django", "djangojs")]
PLACE = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}|</?(?:a|b|code|kbd)\b|&\w+;|\{\{.*?\}\}")


def path_of(language: str, domain: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


@pytest.fixture(params=CATALOGUES, ids="-".join)
def catalogue(request: pytest.FixtureRequest) -> polib.POFile:
    return polib.pofile(str(path_of(*request.param)))


def told(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_nothing_is_missing_or_guessed(catalogue: polib.POFile) -> None:
    assert len(catalogue) > 100
    assert [entry.msgid for entry in catalogue if not all(text.strip() for text in told(entry))] == []
    assert [entry.msgid for entry in catalogue if entry.fuzzy] == []
    assert catalogue.obsolete_entries() == []


def test_each_place_is_there_as_often(catalogue: polib.POFile) -> None:
    wrong = []
    for entry in catalogue:
        english = {
            frozenset(Counter(PLACE.findall(text)).items()) for text in (entry.msgid, entry.msgid_plural) if text
        }
        # “One person” and “1 person”: a singular may leave the number out.
        wrong += [text for text in told(entry) if frozenset(Counter(PLACE.findall(text)).items()) not in english]
    assert wrong == []


def test_no_line_or_space_is_lost_at_the_ends(catalogue: polib.POFile) -> None:
    def ends(text: str) -> tuple[bool, bool]:
        return text[:1].isspace(), text[-1:].isspace()

    assert [entry.msgid for entry in catalogue if any(ends(text) != ends(entry.msgid) for text in told(entry))] == []


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_what_is_compiled_is_what_is_written(language: str, domain: str) -> None:
    path = path_of(language, domain)
    with path.with_suffix(".mo").open("rb") as file:
        compiled: dict[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    written: dict[Any, str] = {}
    for entry in polib.pofile(str(path)):
        key = f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid
        if entry.msgid_plural:
            written |= {(key, int(number)): text for number, text in entry.msgstr_plural.items()}
        else:
            written[key] = entry.msgstr
    assert {key: text for key, text in compiled.items() if key} == written


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_what_vendors_and_models_say_of_themselves_is_there(language: str) -> None:
    known = {entry.msgid for entry in polib.pofile(str(path_of(language, "django")))}
    assert declared_texts() - known == set()


def test_french_is_set_as_french() -> None:
    """Typographic apostrophes; spaces that don't break before high punctuation and inside of guillemets."""
    wrong = []
    for domain in ("django", "djangojs"):
        for entry in polib.pofile(str(path_of("fr", domain))):
            for text in told(entry):
                plain = re.sub(r"</?(?:a|code|kbd)\b[^>]*>|%\(\w+\)[a-z]", "", text)
                if "'" in plain or re.search(r" [;:!?»](?!\w)|« |[^\s\d/:;!?(]\?(?!\w|callId)|“|”", plain):
                    wrong.append(text)
    assert wrong == []


PAGES = {
    "/": ["En direct", "Créer un profil de flux"],
    "/calls/": ["Appels", "Fournisseur", "Rechercher"],
    "/profiles/": ["Profils de flux", "Nouveau profil"],
    "/profiles/new/ringcx/": ["Créer le profil", "Identifiant du produit", "File d’attente"],
    "/profiles/new/ringover/": ["Jeton", "Qui répond", "Reconnaissance vocale"],
    "/bots/": ["Pas encore de bot"],
    "/bots/new/menu/": ["Voix", "Créer le bot"],
    "/team/": ["Équipe", "Comptes fournisseur"],
    "/team/users/": ["Utilisateurs", "Administrateur"],
    "/team/accounts/new/ringcx/": ["Identifiant du sous-compte", "Raccrocher"],
    "/team/recognisers/": ["PocketSphinx (intégré)"],
    "/team/audit/": ["Journal d’audit"],
    "/team/webhooks/new/": ["Ajouter le webhook"],
    "/team/alerts/new/phrase/": ["Mots à trouver"],
    "/me/": ["Prénom", "Clés d’API"],
    "/pair/": ["Connecter un iFrame"],
    "/nowhere/": ["Il n’y a rien ici"],
    "/profiles/new/nobody/": ["Cette adresse ne mène nulle part"],
    "/bots/01939f9e-0000-7000-8000-000000000000/": ["Cette adresse ne mène nulle part"],
    "/calls/01939f9e-0000-7000-8000-000000000000/": ["Cet appel n’existe pas"],
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_in_french(admin: User, path: str) -> None:
    client = Client(headers={"accept-language": "fr"})
    client.force_login(admin)
    page = client.get(path).content.decode()
    assert '<html lang="fr">' in page
    assert [text for text in PAGES[path] if text not in page] == []


def test_a_call_in_french(admin: User, make_call: MakeCall) -> None:
    client = Client(headers={"accept-language": "fr"})
    client.force_login(admin)
    page = client.get(f"/calls/{make_call(said=[('agent', 0, 900, 'hello')]).id}/").content.decode()
    assert all(text in page for text in ("Transcription", "Enregistrement", "Étiquettes", "Résumé")), page


class TestSwitch:
    def test_it_is_kept_by_a_cookie_and_outweighs_the_browser(self, db: None) -> None:
        client = Client(headers={"accept-language": "en"})
        answer = client.post("/language/setlang/", {"language": "fr", "next": "/login/"})
        assert (answer.status_code, answer["Location"]) == (302, "/login/")
        cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
        assert cookie.value == "fr"
        assert (cookie["samesite"], bool(cookie["httponly"])) == ("Lax", True) and int(cookie["max-age"]) > 30 * 86_400
        assert "Se connecter" in client.get("/login/").content.decode()
        client.post("/language/setlang/", {"language": "en", "next": "/login/"})
        assert "Sign in" in client.get("/login/").content.decode()

    def test_it_leads_to_no_other_site(self, db: None) -> None:
        answer = Client().post("/language/setlang/", {"language": "fr", "next": "https://evil.example/"})
        assert answer["Location"] == "/"

    def test_it_needs_the_token(self, db: None) -> None:
        client = Client(enforce_csrf_checks=True)
        assert client.post("/language/setlang/", {"language": "fr"}).status_code == 403


def test_scripts_get_what_the_action_bar_says(db: None) -> None:
    catalogue = Client().get("/words/fr.js").content.decode()
    for text in ("Raccrocher", "Transférer", "L’appel est terminé.", "Les flux RingCX sont à sens unique"):
        assert json.dumps(text)[1:-1] in catalogue, text
