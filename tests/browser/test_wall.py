"""The wall at work: what comes first and why, that it keeps still under the hands, filters, presence, help, and keys."""

from __future__ import annotations

import random
import re
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.caller import Caller
from tests.browser.conftest import PASSWORD
from tests.browser.looks import WIDE, look_at, look_at_both
from tests.browser.two_way import TwoWayCaller


def card(page, number):
    return page.locator(".card", has=page.get_by_role("link", name=number))


def numbers(page):
    return page.locator(".card:not([hidden]) h2").all_inner_texts()


def in_order(page, *wanted):
    """Waits until the wall shows these, in this order."""
    expect(page.locator(".card:not([hidden]) h2")).to_have_text(list(wanted), timeout=15_000)


@contextmanager
def calling(page, hub, *calls):
    """Calls by their number and agent, each on the wall before the next begins."""
    with ExitStack() as callers:
        page.goto(hub.url)
        for number, agent_id in calls:
            callers.enter_context(Caller(hub, f"wall-{number}", ani=number, agentId=agent_id))
            expect(card(page, number)).to_be_visible()
        yield


@pytest.fixture(autouse=True)
def quiet(hub, agent, page_of):
    """The calls of other tests have ended."""
    page = page_of("supervisor")
    page.goto(hub.url)
    while page.get_by_text("No call is live at the moment").is_hidden():
        page.wait_for_timeout(500)
        page.reload()
        expect(page.get_by_text("Connected")).to_be_visible()
    page.close()


@pytest.fixture(scope="module")
def agent(hub):
    hub.shell(
        "from calls.models import User; "
        f"User.objects.create_user('agent', password={PASSWORD!r}, role='agent', agent_id='77')"
    )


def test_what_needs_somebody_comes_first_and_says_why(hub, page_of):
    page, agent = page_of("supervisor"), page_of("agent")
    with calling(page, hub, ("5550101", 76), ("5550102", 77)):
        in_order(page, "5550101", "5550102")
        agent.goto(hub.url)
        in_order(agent, "5550102")
        agent.get_by_role("link", name="5550102").click()
        # While a card has the focus nothing moves, and the wall says so.
        page.keyboard.press("j")
        expect(page.get_by_role("link", name="5550101")).to_be_focused()
        expect(page.get_by_text("Order held")).to_be_visible()
        agent.get_by_role("button", name="Ask for help").click()
        agent.get_by_label("What the help is needed for").fill("A refund over my limit")
        agent.keyboard.press("Enter")
        expect(agent.locator(".help-text")).to_contain_text("A refund over my limit")
        expect(card(page, "5550102").locator(".why")).to_contain_text("help: A refund over my limit")
        expect(page.locator("[data-part=announcer]")).to_contain_text("5550102: agent asks for help")
        expect(page).to_have_title(re.compile(r"^\(1\) Live calls"))
        expect(page.get_by_text("Order held: 1 call would move.")).to_be_visible()
        assert numbers(page) == ["5550101", "5550102"]
        page.keyboard.press("o")
        in_order(page, "5550102", "5550101")
        expect(page.get_by_role("link", name="5550101")).to_be_focused()
        # The supervisor comes: that is seen by another, and what was asked is taken care of.
        other = page_of("admin")
        other.goto(hub.url)
        in_order(other, "5550102", "5550101")
        page.get_by_role("link", name="5550102").click()
        expect(card(other, "5550102").locator(".card-foot")).to_have_text(re.compile("supervisor$"))
        expect(page.get_by_text("agent asks for help")).to_contain_text("A refund over my limit")
        expect(agent.locator("[data-part=watching]")).to_be_hidden()
        other_page = page_of("admin")
        other_page.goto(page.url)
        expect(page.get_by_text("Also here: admin")).to_be_visible()
        page.get_by_role("button", name="Taken care of").click()
        expect(page.get_by_text("agent asks for help")).to_be_hidden()
        expect(agent.get_by_role("button", name="Ask for help")).to_be_visible()
        in_order(other, "5550101", "5550102")
        expect(card(other, "5550102").locator(".why")).to_be_empty()
        expect(other).to_have_title(re.compile(r"^Live calls"))
        other_page.close()
        page.goto(hub.url)
        expect(card(other, "5550102").locator(".card-foot")).to_be_empty()


