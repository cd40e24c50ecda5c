"""Single sign-on, between a real hub and an identity provider on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.hub.signin.provider import CLIENT, SECRET, Provider, provider
from tests.server import HubServer


@pytest.fixture(scope="module")
def issuer() -> Iterator[Provider]:
    with provider() as server:
        yield server


@pytest.fixture(scope="module")
def hub(issuer: Provider) -> Iterator[HubServer]:
    environment = {
        "HUB_OIDC_ISSUER": issuer.url,
        "HUB_OIDC_CLIENT_ID": CLIENT,
        "HUB_OIDC_CLIENT_SECRET": SECRET,
        "HUB_OIDC_NAME": "Acme ID",
        "HUB_OIDC_ROLE_CLAIM": "groups",
        "HUB_OIDC_ROLES": "Contact centre leads=supervisor, hub-admins=admin",
    }
    with HubServer(environment=environment) as server:
        yield server


def sign_in(hub: HubServer, browser: httpx2.Client, path: str = "/calls/") -> httpx2.Response:
    """Presses the button and follows to the end."""
    page = browser.get(f"{hub.url}/login/?next={path}").text
    assert "Sign in with Acme ID" in page
    [action] = re.findall(r'action="(/account/oidc/[^"]+)"', page)
    form = {"csrfmiddlewaretoken": browser.cookies["hub_csrf"]}
    return browser.post(hub.url + action, data=form, headers={"Referer": hub.url + "/login/"}, follow_redirects=True)


def test_groups_decide_on_the_role_at_each_sign_in(hub: HubServer, issuer: Provider) -> None:
    issuer.claims = {"sub": "1", "preferred_username": "maria", "groups": ["staff", "Contact centre leads"]}
    with httpx2.Client() as browser:
        assert sign_in(hub, browser).url.path == "/calls/"
        assert browser.get(f"{hub.url}/profiles/").status_code == 403
    issuer.claims["groups"] = ["Contact centre leads", "hub-admins"]
    with httpx2.Client() as browser:
        sign_in(hub, browser)
        assert browser.get(f"{hub.url}/profiles/").status_code == 200
        assert "maria" in browser.get(hub.url).text
    entries = hub.shell(
        "from calls.models import AuditEntry\n"
        "for e in AuditEntry.objects.order_by('at', 'id'): print(e.actor_name, e.action, e.subject, e.detail.get('role', ''))"
    ).splitlines()
    assert [line.strip() for line in entries if "maria" in line] == [
        "single sign-on user.create maria supervisor",
        "maria sign-in",
        "single sign-on user.change maria admin",
        "maria sign-in",
    ]


def test_who_has_no_role_stays_outside(hub: HubServer, issuer: Provider) -> None:
    issuer.claims = {"sub": "2", "preferred_username": "stranger", "groups": ["staff"]}
    with httpx2.Client() as browser:
        answer = sign_in(hub, browser)
        assert (answer.status_code, "names no role" in answer.text) == (403, True)
        assert browser.get(hub.url).status_code == 302


def test_a_name_that_is_taken_is_not_taken_over(hub: HubServer, issuer: Provider) -> None:
    hub.shell("from calls.models import User; User.objects.create_user('local', password='x', role='admin')")
    issuer.claims = {"sub": "3", "preferred_username": "local", "groups": ["Contact centre leads"]}
    with httpx2.Client() as browser:
        sign_in(hub, browser)
        assert browser.get(f"{hub.url}/profiles/").status_code == 403
    assert hub.shell("from calls.models import User; print(User.objects.get(username='local').role)") == "admin"


def test_a_provider_that_fails_is_told(hub: HubServer, issuer: Provider) -> None:
    issuer.broken = True
    try:
        with httpx2.Client() as browser:
            answer = sign_in(hub, browser)
            assert (answer.status_code, "Sign-in failed" in answer.text) == (502, True)
            assert browser.get(hub.url).status_code == 302
    finally:
        issuer.broken = False
