"""Bots, as an admin makes, mends, tries and keeps them."""

from __future__ import annotations

import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import sign_in
from tests.browser.conftest import PASSWORD, Hub
from tests.browser.looks import WIDE, look_at_both

MENU = """nodes:
  main:
    say: Sales or support?
    choices:
      sales: {key: 1, also: [buy something], go: queue}
      support: {key: 2, go: code}
  code:
    say: Your code?
    digits: 4
    go: thanks
  thanks:
    say: I have {digits}. Goodbye.
    hangup: true
  queue:
    say: One moment.
    transfer: +1 202 555 0101
"""
KEY = """
from calls.models import User
from calls.services.accounts import create_api_key
print(create_api_key(name="t", owner=User.objects.get(username="admin"), scope="admin")[1])
"""


@pytest.fixture(scope="module")
def api(hub: Hub):
    with httpx2.Client(base_url=f"{hub.url}/api/v1/", headers={"Authorization": f"Bearer {hub.shell(KEY)}"}) as client:
        yield client


@pytest.fixture
def make(api: httpx2.Client):
    def make(kind: str = "menu", name: str = "Desk", **fields: object) -> str:
        body = {"kind": kind, "name": name, **({"document": MENU} if kind == "menu" else {}), **fields}
        answer = api.post("bots/", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return make


def editor(page: Page):
    return page.get_by_role("textbox", name="The menu")


def status(page: Page):
    return page.locator('[data-part="check-state"]')


def selected(page: Page) -> str:
    return page.evaluate("getSelection().toString()")


@pytest.mark.provokes(422)
def test_makes_a_menu_with_an_error_and_mends_it(hub, admin_page, api):
    page = admin_page
    page.goto(hub.url)
    page.get_by_role("link", name="Bots", exact=True).click()
    expect(page.get_by_role("heading", name="No bot yet")).to_be_visible()
    page.get_by_role("link", name="Make the first bot").click()
    page.get_by_role("link", name="Menu").click()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(status(page)).to_have_text("No problems")
    editor(page).fill(MENU.replace("go: code", "go: kode"))
    expect(status(page)).to_have_text("1 error")
    picture = page.get_by_role("region", name="The menu's steps")
    expect(picture.get_by_role("button", name="“kode”, which is not there")).to_be_visible()
    expect(picture.get_by_text("callers never get here")).to_have_count(2)
    page.get_by_role("button", name="Line 6").click()
    assert selected(page).strip() == "support: {key: 2, go: kode}"
    page.get_by_role("button", name="Make the bot").click()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Name").fill("Front desk")
    page.get_by_role("button", name="Make the bot").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is saved yet")
    expect(editor(page)).to_be_focused()
    assert selected(page).strip() == "support: {key: 2, go: kode}"
    page.keyboard.insert_text("      support: {key: 2, go: code}")
    expect(status(page)).to_have_text("No problems")
    expect(picture.get_by_text("callers never get here")).to_have_count(0)
    page.keyboard.press("Control+s")
    expect(page.get_by_role("link", name="Version 1")).to_be_visible()
    [bot] = [bot for bot in api.get("bots/").json()["results"] if bot["name"] == "Front desk"]
    assert bot["document"] == MENU and page.url == f"{hub.url}/bots/{bot['id']}/"


def test_saves_without_leaving_the_place(hub, admin_page, make, api):
    page, bot = admin_page, make()
    page.goto(f"{hub.url}/bots/{bot}/")
    editor(page).focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("# a note")
    expect(page.get_by_text("Not saved", exact=True)).to_be_visible()
    page.get_by_label("Name").fill("Reception")
    editor(page).focus()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved at")).to_be_visible()
    expect(editor(page)).to_be_focused()
    expect(page.get_by_role("heading", name="Reception", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Version 2")).to_be_visible()
    page.keyboard.type("!")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("link", name="Version 3")).to_be_visible()
    stored = api.get(f"bots/{bot}/").json()
    assert (stored["version"], stored["document"]) == (3, MENU + "# a note!")


def test_the_keys_of_the_editor(hub, admin_page):
    page = admin_page
    page.goto(f"{hub.url}/bots/new/menu/")
    box = editor(page)
    box.fill("")
    box.press_sequentially("nodes:\nmain:\nsay: Hi\nhangup: true")
    assert box.input_value() == "nodes:\n  main:\n    say: Hi\n    hangup: true"
    page.keyboard.press("ArrowLeft")  # else what was typed is undone as well
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    assert box.input_value().endswith("hangup: true  ")
    page.keyboard.press("Control+z")
    assert box.input_value().endswith("hangup: true")
    page.keyboard.press("Shift+Tab")
    assert box.input_value().endswith("\n  hangup: true")
    page.keyboard.press("Control+a")
    page.keyboard.press("Tab")
    assert box.input_value() == "  nodes:\n    main:\n      say: Hi\n    hangup: true"
    page.keyboard.press("Shift+Tab")
    assert box.input_value() == "nodes:\n  main:\n    say: Hi\n  hangup: true"
    assert page.locator(".gutter div").all_inner_texts() == ["1", "2", "3", "4"]
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(box).not_to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("It answers calls")).to_be_focused()


def test_the_picture_leads_to_lines_and_steps(hub, admin_page, make):
    page = admin_page
    page.goto(f"{hub.url}/bots/{make()}/")
    picture = page.get_by_role("region", name="The menu's steps")
    card = picture.get_by_role("region", name="main")
    for words in ("Sales or support?", "buy something", "start"):
        expect(card).to_contain_text(words)
    expect(picture.get_by_role("region", name="queue")).to_contain_text("+1 202 555 0101")
    expect(picture.get_by_role("region", name="code")).to_contain_text("4 digits")
    card.get_by_role("button", name="code").click()
    expect(picture.get_by_role("region", name="code")).to_be_focused()
    picture.get_by_role("button", name="thanks").last.click()
    assert selected(page).strip() == "thanks:"
    editor(page).fill("nodes: [")
    expect(page.get_by_text("this is how it last was")).to_be_visible()
    expect(card).to_be_visible()


def test_a_dialogue_with_what_is_not_saved(hub, admin_page, make):
    page = admin_page
    page.goto(f"{hub.url}/bots/{make()}/")
    editor(page).fill(MENU.replace("Sales or support?", "Hello, sales or support?").replace("go: code", "go: kode"))
    page.get_by_role("tab", name="Picture").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Try it")).to_be_focused()
    log = page.get_by_role("log")
    page.get_by_role("button", name="Start", exact=True).click()
    log.get_by_role("button", name="Line 6").click()
    assert selected(page).strip() == "support: {key: 2, go: kode}"
    editor(page).fill(MENU.replace("Sales or support?", "Hello, sales or support?"))
    page.get_by_role("button", name="Start again").click()
    text = page.get_by_label("What the caller says")
    expect(text).to_be_focused()
    expect(log).to_contain_text("Hello, sales or support?")
    expect(log.locator(".took").first).to_have_text(re.compile(r"^\d+ ms$|^\d\.\d s$"))
    expect(page.locator('[data-part="talk-state"]')).to_have_text("Listens, at most 6 s")
    page.keyboard.type("weather")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("I am sorry, I did not understand.")
    page.keyboard.press("Shift+Enter")
    expect(log).to_contain_text("I did not hear anything.")
    page.get_by_role("button", name="From the beginning").click()
    expect(log.get_by_text("Hello, sales or support?")).to_have_count(4)
    text.fill("2")
    page.keyboard.press("Control+Enter")
    expect(log).to_contain_text("Your code?")
    page.get_by_role("button", name="Cut the line").click()
    expect(log).to_contain_text("let us go on")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator('[data-part="talk-state"]')).to_have_text("Paused")
    page.get_by_role("button", name="Let it go on").click()
    page.get_by_text("What it remembers").click()
    expect(page.get_by_role("region", name="What it remembers")).to_contain_text('"node": "code"')
    page.get_by_role("tab", name="Picture").click()
    expect(page.locator('[aria-current="step"]')).to_contain_text("Your code?")
    page.get_by_role("tab", name="Try it").click()
    page.get_by_role("group", name="Keypad").get_by_role("button", name="1").focus()
    page.keyboard.type("12")
    page.get_by_role("button", name="3", exact=True).click()
    page.get_by_role("button", name="4", exact=True).click()
    expect(log).to_contain_text("I have 1 2 3 4. Goodbye.")
    expect(log).to_contain_text("Hangs up")
    expect(page.locator('[data-part="talk-state"]')).to_have_text("Over")
    expect(text).to_be_disabled()