def test_the_pointer_holds_the_order_too(hub, supervisor_page):
    page = supervisor_page
    with calling(page, hub, ("5550111", 76), ("5550112", 76)):
        in_order(page, "5550111", "5550112")
        page.get_by_label("Order", exact=True).select_option("newest")
        in_order(page, "5550112", "5550111")
        card(page, "5550112").hover()
        with Caller(hub, "held-3", ani="5550113"):
            in_order(page, "5550112", "5550111", "5550113")
            expect(page.get_by_role("button", name="Sort now")).to_be_visible()
            page.mouse.move(5, 5)
            in_order(page, "5550113", "5550112", "5550111")
            expect(page.get_by_text("Order held")).to_be_hidden()


def longest_run(numbers):
    """How long the longest rising subsequence is."""
    lengths = []
    for at, number in enumerate(numbers):
        lengths.append(1 + max((lengths[i] for i in range(at) if numbers[i] < number), default=0))
    return max(lengths, default=0)


def test_the_fewest_cards_move(hub, supervisor_page):
    supervisor_page.goto(hub.url)
    chance = random.Random(5)
    orders = [chance.sample(range(n), n) for n in range(1, 40)] + [[*range(1, 30), 0], [29, *range(29)]]
    stays = supervisor_page.evaluate(
        """async (orders) => {
            const { staying } = await import("/static/js/wall_order.js");
            return orders.map((numbers) => {
                const members = numbers.map((number) => ({ number }));
                const wanted = [...members].sort((a, b) => a.number - b.number);
                const stay = staying(members, wanted);
                return members.filter((member) => stay.has(member)).map((member) => member.number);
            });
        }""",
        orders,
    )
    for numbers, kept in zip(orders, stays, strict=True):
        assert kept == sorted(kept) and len(kept) == longest_run(numbers), numbers


def test_filters_live_in_the_address(hub, lines, supervisor_page):
    page = supervisor_page
    with Caller(hub, "filter-1", ani="5550121", agentId=76), Caller(hub, "filter-2", ani="5550122", agentId=77):
        with TwoWayCaller(lines["audiocodes"], "+12025550123"):
            page.goto(hub.url)
            expect(page.locator(".card")).to_have_count(3)
            page.get_by_label("Vendor").select_option("RingCX")
            expect(page.locator("[data-part=count]")).to_have_text("2 of 3")
            page.get_by_label("Agent", exact=True).fill("77")
            in_order(page, "5550122")
            assert page.url.endswith("/?vendor=ringcx&agent=77")
            page.get_by_role("button", name="Rows").click()
            page.reload()
            in_order(page, "5550122")
            expect(page.get_by_role("button", name="Rows")).to_have_attribute("aria-pressed", "true")
            expect(page.locator("[data-part=count]")).to_have_text("1 of 3")
            page.get_by_label("Profile", exact=True).select_option("Support line")
            page.get_by_label("State").select_option("Asks for help")
            expect(page.get_by_role("heading", name="No call on the wall matches")).to_be_visible()
            page.get_by_role("button", name="Clear the filters").click()
            expect(page.locator(".card:visible")).to_have_count(3)
            assert page.url == f"{hub.url}/"
            page.keyboard.type("one moment")
            expect(page.locator("[data-part=count]")).to_have_text("2 of 3", timeout=15_000)
            page.keyboard.press("Escape")
            page.keyboard.press("v")
            expect(page.get_by_role("button", name="Cards")).to_have_attribute("aria-pressed", "true")


