"""An account is made, its password chosen, a team put together and a key made, by keyboard; and how all of it looks."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

PASSWORD = "correct-horse-battery"


def tick(page: Page, group: str, words: str) -> None:
    """In a picker: narrows it by what is typed, goes down to the first that is left and ticks it."""
    picker = page.get_by_role("group", name=group, exact=True)
    picker.get_by_role("searchbox").focus()
    page.keyboard.type(words)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")


def test_from_a_new_account_to_the_first_sign_in(hub, admin_page, stranger):
    hub.shell(
        "from calls.models import StreamingProfile, User\n"
        "for number in range(8):\n"
        "    User.objects.create_user(f'person{number}')\n"
        "    StreamingProfile.objects.create(name=f'Line {number}', product_id=f'55{number}')"
    )
    page = admin_page
    page.goto(f"{hub.url}/team/")
    page.get_by_role("link", name="Users").click()
    page.get_by_role("link", name="New user").click()
    page.get_by_label("User name").fill("ingrid")
    page.get_by_label("Supervisor").check()
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name="“ingrid” has an account")).to_be_visible()
    link = page.locator(".copy code").inner_text().replace("http://127.0.0.1:8000", hub.url)
    expect(page).to_have_url(re.compile(r"/team/users/\d+/$"))  # where a reload leads, instead of making it again
    page.reload()
    expect(page.get_by_role("heading", name="ingrid")).to_be_visible()
    assert "set-password" not in page.content()

    stranger.goto(hub.url + link[link.index("/set-password/") :])
    stranger.get_by_label("New password", exact=True).fill(PASSWORD)
    stranger.get_by_label("New password confirmation").fill(PASSWORD)
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_text("Your password is set: sign in with it.")).to_be_visible()
    stranger.get_by_label("User name").fill("ingrid")
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.keyboard.press("Enter")
    stranger.get_by_role("link", name="ingrid").click()
    expect(stranger.get_by_role("heading", name="My account")).to_be_visible()

    page.goto(f"{hub.url}/team/teams/new/")
    page.get_by_label("Name").fill("Night shift")
    tick(page, "People", "ingr")
    tick(page, "Profiles", "line 7")
    page.get_by_role("button", name="Make the team").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("“Night shift” is saved.")
    stranger.reload()
    expect(stranger.get_by_text("Night shift")).to_be_visible()
    assert hub.shell(
        "from calls.models import Team; t = Team.objects.get(name='Night shift'); print(*t.profiles.all())"
    )

    stranger.get_by_role("link", name="New key").click()
    expect(stranger.get_by_label("Everything")).to_have_count(0)  # more than the role allows
    stranger.get_by_label("What is it for?").fill("Wallboard")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_text("It is shown this once")).to_be_visible()
    stranger.get_by_role("link", name="Done: I have copied it").click()
    stranger.get_by_role("link", name="Revoke Wallboard…").click()
    stranger.get_by_role("button", name="Revoke it").click()
    expect(stranger.get_by_text("You have none.")).to_be_visible()

    stranger.goto(hub.url)
    expect(stranger.locator(".connection[data-state=open]")).to_be_visible()
    page.goto(f"{hub.url}/team/connected/")
    expect(page.get_by_role("list", name="Connected now")).to_contain_text("ingrid")
    page.goto(f"{hub.url}/team/audit/?actor=ingrid")
    told = page.get_by_role("list", name="Newest first").get_by_role("listitem")
    done = told.filter(has_text="the API key")  # of her own; what she looked at is there, too
    expect(done).to_contain_text(["ingrid revoked the API key Wallboard", "ingrid made the API key Wallboard"])
    page.get_by_label("What", exact=True).select_option("signing-in")
    page.get_by_role("button", name="Show").click()
    expect(told).to_have_count(1)
    expect(told).to_contain_text("ingrid signed in")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    rows = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(rows) == 2 and ",ingrid,sign-in," in rows[1]