def test_the_console_alone(hub, admin_page, make):
    page, bot = admin_page, make()
    page.goto(f"{hub.url}/bots/{bot}/")
    page.get_by_role("link", name="Try what is saved").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text("Sales or support?")
    page.keyboard.type("sales please")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("Transfers to +1 202 555 0101")


def test_a_console_that_is_cut_off_says_so(hub, admin_page, make):
    page = admin_page
    page.goto(f"{hub.url}/bots/{make()}/console/")
    page.context.clear_cookies()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("The console can't be reached")
    sign_in(page.context, hub.url, "admin", PASSWORD)
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("log")).to_contain_text("Sales or support?")


def test_an_earlier_version_comes_back(hub, admin_page, make, api):
    page, bot = admin_page, make()
    api.patch(f"bots/{bot}/", json={"document": MENU.replace("Sales or support?", "Who do you want?")})
    page.goto(f"{hub.url}/bots/{bot}/")
    page.get_by_role("link", name="Version 2").click()
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("link", name="Version 1").click()
    expect(page.locator(".code-line.here")).to_contain_text("say: Sales or support?")
    expect(page.locator(".code-line.gone")).to_contain_text("say: Who do you want?")
    page.get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_text("Version 1 is back, as version 3.")).to_be_visible()
    expect(editor(page)).to_have_value(MENU)


