"""`/bots/` and the pages below: who sees them, what they show, what they do themselves."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from bots.assistant.config import Lookup, TransferTarget
from bots.kinds import KINDS
from bots.menu import MenuConfig, validate
from bots.models import Bot
from bots.pages.views import START
from bots.services.bots import save_bot
from calls.models import AuditEntry, StreamingProfile
from calls.services.audit import Requester

BOTS = "/bots/"
BLANK = "[*]"
ROWS = {"transferTargets": TransferTarget, "lookups": Lookup}
MENU = "nodes:\n  main:\n    say: Sales?\n    choices:\n      sales: {key: 1, go: fallback}\n"
CONFIGS: dict[str, dict[str, Any]] = {
    "menu": {},
    "echo": {"delayMs": 700},
    "webhook": {"url": "https://bot.example.com/turn"},
    "assistant": {
        "model": "gpt-5-mini",
        "transferTargets": [{"name": "sales", "target": "+12025550123"}],
        "lookups": [{"name": "order", "description": "Where it is.", "url": "https://shop.example.com/"}],
    },
}


def make(kind: str = "menu", **fields: Any) -> Bot:
    values = {"name": "Front desk", "config": CONFIGS[kind], "document": MENU if kind == "menu" else "", **fields}
    bot = Bot(kind=kind, **values)
    save_bot(bot, by=Requester("maria"), secrets={"apiKey": "sk-secret"} if kind == "assistant" else {})
    bot.refresh_from_db()
    return bot


@pytest.fixture
def bot(db: None) -> Bot:
    return make()


def paths(bot: Bot) -> list[str]:
    own = [f"{BOTS}{bot.id}/{page}" for page in ("", "console/", "versions/", "versions/1/", "delete/")]
    return [BOTS, f"{BOTS}new/", *(f"{BOTS}new/{kind}/" for kind in KINDS), *own]


def test_bots_are_for_admins(browse, supervisor, agent, viewer, admin, client, bot):
    for path in paths(bot):
        assert client.get(path)["Location"] == f"/login/?next={path}"
        assert browse(admin).get(path).status_code == 200, path
        for user in (supervisor, agent, viewer):
            response = browse(user).get(path)
            assert response.status_code == 403 and "for admins" in response.content.decode()
    for action in ("delete/", "versions/1/restore/"):
        assert browse(supervisor).post(f"{BOTS}{bot.id}/{action}").status_code == 403
    assert Bot.objects.get().version == 1
    assert ">Bots<" in browse(admin).get("/").content.decode()
    assert ">Bots<" not in browse(supervisor).get("/").content.decode()


def test_pages_hold_no_inline_script_or_style(browse, admin, bot):
    for path in [*paths(bot), *(f"{BOTS}{make(kind).id}/" for kind in KINDS)]:
        response = browse(admin).get(path)
        text = response.content.decode()
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert "style=" not in text and "<style" not in text and "onclick" not in text, path
        assert all("src=" in tag for tag in text.split("<script")[1:]), path


def test_without_a_bot_the_list_says_what_one_is(browse, admin):
    text = browse(admin).get(BOTS).content.decode()
    assert "No bot yet" in text and f'href="{BOTS}new/"' in text


def test_the_list_tells_what_answers_what(browse, admin, bot):
    make("echo", name="Line check", enabled=False)
    for name in ("Paris", "Rome"):
        StreamingProfile.objects.create(vendor="ringover", name=name, secret=name, bot=bot)
    text = " ".join(browse(admin).get(BOTS).content.decode().split())
    assert "Menu · version 1" in text and "Answers Paris, Rome" in text
    assert "Echo · version 1" in text and "No profile uses it" in text and ">Off<" in text


def test_the_kind_comes_first(browse, admin):
    text = browse(admin).get(f"{BOTS}new/").content.decode()
    for kind in KINDS.values():
        assert f'href="{BOTS}new/{kind.name}/"' in text and kind.label in text
    assert browse(admin).get(f"{BOTS}new/oracle/").status_code == 404


def test_a_new_menu_begins_with_one_that_works(browse, admin):
    assert validate(START, MenuConfig()) == ()
    assert "Welcome. Would you like sales" in browse(admin).get(f"{BOTS}new/menu/").content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_has_every_field_of_the_config(browse, admin, kind):
    bot = make(kind)
    text = browse(admin).get(f"{BOTS}{bot.id}/").content.decode()
    shown = set(re.findall(r'name="(config\.[^"]+)"', text))
    assert {name for name in shown if BLANK not in name} == set(leaves(bot.config))
    assert set(re.findall(r'data-rows="config\.([^"]+)"', text)) == (set(ROWS) if kind == "assistant" else set())
    for secret in KINDS[kind].secrets:
        assert text.count(f'data-secret="{secret.name}"') == 1
    for value in bot.secrets.values():
        assert value not in text
    assert ('name="document"' in text) == KINDS[kind].has_document


def leaves(config: dict[str, Any]) -> list[str]:
    """The path of each single value; a list of words counts as one."""
    found = [f"config.{name}" for name in config if name not in ROWS]
    for name in ROWS:
        found += [f"config.{name}[{at}].{field}" for at, row in enumerate(config.get(name, ())) for field in row]
    return found


def test_a_new_entry_of_a_list_has_every_field(browse, admin):
    text = browse(admin).get(f"{BOTS}new/assistant/").content.decode()
    wanted = {f"config.{name}[*].{field}" for name, row in ROWS.items() for field in msgspec.to_builtins(row())}
    assert set(re.findall(r'name="(config\.[^"]+\[\*\][^"]*)"', text)) == wanted


def test_values_are_shown_as_they_are_stored(browse, admin):
    text = browse(admin).get(f"{BOTS}{make('assistant', name='A <b> bot').id}/").content.decode()
    assert 'value="A &lt;b&gt; bot"' in text and 'value="gpt-5-mini"' in text and 'value="+12025550123"' in text
    assert re.search(r'name="config.silenceSeconds" value="8"', text)
    assert "One is stored; empty keeps it." in text
    checked = re.findall(r'name="config.tools" value="(\w+)"[^>]*checked', text)
    assert checked == ["transfer", "hangup"]


def test_a_document_is_shown_to_the_letter(browse, admin):
    document = "\n\n# <note> & so on\n" + MENU + "  \n"
    text = browse(admin).get(f"{BOTS}{make(document=document).id}/").content.decode()
    escaped = document.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f">\n{escaped}</textarea>" in text


def test_a_bot_in_use_stays_and_says_where(browse, admin, bot):
    profile = StreamingProfile.objects.create(vendor="audiocodes", name="Voice line", slug="v", bot=bot)
    page = browse(admin)
    text = page.get(f"{BOTS}{bot.id}/delete/").content.decode()
    assert "is in use" in text and f'href="/profiles/{profile.id}/"' in text and "Delete it" not in text
    assert page.post(f"{BOTS}{bot.id}/delete/")["Location"] == f"{BOTS}{bot.id}/delete/"
    assert Bot.objects.exists()


def test_a_bot_is_deleted_after_a_question(browse, admin, bot):
    page = browse(admin)
    assert "Delete “Front desk”?" in page.get(f"{BOTS}{bot.id}/delete/").content.decode()
    assert page.post(f"{BOTS}{bot.id}/delete/")["Location"] == BOTS
    assert not Bot.objects.exists()
    assert AuditEntry.objects.filter(action="bot.delete", actor=admin).exists()


@pytest.fixture
def changed(bot: Bot) -> Bot:
    """Version 2, with another prompt and a synthesiser."""
    bot.document = MENU.replace("Sales?", "Sales or support?")
    bot.config = {**bot.config, "synthesizer": "flite"}
    save_bot(bot, by=Requester("otto"))
    return bot


def test_versions_tell_who_and_what(browse, admin, changed):
    text = browse(admin).get(f"{BOTS}{changed.id}/versions/").content.decode()
    assert re.findall(r"Version (\d)</a>", text) == ["2", "1"] and "maria" in text and "otto" in text
    older = browse(admin).get(f"{BOTS}{changed.id}/versions/1/").content.decode()
    assert re.findall(r'code-line (\w+)"', older).count("here") == 2  # the prompt, the synthesiser
    assert "Restore version 1" in older
    newest = browse(admin).get(f"{BOTS}{changed.id}/versions/2/").content.decode()
    assert "code-line here" not in newest and "Restore" not in newest
    for number in ("3", "99999999999999999999"):
        assert browse(admin).get(f"{BOTS}{changed.id}/versions/{number}/").status_code == 404


def test_an_older_version_is_restored(browse, admin, changed):
    page = browse(admin)
    response = page.post(f"{BOTS}{changed.id}/versions/1/restore/", {"current": "2"})
    assert response["Location"] == f"{BOTS}{changed.id}/"
    bot = Bot.objects.get()
    assert (bot.version, bot.document, bot.config["synthesizer"]) == (3, MENU, "")
    assert "Version 1 is back, as version 3." in page.get(response["Location"]).content.decode()
    assert AuditEntry.objects.filter(action="bot.restore", actor=admin).exists()


def test_nothing_is_restored_over_a_newer_version(browse, admin, changed):
    page = browse(admin)
    response = page.post(f"{BOTS}{changed.id}/versions/1/restore/", {"current": "1"})
    assert response["Location"] == f"{BOTS}{changed.id}/versions/1/"
    assert "Somebody saved the bot meanwhile" in page.get(response["Location"]).content.decode()
    assert Bot.objects.get().version == 2


def test_a_version_that_no_longer_fits_is_not_restored(browse, admin, changed):
    changed.versions.filter(version=1).update(document="nodes: [")
    page = browse(admin)
    response = page.post(f"{BOTS}{changed.id}/versions/1/restore/", {"current": "2"})
    assert "it has errors by now" in page.get(response["Location"]).content.decode()
    assert Bot.objects.get().version == 2


def test_a_config_from_an_older_hub_is_shown_all_the_same(browse, admin):
    bot = make("echo")
    Bot.objects.filter(id=bot.id).update(config={"greeting": "Hi", "colour": "red"})
    text = browse(admin).get(f"{BOTS}{bot.id}/").content.decode()
    assert 'value="Hi"' in text and 'name="config.delayMs" value="500"' in text
    assert json.dumps("red") not in text