def test_everything_by_keyboard_alone(hub, supervisor_page):
    page = supervisor_page
    with calling(page, hub, ("5550131", 76), ("5550132", 76)):
        in_order(page, "5550131", "5550132")
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(dialog.get_by_text("Next call")).to_be_visible()
        look_at(page, "the list of keys")
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        page.keyboard.press("j")
        expect(page.get_by_role("link", name="5550132")).to_be_focused()
        page.keyboard.press("/")
        page.keyboard.type("0131")
        in_order(page, "5550131")
        page.keyboard.press("Escape")
        in_order(page, "5550131", "5550132")
        # Switched off, letters are letters; the choice stays.
        page.keyboard.press("?")
        page.keyboard.press("Tab")
        expect(dialog.get_by_role("checkbox")).to_be_focused()
        page.keyboard.press("Space")
        page.keyboard.press("Escape")
        page.reload()
        in_order(page, "5550131", "5550132")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement === document.body")
        page.get_by_role("button", name="Keyboard shortcuts").press("Enter")
        dialog.get_by_role("checkbox").press("Space")
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="5550131")).to_be_visible()


def test_every_state_is_accessible(hub, page_of):
    page, agent = page_of("supervisor", **WIDE), page_of("agent", **WIDE)
    page.goto(hub.url)
    expect(page.get_by_text("No call is live at the moment")).to_be_visible()
    look_at_both(page, "nothing yet")
    with Caller(hub, "axe-1", ani="5550141", agentId=77), Caller(hub, "axe-2", ani="5550142"):
        agent.goto(hub.url)
        agent.get_by_role("link", name="5550141").click()
        expect(agent.get_by_role("button", name="Ask for help")).to_be_visible()
        look_at_both(agent, "an agent who may ask")
        agent.get_by_role("button", name="Ask for help").click()
        expect(agent.get_by_label("What the help is needed for")).to_be_focused()
        look_at_both(agent, "an agent who asked")
        expect(page.locator(".why").get_by_text("asks for help")).to_be_visible()
        page.keyboard.press("j")
        look_at_both(page, "cards")
        page.keyboard.press("v")
        look_at_both(page, "rows")
        page.keyboard.press("/")
        page.keyboard.type("nobody says this")
        expect(page.get_by_role("heading", name="No call on the wall matches")).to_be_visible()
        look_at_both(page, "nothing matches")
        page.goto(agent.url)
        expect(page.get_by_role("button", name="Taken care of")).to_be_visible()
        look_at_both(page, "a call where help is asked for")
        agent.get_by_role("button", name="Withdraw").click()
        expect(page.get_by_role("button", name="Taken care of")).to_be_hidden()


def test_the_iframe_asks_for_help(hub, stranger, supervisor_page):
    stranger.set_viewport_size({"width": 280, "height": 500})
    stranger.goto(f"{hub.url}/embed/?callId=iframe-help#key={hub.embed_key}")
    supervisor_page.goto(hub.url)
    with Caller(hub, "iframe-help", ani="5550151", agentId=78):
        stranger.get_by_role("button", name="Ask for help").click()
        stranger.get_by_label("What the help is needed for").fill("He is shouting")
        stranger.keyboard.press("Enter")
        expect(stranger.locator(".help-text")).to_contain_text("He is shouting")
        look_at(stranger, "the iFrame where help was asked")
        expect(card(supervisor_page, "5550151").locator(".why")).to_contain_text("help: He is shouting")
        supervisor_page.get_by_role("link", name="5550151").click()
        expect(supervisor_page.get_by_text("agent 78 (iFrame) asks for help")).to_be_visible()
        stranger.get_by_role("button", name="Withdraw").click()
        expect(supervisor_page.get_by_text("agent 78 (iFrame) asks for help")).to_be_hidden()
        expect(stranger.get_by_role("button", name="Ask for help")).to_be_visible()
    expect(stranger.get_by_role("button", name="Ask for help")).to_be_hidden()
    assert stranger.context.cookies() == []
