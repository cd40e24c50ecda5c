"""The action bar of a call's page: from a supervisor's hand to the vendor's wire, and the receipts back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.acting import button, escape, open_call, press, receipt
from tests.browser.caller import Caller
from tests.browser.two_way import TwoWayCaller
from tests.vendors.ringcx.rest_server import ACCOUNT, RingCXRest

LONG = "This is a long announcement, which goes on and on about the weather of tomorrow. " * 6


def test_says_something_and_breaks_it_off(hub, lines, supervisor_page):
    page = supervisor_page
    with TwoWayCaller(lines["audiocodes"], "+12025550101") as caller:
        open_call(page, hub, "+12025550101")
        dialog = press(page, "s")
        expect(dialog.get_by_label("Text")).to_be_focused()
        page.keyboard.type(LONG)
        page.keyboard.press("Enter")
        caller.until(lambda message: message["type"] == "playStream.chunk")
        expect(dialog.get_by_role("listitem")).to_contain_text("sent")
        expect(dialog.get_by_label("Text")).to_have_value("")
        expect(dialog.get_by_label("Text")).to_be_focused()  # for the next sentence
        escape(page)
        expect(page.locator(".interims .supervisor")).to_contain_text("Supervisor is speaking")
        caller.until(lambda message: len(caller.peer.played()) > 12_000)  # a second and a half
        page.keyboard.press("b")
        caller.until(lambda message: message["type"] == "playStream.stop")
        said = page.get_by_role("log").locator(".supervisor .words")
        expect(said).to_contain_text("This")
        assert len(said.inner_text()) < len(LONG.strip())
        stop = receipt(page, "Stop playback")
        expect(stop).to_contain_text(re.compile(r"sent · .*You, .*AudioCodes does not confirm this\.", re.S))
        expect(page.locator(".receipt[data-look=pending]")).to_have_count(0)  # a calm end
        page.reload()
        expect(stop).to_contain_text("AudioCodes does not confirm this.")
        expect(receipt(page, "Say")).to_contain_text("This is a long announcement")


@pytest.mark.provokes(422)
def test_digits_arrive_as_they_were_typed(hub, lines, supervisor_page):
    page = supervisor_page
    with (
        TwoWayCaller(lines["audiocodes"], "+12025550102") as audiocodes,
        TwoWayCaller(lines["ringover"], "+12025550103") as ringover,
    ):
        open_call(page, hub, "+12025550102")
        dialog = press(page, "d")
        page.keyboard.type("012*#")
        page.keyboard.press("Enter")
        assert audiocodes.activity("sendDtmf")["activityParams"] == {"dtmfDigits": "012*#"}
        expect(dialog.get_by_role("listitem")).to_contain_text("Send digits 012*#")
        dialog.get_by_role("button", name="8", exact=True).click()
        page.keyboard.press("Enter")  # sends, and does not press the key again
        expect(dialog.get_by_role("listitem").first).to_contain_text("Send digits 8")
        dialog.get_by_role("button", name="9", exact=True).focus()
        page.keyboard.press("Enter")
        page.keyboard.type("12a")  # on the keypad: only what it has
        dialog.get_by_role("button", name="Erase the last key").click()
        dialog.get_by_role("button", name="Hash").click()
        dialog.get_by_role("button", name="Send digits").click()
        expect(dialog.get_by_role("listitem").first).to_contain_text("Send digits 91#")
        dialog.get_by_label("Digits").fill("1 2")
        page.keyboard.press("Enter")
        expect(dialog.get_by_text("Give only the keys 0 to 9, * and #")).to_be_visible()
        expect(dialog.get_by_label("Digits")).to_have_attribute("aria-invalid", "true")
        expect(dialog.get_by_label("Digits")).to_have_value("1 2")
        expect(dialog.get_by_role("status")).to_have_text("Send digits 1 2: refused.")
        dialog.get_by_label("Digits").fill("12")
        expect(dialog.get_by_text("Give only the keys 0 to 9, * and #")).to_be_hidden()

        open_call(page, hub, "+12025550103")
        button(page, "Send digits").click()
        for key in ("0", "1", "2", "Star", "Hash"):
            page.get_by_role("dialog").get_by_role("button", name=key, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Send digits").click()
        assert ringover.until(lambda message: message.get("event") == "digits")["data"] == "012*#"


@pytest.mark.provokes(422)
def test_a_transfer_is_looked_at_before_it_is_sent(hub, lines, supervisor_page):
    page = supervisor_page
    with TwoWayCaller(lines["audiocodes"], "+12025550104") as caller:
        open_call(page, hub, "+12025550104")
        dialog = press(page, "t")
        target = dialog.get_by_label("Number or SIP address")
        page.keyboard.type("abc")
        page.keyboard.press("Enter")
        expect(dialog.get_by_text("or as it is dialled in US")).to_be_visible()
        expect(target).to_be_focused()
        target.fill("(202) 555-0123")
        page.keyboard.press("Enter")
        expect(dialog.get_by_text("+1 202-555-0123")).to_be_visible()
        expect(dialog.get_by_text("United States")).to_be_visible()
        dialog.get_by_role("button", name="Back").click()
        expect(target).to_have_value("(202) 555-0123")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("button", name="Transfer now")).to_be_focused()
        assert caller.peer.activities("transfer") == []
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        assert caller.activity("transfer")["activityParams"]["transferTarget"] == "tel:+12025550123"
        sent = receipt(page, "Transfer +12025550123")
        expect(sent).to_contain_text("Waiting for AudioCodes to confirm.")
        page.reload()
        expect(sent).to_contain_text("Waiting for AudioCodes to confirm.")
        status = {"type": "event", "name": "transferStatus", "value": {"status": "failure", "reason": "busy"}}
        caller.say("activities", activities=[status])
        expect(sent).to_contain_text("failed")
        expect(sent).to_contain_text("busy")

        dialog = press(page, "t")
        dialog.get_by_role("group", name="Used before").get_by_role("button", name="+12025550123").click()
        dialog.get_by_role("button", name="Transfer now").click()
        expect(sent).to_have_count(2)
        caller.until(lambda message: len(caller.peer.activities("transfer")) == 2)
        done = {"type": "event", "name": "transferStatus", "value": {"status": "success", "reason": "answered"}}
        caller.say("activities", activities=[done])
        expect(sent.first).to_contain_text("confirmed")

        dialog = press(page, "t")
        target.fill("+1 202 555 0199")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("button", name="Transfer now")).to_be_focused()
        escape(page)
        press(page, "t")
        expect(target).to_have_value("")  # nobody is put through to whom they had turned down


def test_hanging_up_is_asked_about(hub, lines, supervisor_page):
    page = supervisor_page
    with TwoWayCaller(lines["audiocodes"], "+12025550105") as caller:
        open_call(page, hub, "+12025550105")
        dialog = press(page, "h")
        expect(dialog).to_have_accessible_description("Hang up the call with +12025550105?")
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        button(page, "Hang up").click()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        caller.activity("hangup")
        caller.say("session.end", reasonCode="client-disconnected", reason="")
        ended = receipt(page, "Hang up")
        expect(ended).to_contain_text("confirmed")
    expect(page.locator("[data-part=state]")).to_have_text("Ended")
    expect(page.get_by_role("region", name="Actions", exact=True)).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()
    page.reload()
    expect(ended).to_contain_text("confirmed")


def test_pauses_and_resumes_the_bot(hub, lines, supervisor_page, page_of):
    page, other = supervisor_page, page_of("admin")
    with TwoWayCaller(lines["bot"], "+12025550108") as caller:
        open_call(page, hub, "+12025550108")
        open_call(other, hub, "+12025550108")
        expect(page.get_by_text("Front desk answers")).to_be_visible()
        expect(page.get_by_role("log").locator(".bot .by b").first).to_have_text("Front desk")
        page.keyboard.press("p")
        expect(page.get_by_text("Front desk is paused")).to_be_visible()
        expect(page.locator(".interims .bot")).to_have_count(0)  # nor what nobody heard
        expect(button(page, "Resume the bot")).to_be_enabled()
        expect(receipt(page, "Pause the bot")).to_contain_text(re.compile(r"confirmed · .*You"))
        expect(receipt(other, "Pause the bot")).to_contain_text(re.compile(r"confirmed · .*supervisor"))
        expect(other.get_by_text("Front desk is paused")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Front desk is paused")).to_be_visible()
        button(page, "Resume the bot").click()
        expect(page.get_by_text("Front desk answers")).to_be_visible()
        expect(button(page, "Pause the bot")).to_be_enabled()
        caller.run(caller.peer.press("1"))
        pressed = page.get_by_role("log").locator(".customer .pressed")
        expect(pressed).to_have_text("Pressed 1")
        expect(pressed.locator("kbd")).to_have_text("1")


def test_what_ringcx_can_not_do_says_why(hub, supervisor_page):
    page = supervisor_page
    with Caller(hub, "actions-1", ani="5550601"):
        open_call(page, hub, "5550601")
        say = button(page, "Say")
        expect(say).to_be_disabled()
        expect(say).to_have_accessible_description(re.compile("RingCX streams are one-way: a supervisor speaks"))
        expect(page.get_by_text("6 are not available: why?")).to_be_visible()
        say.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_text("RingCX streams are one-way: a supervisor speaks").first).to_be_visible()
        page.keyboard.press("h")
        expect(page.get_by_role("dialog")).to_have_count(0)
        dialog = press(page, "m")
        expect(dialog.get_by_role("button", name="Listen by phone")).to_be_disabled()
        expect(
            dialog.get_by_text("None of this can be done at the moment. Needs RingCX REST credentials")
        ).to_be_visible()
        expect(dialog.get_by_text("Needs RingCX REST credentials")).to_have_count(1)


@pytest.mark.provokes(422)
def test_a_vendor_s_own_commands_have_forms(hub, supervisor_page):
    page = supervisor_page
    number = "20260115093012013205000001234"
    account = (
        "from calls.models import VendorAccount; "
        "VendorAccount.objects.create(vendor='ringcx', name='Ours', account_id=%r, fields=%r)"
    )
    with RingCXRest() as server:
        server.live_calls = {number}
        hub.shell(account % (ACCOUNT, server.fields))
        with Caller(hub, number, ani="+12025550602", dnis="8005550100"):
            open_call(page, hub, "+12025550602")
            dialog = press(page, "m")
            dialog.get_by_role("group", name="Hold", exact=True).get_by_role("button", name="on").click()
            expect(dialog).to_be_hidden()
            expect(receipt(page, "Hold on")).to_contain_text(re.compile("confirmed.*RingCX confirmed it", re.S))
            press(page, "m").get_by_role("button", name="Coach the agent by phone").click()
            dialog = page.get_by_role("dialog")
            dialog.get_by_label("Phone number to ring").fill("+1 202 555 0199")
            page.keyboard.press("Enter")
            dialog.get_by_role("button", name="Coach the agent by phone now").click()
            expect(receipt(page, "Coach the agent by phone +12025550199")).to_contain_text("confirmed")
            press(page, "m").get_by_role("button", name="Hang up one party").click()
            offered = dialog.get_by_role("group", name="On this call").get_by_role("button")
            expect(offered.first).to_have_text("+12025550602")
            escape(page)
            dialog = press(page, "t")
            dialog.get_by_label("Queue id").fill("+12025550123")
            page.keyboard.press("Enter")
            expect(dialog.get_by_text("Give the id of a queue, digits only")).to_be_visible()
            escape(page)
            server.forbids = True
            dialog = press(page, "m")
            dialog.get_by_role("group", name="Hold", exact=True).get_by_role("button", name="off").click()
            expect(receipt(page, "Hold off")).to_contain_text(re.compile("failed.*Monitor calls", re.S))
        assert [action for action, _ in server.actions] == ["toggleCallHold", "addSessionToCall"]
        assert server.violations == []
    hub.shell("from calls.models import VendorAccount; VendorAccount.objects.all().delete()")


def test_who_only_looks_on_has_the_history(hub, lines, supervisor_page, page_of):
    page, looking = supervisor_page, page_of("viewer")
    with TwoWayCaller(lines["ringover"], "+12025550109"):
        open_call(page, hub, "+12025550109")
        open_call(looking, hub, "+12025550109")
        page.keyboard.press("b")
        expect(receipt(looking, "Stop playback")).to_contain_text(re.compile(r"sent · .*supervisor"))
        expect(looking.get_by_role("region", name="Actions", exact=True)).to_have_count(0)
        looking.keyboard.press("h")
        expect(looking.get_by_role("dialog")).to_have_count(0)


def test_keys_alone_do_everything_and_can_be_switched_off(hub, lines, supervisor_page):
    page = supervisor_page
    with TwoWayCaller(lines["audiocodes"], "+12025550112") as caller:
        page.goto(hub.url)
        expect(page.get_by_role("link", name="+12025550112")).to_be_visible()
        page.keyboard.press("j")
        expect(page.get_by_role("link", name="+12025550112")).to_be_focused()
        page.keyboard.press("Enter")
        expect(button(page, "Transfer")).to_be_visible()
        dialog = press(page, "?")
        expect(dialog).to_contain_text("Transfer")
        escape(page)
        # Letters in a field are letters.
        dialog = press(page, "s")
        page.keyboard.type("both should hang up? b")
        expect(dialog.get_by_label("Text")).to_have_value("both should hang up? b")
        escape(page)
        expect(receipt(page, "Stop playback")).to_have_count(0)
        # A dialog keeps the focus, and gives it back.
        page.get_by_role("button", name="Transfer", exact=True).focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        for _ in range(9):
            page.keyboard.press("Tab")
            assert page.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        dialog.get_by_label("Number or SIP address").focus()
        page.keyboard.type("sip:desk@example.com")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("button", name="Transfer now")).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(button(page, "Transfer")).to_be_focused()
        assert caller.activity("transfer")["activityParams"]["transferTarget"] == "sip:desk@example.com"
        page.keyboard.press("b")
        expect(receipt(page, "Stop playback")).to_have_count(1)
        # Switched off, here and on the pages to come.
        dialog = press(page, "?")
        dialog.get_by_role("checkbox").focus()
        page.keyboard.press("Space")
        escape(page)
        page.keyboard.press("b")
        page.keyboard.press("?")
        page.reload()
        expect(button(page, "Stop playback")).to_be_visible()
        page.keyboard.press("b")
        page.get_by_role("button", name="Keyboard shortcuts").click()
        page.get_by_label("Use single-key shortcuts").check()
        escape(page)
        expect(receipt(page, "Stop playback")).to_have_count(1)
        page.keyboard.press("b")
        expect(receipt(page, "Stop playback")).to_have_count(2)


def test_the_wall_tells_who_answers(hub, lines, supervisor_page):
    page = supervisor_page
    with TwoWayCaller(lines["bot"], "+12025550116") as caller:
        page.goto(hub.url)
        spoken = page.locator(".card", has_text="+12025550116").locator(".side-line").filter(visible=True)
        expect(spoken.locator("b")).to_have_text(["Front desk", "Customer"])
        caller.run(caller.peer.press("1"))
        expect(spoken.locator(".last").last).to_have_text("pressed 1")