@pytest.mark.provokes(409)
def test_two_people_at_once_lose_nothing(hub, admin_page, make, api):
    page, bot = admin_page, make()
    page.goto(f"{hub.url}/bots/{bot}/")
    api.patch(f"bots/{bot}/", json={"document": MENU + "# theirs\n"})
    editor(page).fill(MENU + "# mine\n")
    page.get_by_role("button", name="Save", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("admin (API key t) saved version 2")
    expect(editor(page)).to_have_value(MENU + "# mine\n")
    with page.expect_popup() as popup:
        alert.get_by_role("link", name="See version 2").click()
    expect(popup.value.get_by_text("# theirs")).to_be_visible()
    popup.value.close()
    alert.get_by_role("button", name="Save mine as version 3").click()
    expect(page.get_by_text("Saved at")).to_be_visible()
    expect(alert).to_have_count(0)
    versions = api.get(f"bots/{bot}/versions/").json()["results"]
    assert [version["document"][len(MENU) :] for version in versions] == ["# mine\n", "# theirs\n", ""]


@pytest.mark.provokes(401)
def test_what_was_typed_outlives_the_session(hub, admin_page, make):
    page, bot = admin_page, make()
    page.goto(f"{hub.url}/bots/{bot}/")
    page.get_by_label("Name").fill("Kept")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Your session has ended, and nothing is saved yet.")
    sign_in(page.context, hub.url, "admin", PASSWORD)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Kept")).to_be_visible()


@pytest.mark.provokes(404)
def test_a_bot_that_was_deleted_meanwhile(hub, admin_page, make, api):
    page, bot = admin_page, make()
    page.goto(f"{hub.url}/bots/{bot}/")
    page.get_by_label("Name").fill("Gone")
    api.delete(f"bots/{bot}/")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody deleted this bot.")


def test_unsaved_changes_are_not_lost_by_accident(hub, admin_page, make):
    asked = []
    admin_page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    admin_page.goto(f"{hub.url}/bots/{make()}/")
    editor(admin_page).press_sequentially("#")
    admin_page.get_by_role("link", name="Cancel").click()
    expect(admin_page).to_have_url(f"{hub.url}/bots/")
    assert asked == ["beforeunload"]


@pytest.mark.provokes(422)
def test_a_webhook_and_its_secret(hub, page_of, api):
    page = page_of("admin", permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{hub.url}/bots/new/webhook/")
    page.get_by_label("Name").fill("Orders")
    page.get_by_label("Address").fill("ftp://example.com")
    page.get_by_role("button", name="Make the bot").click()
    expect(page.get_by_label("Address")).to_be_focused()
    expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Address").fill("https://bot.example.com/turn")
    page.get_by_label("Time to answer").fill("")
    page.get_by_role("button", name="Make the bot").click()
    dialog = page.get_by_role("dialog")
    secret = dialog.locator("code").inner_text()
    assert secret.startswith("whsec_")
    dialog.get_by_role("button", name="Copy the secret").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    expect(page.get_by_label("Time to answer")).to_have_value("5")
    assert "whsec_" not in page.content()
    page.get_by_label("Name").fill("Orders and more")
    page.get_by_role("button", name="Make a new one…").click()
    page.get_by_role("dialog").get_by_role("button", name="Make a new one").click()
    renewed = page.get_by_role("dialog").locator("code").inner_text()
    assert renewed.startswith("whsec_") and renewed != secret
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    expect(page.locator("code", has_text="whsec_")).to_have_count(0)
    expect(page.get_by_text("Not saved", exact=True)).to_be_visible()  # the name
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Orders and more")).to_be_visible()


@pytest.mark.provokes(401, 422)
def test_an_assistant_with_lists_and_a_key(hub, admin_page, api):
    page = admin_page
    page.goto(f"{hub.url}/bots/new/assistant/")
    page.get_by_label("Name", exact=True).fill("Concierge")
    page.get_by_label("Model", exact=True).fill("gpt-5-mini")
    page.get_by_label("API key (optional)").fill("sk-secret")
    page.get_by_label("Send digits").check()
    for name, number in (("sales", "+12025550101"), ("", "+12025550102")):
        page.get_by_role("button", name="Add a target").click()
        target = page.get_by_role("group", name="Where it may transfer to").locator("[data-entry]").last
        expect(target.get_by_label("Name")).to_be_focused()
        target.get_by_label("Name").fill(name)
        target.get_by_label("Number").fill(number)
    page.get_by_role("button", name="Add a lookup").click()
    lookup = page.get_by_role("group", name="What it may ask your servers")
    lookup.get_by_label("Name").fill("order_state")
    lookup.get_by_label("What it gets").fill("Where an order is.")
    lookup.get_by_label("Address").fill("https://shop.example.com/orders")
    lookup.get_by_label("Arguments").fill("{")
    page.get_by_role("button", name="Make the bot").click()
    expect(lookup.get_by_label("Arguments")).to_be_focused()
    expect(lookup).to_contain_text("This is no JSON")
    lookup.get_by_label("Arguments").fill('{"type": "object", "properties": {"number": {"type": "string"}}}')
    page.get_by_text("Limits").click()
    page.get_by_label("A silence is").fill("0.1")
    page.get_by_text("Limits").click()
    page.get_by_role("button", name="Make the bot").click()
    expect(target.get_by_label("Name")).to_be_focused()
    expect(target).to_contain_text("Give each target a name of its own")
    expect(page.get_by_text("Give a number from 1 to 120.")).to_be_visible()
    page.get_by_label("A silence is").fill("5")
    target.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Make the bot").click()
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Concierge")).to_be_visible()
    assert "sk-secret" not in page.content()
    [bot] = [bot for bot in api.get("bots/").json()["results"] if bot["name"] == "Concierge"]
    assert [target["name"] for target in bot["config"]["transferTargets"]] == ["sales"]
    assert bot["config"]["lookups"][0]["parameters"]["properties"] == {"number": {"type": "string"}}
    assert bot["config"]["tools"] == ["transfer", "digits", "hangup"] and bot["config"]["silenceSeconds"] == 5
    assert bot["secretsSet"] == ["apiKey", "signingSecret"]

    page.get_by_label("Address of the endpoint").fill("https://models.example.com/v1")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("API key (optional)")).to_be_focused()
    page.get_by_label("Remove the stored API key").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved at")).to_be_visible()
    expect(page.get_by_label("Remove the stored API key")).to_be_hidden()
    assert api.get(f"bots/{bot['id']}/").json()["secretsSet"] == ["signingSecret"]


def test_an_echo_and_its_delay(hub, admin_page):
    page = admin_page
    page.goto(f"{hub.url}/bots/new/echo/")
    page.get_by_label("Name").fill("Line check")
    page.get_by_label("Delay").fill("20")
    page.get_by_role("button", name="Make the bot").click()
    expect(page.get_by_text("Give a whole number from 200 to 10000.")).to_be_visible()
    page.get_by_label("Delay").fill("300")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_label("What the caller says").fill("one two")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.bot").last).to_contain_text("one two")
    page.get_by_role("button", name="Make the bot").click()
    expect(page.get_by_role("link", name="Version 1")).to_be_visible()


def test_a_profile_takes_a_bot_and_keeps_it_from_being_deleted(hub, admin_page, make):
    page, bot = admin_page, make(name="Greeter")
    page.goto(f"{hub.url}/profiles/new/audiocodes/")
    page.get_by_label("Name (optional)").fill("Lobby")
    page.get_by_label("Bot", exact=True).select_option(label="Greeter")
    page.get_by_role("button", name="Create the profile").click()
    expect(page.get_by_label("Bot", exact=True)).to_have_value(bot)
    page.goto(f"{hub.url}/bots/")
    expect(page.get_by_role("listitem").filter(has_text="Greeter")).to_contain_text("Answers Lobby")
    page.get_by_role("link", name="Greeter").click()
    expect(page.get_by_role("link", name="Lobby")).to_be_visible()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("link", name="Lobby").click()
    page.get_by_label("Bot", exact=True).select_option(label="None")
    page.get_by_role("button", name="Save").click()
    page.goto(f"{hub.url}/bots/{bot}/delete/")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("“Greeter” is deleted.")).to_be_visible()


