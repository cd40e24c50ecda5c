"""The modules that a page asks for at once are exactly those that its script imports."""

from __future__ import annotations

import re
from pathlib import Path

from django.test import Client

from calls.models import User
from calls.pages.modules import modules_of
from tests.conftest import MakeCall

STATIC = Path(__file__).resolve().parents[2] / "static"


def test_they_are_whole_and_closed() -> None:
    modules = set(modules_of("js/call.js"))
    assert {"js/transcript.js", "js/rows.js", "js/dom.js", "js/audio/formats.js"} <= modules
    for path in modules:
        text = (STATIC / path).read_text()
        for name in re.findall(r'from "(\./[^"]+)"', text):
            assert str(Path(path).parent / name) in modules, (path, name)


def test_the_page_of_a_call_asks_for_them(supervisor: User, make_call: MakeCall) -> None:
    client = Client()
    client.force_login(supervisor)
    text = client.get(f"/calls/{make_call().id}/").content.decode()
    asked = re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', text)
    assert asked == list(modules_of("js/call.js"))
