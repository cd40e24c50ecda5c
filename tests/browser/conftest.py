"""A real hub, a real browser, and people who are signed in. Whatever a test does, no page may complain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import Complaints, chromium, sign_in
from tests.browser.two_way import make_lines
from tests.server import HubServer

PASSWORD = "browser-tests"
SESSION = "hub_session"
PEOPLE = """
from django.contrib.auth.hashers import make_password
from calls.models import User
from calls.services.profiles import create_embed_key, save_profile
from calls.models import StreamingProfile, Team
profile = save_profile(StreamingProfile(name="Support line", product_id="1234"))
team = Team.objects.create(name="Front office")
team.profiles.add(profile)
password = make_password(%r)
for role in ("admin", "supervisor", "viewer"):
    team.users.add(User.objects.create(username=role, password=password, role=role))
print(profile.id, create_embed_key(profile)[1])
"""
# Of a hub that is away, which some tests make it. Refusals are for those that are marked with `provokes`.
EXPECTED = ("ERR_CONNECTION_REFUSED", "WebSocket connection to")

expect.set_options(timeout=10_000)


class Hub(HubServer):
    """With a profile for QUEUE 1234, its embed key, and the scripted recogniser."""

    profile = ""
    embed_key = ""

    def __enter__(self) -> Hub:
        super().__enter__()
        self.profile, self.embed_key = self.shell(PEOPLE % PASSWORD).split()
        self.sessions: dict[str, str] = {}
        return self

    def sign_in(self, context: BrowserContext, who: str) -> None:
        """By the form, but by the same session the next time."""
        if who not in self.sessions:
            sign_in(context, self.url, who, PASSWORD)
            self.sessions[who] = next(c["value"] for c in context.cookies() if c["name"] == SESSION)
        else:
            context.add_cookies([{"name": SESSION, "value": self.sessions[who], "url": self.url}])


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub(environment={"HUB_RECOGNIZER": "scripted", "HUB_CALL_GRACE_SECONDS": "2"}) as hub:
        yield hub
        assert "Traceback" not in hub.log, hub.log[hub.log.index("Traceback") :][:4000]


@pytest.fixture(scope="module")
def lines(hub: Hub) -> dict[str, str]:
    """Addresses of two-way vendors: `audiocodes`, `bot` (AudioCodes, answered by a menu), `ringover`."""
    return make_lines(hub)


@pytest.fixture(scope="module")
def seeded() -> Iterator[tuple[HubServer, dict[str, str]]]:
    """A hub with made-up calls, and what they are called."""
    with HubServer(environment={"HUB_RECOGNIZER": "pocketsphinx"}) as hub:
        yield hub, json.loads(hub.shell("from tests.browser.seed import seed; seed('made-up')"))


@pytest.fixture(scope="package")  # no longer: while it lives, its thread can run no other event loop
def everyday_browser() -> Iterator[Browser]:
    with chromium("--test-third-party-cookie-phaseout") as browser:
        yield browser


@pytest.fixture(scope="module")
def browser(everyday_browser: Browser) -> Browser:
    """Files that need another one have their own."""
    return everyday_browser


@pytest.fixture
def complaints(request: pytest.FixtureRequest) -> Iterator[Complaints]:
    marker = request.node.get_closest_marker("provokes")
    expected = (*EXPECTED, *(f"status of {status}" for status in (marker.args if marker else ())))
    found = Complaints()
    yield found
    assert not [text for text in found if not any(known in text for known in expected)]


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    contexts = []

    def new(**options: object) -> BrowserContext:
        contexts.append(browser.new_context(locale="en-US", reduced_motion="reduce", **options))  # type: ignore[arg-type]
        return contexts[-1]

    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def stranger(new_context: Callable[..., BrowserContext], complaints: Complaints) -> Page:
    """A browser without a session."""
    return complaints.watch(new_context().new_page())


@pytest.fixture
def page_of(hub: Hub, new_context: Callable[..., BrowserContext], complaints: Complaints) -> Callable[..., Page]:
    def page(who: str, **options: object) -> Page:
        context = new_context(**options)
        hub.sign_in(context, who)
        return complaints.watch(context.new_page())

    return page


@pytest.fixture
def admin_page(page_of: Callable[..., Page]) -> Page:
    return page_of("admin")


@pytest.fixture
def supervisor_page(page_of: Callable[..., Page]) -> Page:
    return page_of("supervisor")
