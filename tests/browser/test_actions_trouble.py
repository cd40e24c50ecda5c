"""The action bar when hands tremble, answers are lost, rights end or connections break."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.acting import button, escape, open_call, press, receipt
from tests.browser.two_way import TwoWayCaller


def test_a_double_click_is_one_command(hub, lines, supervisor_page):
    page = supervisor_page
    with TwoWayCaller(lines["audiocodes"], "+12025550106"):
        open_call(page, hub, "+12025550106")
        button(page, "Stop playback").dblclick()
        expect(receipt(page, "Stop playback")).to_contain_text("sent")
        button(page, "Stop playback").focus()
        page.keyboard.down("Enter")
        for _ in range(5):
            page.keyboard.down("Enter")  # held down
        page.keyboard.up("Enter")
        expect(receipt(page, "Stop playback")).to_have_count(2)
        dialog = press(page, "d")
        page.keyboard.type("5")
        dialog.get_by_role("button", name="Send digits").dblclick()
        expect(dialog.get_by_role("listitem")).to_have_count(1)
        expect(dialog.get_by_role("listitem")).to_contain_text("sent")
        escape(page)
        page.reload()
        expect(receipt(page, "Stop playback")).to_have_count(2)
        expect(receipt(page, "Send digits 5")).to_have_count(1)


def test_a_lost_answer_is_asked_for_again(hub, lines, supervisor_page, complaints):
    page = supervisor_page
    keys = []

    def lose_two(route):
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) < 3:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    with TwoWayCaller(lines["audiocodes"], "+12025550107") as caller:
        open_call(page, hub, "+12025550107")
        page.route("**/commands/", lose_two)
        press(page, "d")
        page.keyboard.type("42")
        page.keyboard.press("Enter")
        expect(receipt(page, "Send digits 42")).to_contain_text("sent")
        expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(1)
        assert len(keys) == 3 and len(set(keys)) == 1
        page.unroute("**/commands/")
        escape(page)

        page.route("**/commands/", lambda route: (keys.append(route.request.headers["idempotency-key"]), route.abort()))
        button(page, "Stop playback").click()
        lost = receipt(page, "Stop playback")
        expect(lost).to_contain_text("trying again")
        expect(lost).to_contain_text("no answer", timeout=15_000)
        dialog = press(page, "d")
        page.keyboard.type("77")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("The hub did not answer", timeout=15_000)
        expect(dialog.get_by_label("Digits")).to_have_value("77")
        tried = keys[-1]
        page.unroute("**/commands/")
        with page.expect_request("**/commands/") as request:
            page.keyboard.press("Enter")
        assert request.value.headers["idempotency-key"] == tried
        expect(dialog.get_by_role("listitem")).to_contain_text("Send digits 77")
        escape(page)
        expect(receipt(page, "Send digits 77")).to_have_count(1)
        lost.get_by_role("button", name="Try again").click()
        expect(lost).to_contain_text("sent")
        expect(lost).to_have_count(1)
        caller.until(lambda message: len(caller.peer.activities("sendDtmf")) == 2)
        assert [each["activityParams"]["dtmfDigits"] for each in caller.peer.activities("sendDtmf")] == ["42", "77"]
    complaints[:] = [text for text in complaints if "net::ERR_FAILED" not in text]


def test_what_a_closed_dialog_could_not_send_is_told(hub, lines, supervisor_page, complaints):
    page = supervisor_page
    with TwoWayCaller(lines["audiocodes"], "+12025550115"):
        open_call(page, hub, "+12025550115")
        page.route("**/commands/", lambda route: route.abort())
        press(page, "d")
        page.keyboard.type("31")
        page.keyboard.press("Enter")
        expect(receipt(page, "Send digits 31")).to_contain_text("trying again")
        escape(page)
        lost = receipt(page, "Send digits 31")
        expect(lost).to_contain_text("no answer", timeout=15_000)
        page.unroute("**/commands/")
        lost.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("dialog").get_by_label("Digits")).to_have_value("31")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").get_by_role("listitem")).to_contain_text("sent")
        escape(page)
        expect(lost).to_have_count(1)
        expect(lost).to_contain_text("sent")
    complaints[:] = [text for text in complaints if "net::ERR_FAILED" not in text]


def test_who_lost_the_right_is_told(hub, lines, page_of, complaints):
    hub.shell(
        "from calls.models import Team, User;"
        "Team.objects.get().users.add(User.objects.create_user('once', password='browser-tests', role='supervisor'))"
    )
    page = page_of("once")
    with TwoWayCaller(lines["ringover"], "+12025550110"):
        open_call(page, hub, "+12025550110")
        hub.shell("from calls.models import User; User.objects.filter(username='once').update(role='viewer')")
        button(page, "Stop playback").click()
        expect(page.get_by_role("alert")).to_contain_text("Your role or your key's scope does not allow this.")
        expect(page.get_by_role("region", name="Actions", exact=True)).to_have_count(0)
    complaints[:] = [text for text in complaints if "status of 403" not in text]


@pytest.mark.provokes(401)
def test_who_is_signed_out_keeps_what_was_typed(hub, lines, supervisor_page):
    page = supervisor_page
    with TwoWayCaller(lines["audiocodes"], "+12025550111") as caller:
        open_call(page, hub, "+12025550111")
        cookies = page.context.cookies()
        page.context.clear_cookies()
        dialog = press(page, "d")
        page.keyboard.type("8")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("Your session has ended. Sign in in a new tab")
        page.context.add_cookies(cookies)
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("listitem")).to_contain_text("Send digits 8")
        assert caller.activity("sendDtmf")["activityParams"]["dtmfDigits"] == "8"


def test_a_stream_s_warnings_are_told(hub, lines, supervisor_page):
    page = supervisor_page
    with TwoWayCaller(lines["ringover"], "+12025550113", encoding="opus"):
        open_call(page, hub, "+12025550113")
        expect(page.get_by_text("Ringover tells of a format that the hub doesn't know: opus.")).to_be_visible()
        page.goto(hub.url)
        expect(page.locator(".card", has_text="+12025550113").get_by_text("stream warning")).to_be_visible()


def test_a_lost_connection_is_told_and_what_was_typed_stays(hub, lines, supervisor_page):
    page = supervisor_page
    with TwoWayCaller(lines["audiocodes"], "+12025550114") as caller:
        open_call(page, hub, "+12025550114")
        dialog = press(page, "s")
        page.keyboard.type("half a sentence")
        caller.peer.drop()
        expect(dialog.get_by_role("alert")).to_contain_text("The vendor's connection is lost.")
        escape(page)
        expect(page.get_by_role("region", name="Actions", exact=True)).to_contain_text(
            "The vendor's connection is lost."
        )
        hub.stop()
        expect(page.get_by_text("No connection to the hub at the moment")).to_be_visible()
        hub.start()
        expect(page.locator(".connection")).to_have_text("Connected", timeout=20_000)
        expect(page.get_by_text("No connection to the hub at the moment")).to_be_hidden()
