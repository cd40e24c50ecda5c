"""Every page says everything through the catalogue: a made-up language, in which each text stands in brackets, shows what does
not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from bots.models import Bot
from bots.pages.views import START
from calls.models import (
    AlertRule,
    RefusedStream,
    StreamingProfile,
    Team,
    TransferTarget,
    User,
    VendorAccount,
    Webhook,
)
from calls.services.accounts import create_api_key
from tests.conftest import MakeCall
from tests.permissions.table import lines

OPENING, CLOSING = "⟦", "⟧"
SAID = re.compile(f"{OPENING}[^{OPENING}{CLOSING}]*{CLOSING}")
WORD = re.compile(r"[^\W\d_]{2,}")
ATTRIBUTES = {"aria-label", "title", "placeholder", "alt", "aria-description"}
SILENT = {"script", "style", "code", "kbd", "pre", "textarea", "svg", "time"}
VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}
# Names that are the same in every language, what the test itself made, and the words of a protocol or of a query.
SAME = re.compile(
    r"""(?<![\w-])(Call\ Hub|English|Français|RingCX|Ringover|AudioCodes|Sales|Voice\ agent|[Mm]aria|admin|Front\ office|UTC|JSON
    |Greeter|Billing|Money|Reports|Ours|refund|nowhere|cancel|angry|money|ticket|"close\ my\ account"|OR|NOT|NEAR|POST|WAV|alert
    |en-US|QUEUE|support-line|voice-agent|auto|[A-Z]{4}-[A-Z]{4}|HUB_[A-Z_]+|(https?|wss?):\S*|[\w*]+([./][\w*]+)+|mailto|txt|vtt|srt|json)(?![\w-])""",
    re.VERBOSE,
)


class Reader(HTMLParser):
    """The texts of a page that people read."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []  # with whether its text is no matter of language
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ATTRIBUTES and value]
        if tag not in VOID:
            is_silent = tag in SILENT or ("translate", "no") in attrs or (("lang", "en") in attrs and tag == "span")
            self.open.append((tag, is_silent))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(is_silent for _, is_silent in self.open):
            self.found.append(data)


def unsaid(page: str) -> list[str]:
    """What stands in no brackets."""
    while SAID.search(page):
        page = SAID.sub("", page)
    reader = Reader()
    reader.feed(page)
    texts = (" ".join(SAME.sub("", text).split()) for text in reader.found)
    return [text for text in texts if WORD.search(text)]


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The made-up language."""
    catalogue = translation._trans

    def one(text: str) -> str:
        return f"{OPENING}{text}{CLOSING}" if text else text

    monkeypatch.setattr(catalogue, "gettext", one)
    monkeypatch.setattr(catalogue, "pgettext", lambda context, text: one(text))
    monkeypatch.setattr(catalogue, "ngettext", lambda singular, plural, n: one(singular if n == 1 else plural))
    monkeypatch.setattr(catalogue, "npgettext", lambda context, singular, plural, n: one(plural))
    yield


@pytest.fixture
def places(admin: User, profile: StreamingProfile, team: Team, make_call: MakeCall) -> dict[str, Any]:
    """One of everything, by the names that the addresses have for them."""
    call = make_call(said=[("agent", 0, 900, "refund")], from_number="+12025550100")
    maria = User.objects.create_user("maria", role="supervisor")
    team.users.add(maria)
    bot = Bot.objects.create(name="Greeter", kind="menu", document=START)
    bot.versions.create(version=1, name="Greeter", kind="menu", document=START, config={}, by="maria")
    StreamingProfile.objects.create(vendor="audiocodes", name="Voice agent", slug="voice-agent", bot=bot)
    RefusedStream.objects.create(vendor="ringcx", product_type="QUEUE", product_id="9", reason="unknown_product")
    fields = {"platformUrl": "https://platform.ringcentral.com", "ringcxUrl": "https://ringcx.ringcentral.com"}
    webhook = Webhook.objects.create(url="https://crm.example.com/", events=["call.ended"], secret="s")
    return {
        "call_id": call.id,
        "profile_id": StreamingProfile.objects.get(vendor="audiocodes").id,
        "vendor": "ringover",
        "account_vendor": "ringcx",
        "kind": "assistant",
        "number": 1,
        "alert_kind": "phrase",
        "bot_id": bot.id,
        "account_id": VendorAccount.objects.create(vendor="ringcx", name="Ours", fields=fields).id,
        "webhook_id": webhook.id,
        "rule_id": AlertRule.objects.create(name="Money", kind="phrase", expression="refund").id,
        "target_id": TransferTarget.objects.create(name="Billing", target="+12025550123").id,
        "team_id": team.id,
        "user_id": maria.pk,
        "api_key_id": create_api_key(name="Reports", owner=maria, scope="read")[0].id,
        "own_key_id": create_api_key(name="Reports", owner=admin, scope="read")[0].id,
        "profile": profile.id,
    }


OTHERS = re.compile(
    r"^(livez|health|readyz|metrics|words/|client|login|account/|set-password/|media|static|.*<key_id>)"
)


def pages(places: dict[str, Any]) -> list[str]:
    routes = [line.route for line in lines() if line.method == "GET" and not line.route.startswith(("api/", "ws/"))]
    found = [
        re.sub(r"<(\w+)>", lambda name: str(places[name[1]]), route) for route in routes if not OTHERS.match(route)
    ]
    return [
        *("/" + path for path in found),
        f"/profiles/{places['profile']}/",
        "/profiles/new/ringcx/",
        "/profiles/new/audiocodes/",
        "/calls/?q=refund",
        "/calls/?q=nowhere",
        "/calls/?state=live",
        "/nowhere/",
    ]


def test_no_page_says_anything_outside_of_the_catalogue(
    brackets: None, admin: User, places: dict[str, Any], settings: Any
) -> None:
    settings.HUB_RECOGNIZER = "pocketsphinx"
    client = Client()
    client.force_login(admin)
    left = {}
    for path in pages(places):
        answer = client.get(path)
        assert answer.status_code in (200, 404), path
        if answer.headers["content-type"].startswith("text/html") and (texts := unsaid(answer.content.decode())):
            left[path] = texts
    left["/login/"] = unsaid(Client().get("/login/").content.decode())
    assert {path: texts for path, texts in left.items() if texts} == {}
