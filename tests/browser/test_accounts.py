"""Credentials for a vendor's REST API, as an admin adds, tries and removes them."""

import pytest
from playwright.sync_api import expect

from tests.vendors.ringcx.rest_server import CLIENT_SECRET, JWT, RingCXRest


@pytest.mark.provokes(422)
def test_adds_tries_and_deletes_an_account(hub, admin_page):
    page = admin_page
    with RingCXRest() as server:
        page.goto(hub.url)
        page.get_by_role("link", name="Team").click()
        page.get_by_role("link", name="Vendor accounts").click()
        page.get_by_role("link", name="Add RingCX").click()
        page.get_by_label("Sub-account id").fill("99990001")
        page.get_by_label("Client secret").fill("lost with the error")
        page.get_by_role("button", name="Add the account").click()
        expect(page.get_by_role("alert")).to_contain_text("give new secrets again")
        expect(page.get_by_label("Client id")).to_be_focused()
        page.get_by_label("Client id").fill(server.fields["clientId"])
        page.get_by_label("Client secret").fill(CLIENT_SECRET)
        page.get_by_label("JWT").fill(JWT)
        page.get_by_label("RingCentral's address").fill(server.url)
        page.get_by_label("RingCX's address").fill(server.url)
        page.get_by_role("button", name="Add the account").click()
        expect(page.get_by_role("status").first).to_contain_text("“RingCX 99990001” is saved.")
        assert JWT not in page.content() and CLIENT_SECRET not in page.content()

        page.get_by_role("button", name="Log in now").click()
        expect(page.get_by_role("status").first).to_contain_text("It shows the live calls of sub-account 99990001.")
        server.forbids = True
        page.get_by_role("button", name="Log in now").click()
        expect(page.get_by_role("status").first).to_contain_text("permissions Monitor calls, Barge-in and Coaching")

        page.get_by_label("RingCX's address").fill("https://ringcx.example.com")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_label("Client secret")).to_be_focused()
        expect(page.get_by_text("Give it again: an address changed")).to_have_count(2)

        page.once("dialog", lambda dialog: dialog.accept())  # what was typed is lost
        page.get_by_role("link", name="Delete…").click()
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_role("status").first).to_contain_text("“RingCX 99990001” is deleted.")
        expect(page.get_by_text("No account yet")).to_be_visible()
        assert server.violations == []