def test_a_supervisor_has_no_bots(hub, supervisor_page, make):
    supervisor_page.goto(hub.url)
    expect(supervisor_page.get_by_role("link", name="Bots")).to_have_count(0)


def test_what_the_editor_shows_is_for_everybody(hub, page_of, make, api):
    page, bot = page_of("admin", **WIDE), make()
    api.patch(f"bots/{bot}/", json={"document": MENU + "  lonely:\n    hangup: true\n"})
    page.goto(f"{hub.url}/bots/{bot}/")
    expect(editor(page)).to_be_editable()
    unfold(page)
    look_at_both(page, "a warning")
    editor(page).fill(MENU.replace("go: code", "go: kode"))
    expect(page.get_by_role("button", name="Line 6")).to_be_visible()
    look_at_both(page, "an error")
    page.get_by_role("tab", name="Try it").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("log").get_by_role("button", name="Line 6")).to_be_visible()
    look_at_both(page, "a console with an error")
    editor(page).fill(MENU)
    page.get_by_role("button", name="Start again").click()
    page.get_by_label("What the caller says").fill("sales")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Transfers to")).to_be_visible()
    unfold(page)
    page.evaluate("scrollTo(0, 0)")  # nothing is under the header
    look_at_both(page, "a dialogue")


@pytest.mark.provokes(422)
def test_errors_and_dialogs_are_for_everybody(hub, page_of, make):
    page = page_of("admin", **WIDE)
    page.goto(f"{hub.url}/bots/{make('assistant', config={'model': 'm'})}/")
    page.get_by_label("Model", exact=True).fill("")
    page.get_by_role("button", name="Add a target").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is saved yet")
    look_at_both(page, "errors")
    page.get_by_role("button", name="Make a new one…").click()
    look_at_both(page, "a question")
    page.get_by_role("button", name="Make a new one", exact=True).click()
    expect(page.get_by_role("dialog").locator("code")).to_be_visible()
    look_at_both(page, "a secret")


def unfold(page: Page) -> None:
    for fold in page.locator("details").all():
        fold.evaluate("fold => (fold.open = true)")
