"""`/team/` and the vendor accounts below it."""

from __future__ import annotations

import re

import pytest

from calls.models import AuditEntry, VendorAccount
from tests.vendors.ringcx.rest_server import CLIENT_SECRET, JWT, RingCXRest

ACCOUNTS, NEW = "/team/accounts/", "/team/accounts/new/ringcx/"
FORM = {
    "name": "",
    "account_id": "99990001",
    "field_clientId": "the-client",
    "field_clientSecret": CLIENT_SECRET,
    "field_jwt": f" {JWT}\n",
    "field_platformUrl": "",
    "field_ringcxUrl": "https://engage.ringcentral.com/",
}


@pytest.fixture
def server():
    with RingCXRest() as server:
        yield server


@pytest.fixture
def account(db, server):
    return VendorAccount.objects.create(vendor="ringcx", name="Ours", account_id="99990001", fields=server.fields)


def address(account):
    return f"{ACCOUNTS}{account.id}/"


def typed(account, **changes):
    """The form of an account as a browser sends it when only `changes` were typed."""
    shown = {f"field_{name}": "" if name in ("clientSecret", "jwt") else text for name, text in account.fields.items()}
    return {"name": account.name, "account_id": account.account_id, "version": account.version, **shown, **changes}


def test_an_account_is_added(browse, admin):
    page = browse(admin)
    assert "No account yet" in page.get(ACCOUNTS).content.decode()
    response = page.post(NEW, FORM)
    account = VendorAccount.objects.get()
    assert (response.status_code, response["Location"]) == (302, address(account))
    assert (account.name, account.account_id) == ("RingCX 99990001", "99990001")
    assert account.fields == {
        "clientId": "the-client",
        "clientSecret": CLIENT_SECRET,
        "jwt": JWT,
        "platformUrl": "https://platform.ringcentral.com",
        "ringcxUrl": "https://engage.ringcentral.com",
    }
    assert "Log in now to see whether it works" in page.get(address(account)).content.decode()
    listed = page.get(ACCOUNTS).content.decode()
    assert "RingCX 99990001" in listed and "Sub-account id 99990001" in listed
    assert [entry.action for entry in AuditEntry.objects.all()] == ["vendor-account.create"]


def test_no_page_shows_a_secret(browse, admin, account):
    page = browse(admin)
    pages = [page.get(path) for path in (ACCOUNTS, address(account), f"{address(account)}delete/")]
    pages.append(page.post(address(account), typed(account, field_jwt="eyJ.typed", field_clientId="")))
    assert pages[-1].status_code == 422
    for response in pages:
        text = response.content.decode()
        assert JWT not in text and CLIENT_SECRET not in text and "eyJ.typed" not in text


def test_secrets_that_are_not_typed_stay(browse, admin, account):
    response = browse(admin).post(address(account), typed(account, name="Renamed", field_clientId="other"))
    assert response.status_code == 302
    account.refresh_from_db()
    assert (account.name, account.fields["clientId"], account.fields["jwt"]) == ("Renamed", "other", JWT)
    assert account.version == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"field_jwt": ""}, "Give it: the vendor"),
        ({"field_clientId": " "}, "Give it: the vendor"),
        ({"field_ringcxUrl": "http://example.com"}, "Give an https:// address"),
        ({"account_id": "a b"}, "without spaces"),
        ({"name": "x" * 101}, "at most 100 characters"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(browse, admin, change, said):
    response = browse(admin).post(NEW, {**FORM, **change})
    assert response.status_code == 422
    text = response.content.decode()
    assert said in text
    [field] = change
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', text)
    assert not VendorAccount.objects.exists()


def test_a_changed_address_asks_for_the_secrets_again(browse, admin, account):
    moved = typed(account, field_ringcxUrl="https://ringcx.example.com")
    response = browse(admin).post(address(account), moved)
    assert response.status_code == 422
    assert response.content.decode().count("Give it again") == 2


def test_an_account_that_is_taken(browse, admin, account):
    response = browse(admin).post(NEW, FORM)
    assert response.status_code == 422
    assert "There are credentials for this account already" in response.content.decode()


def test_a_save_after_somebody_elses_says_so_and_may_be_repeated(browse, admin, account):
    page, mine = browse(admin), typed(account, name="Mine")
    page.post(address(account), typed(account, name="Theirs"))
    response = page.post(address(account), mine)
    assert response.status_code == 409
    text = response.content.decode()
    assert "Somebody else saved this account" in text
    [version] = re.findall(r'name="version" value="(\d+)"', text)
    assert page.post(address(account), {**mine, "version": version}).status_code == 302
    account.refresh_from_db()
    assert account.name == "Mine"


def test_a_check_tells_what_came_of_it(browse, admin, account, server):
    page = browse(admin)
    told = page.post(f"{address(account)}check/", follow=True).content.decode()
    assert "It shows the live calls of sub-account 99990001." in told
    server.forbids = True
    told = page.post(f"{address(account)}check/", follow=True).content.decode()
    assert "permissions Monitor calls" in told
    assert page.get(f"{address(account)}check/").status_code == 405
    assert server.violations == []


def test_deleting_asks_first(browse, admin, account):
    page = browse(admin)
    assert "Delete “Ours”?" in page.get(f"{address(account)}delete/").content.decode()
    assert VendorAccount.objects.exists()
    assert page.post(f"{address(account)}delete/")["Location"] == ACCOUNTS
    assert not VendorAccount.objects.exists()


def test_the_form_is_the_vendors_data(browse, admin, acme):
    text = browse(admin).get("/team/accounts/new/acme/").content.decode()
    assert re.findall(r'name="(field_\w+)"', text) == ["field_token"]
    assert "Hold" in text
    assert browse(admin).get("/team/accounts/new/nobody/").status_code == 404


@pytest.mark.parametrize("action", ["", "check/", "delete/"])
def test_accounts_are_for_admins(browse, supervisor, viewer, account, server, action):
    for user in (supervisor, viewer):
        for path in ("/team/", ACCOUNTS, NEW, address(account)):
            assert browse(user).get(path).status_code == 403
        assert browse(user).post(address(account) + action, typed(account, name="Mine")).status_code == 403
        assert browse(user).post(NEW, FORM).status_code == 403
        assert ">Team<" not in browse(user).get("/").content.decode()
    assert VendorAccount.objects.get().name == "Ours"
    assert server.exchanges == []


def test_strangers_are_sent_to_sign_in(client, account):
    for path in ("/team/", ACCOUNTS, NEW, address(account)):
        assert client.get(path)["Location"] == f"/login/?next={path}"


def test_pages_hold_no_inline_script_or_style(browse, admin, account):
    for path in ("/team/", ACCOUNTS, NEW, address(account), f"{address(account)}delete/"):
        response = browse(admin).get(path)
        text = response.content.decode()
        assert response.status_code == 200 and "script-src 'self'" in response["Content-Security-Policy"]
        assert "style=" not in text and "<style" not in text and "onclick" not in text, path
        assert all("src=" in tag for tag in text.split("<script")[1:]), path
