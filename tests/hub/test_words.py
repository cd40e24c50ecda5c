"""What pages and scripts say is there in each language."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "fr"])
def test_scripts_get_their_catalogue(language: str) -> None:
    answer = Client().get(f"/words/{language}.js", headers={"accept-language": "de"})
    assert answer["content-type"].startswith("text/javascript")
    assert b"gettext" in answer.content and "max-age" in answer["cache-control"]


def test_of_another_language_there_is_none() -> None:
    assert Client().get("/words/xx.js").status_code == 404


@pytest.mark.parametrize(("asked", "language"), [("fr-CA,en;q=0.5", "fr"), ("de", "en"), ("", "en")])
def test_a_page_says_its_language(asked: str, language: str) -> None:
    page = Client().get("/login/", headers={"accept-language": asked}).content.decode()
    assert f'<html lang="{language}">' in page and f"/words/{language}.js" in page
