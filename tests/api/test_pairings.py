"""An iFrame asks for a code, a person confirms it, and the iFrame acts for the person: in calls, and no further."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from calls.models import AuditEntry, Call, EmbedPairing, StreamingProfile, Team, User
from calls.models.accounts import Role
from calls.services import embeds, pairings
from tests.conftest import MakeCall

PAIRINGS, TICKETS = "/api/v1/embed/pairings/", "/api/v1/embed/tickets/"


@pytest.fixture
def iframe() -> APIClient:
    """As in another site's page: no cookies, and CSRF checks wherever there are any."""
    return APIClient(enforce_csrf_checks=True)


def bearer(token: str) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def ask(iframe: APIClient) -> tuple[str, str]:
    response = iframe.post(PAIRINGS, {"site": "https://ringcx.ringcentral.com"})
    assert response.status_code == 201 and not response.cookies, response.content
    answer = response.json()
    assert list(answer) == ["code", "expiresAt", "token"]
    return answer["code"], answer["token"]


def confirm(user: User, code: str, answer: str = "yes") -> Any:
    browser = Client()
    browser.force_login(user)
    return browser.post("/pair/", {"code": code, "answer": answer})


@pytest.fixture
def acme_call(acme: StreamingProfile, make_call: MakeCall) -> Call:
    """Live, and its vendor takes commands."""
    return make_call(state="live", vendor="acme", profile=acme)


@pytest.fixture
def paired(iframe: APIClient, supervisor: User) -> str:
    """The bearer."""
    code, token = ask(iframe)
    assert confirm(supervisor, code).status_code == 302
    return token


class TestAsking:
    def test_the_code_is_confirmed_in_two_steps(self, iframe: APIClient, supervisor: User) -> None:
        code, token = ask(iframe)
        state = iframe.get(PAIRINGS, **bearer(token)).json()
        assert (state["state"], state["user"], state["mayControl"]) == ("waiting", None, False)
        browser = Client()
        browser.force_login(supervisor)
        page = browser.post("/pair/", {"code": code.replace("-", "").lower()})
        assert page.status_code == 200 and "https://ringcx.ringcentral.com" in page.content.decode()
        assert iframe.get(PAIRINGS, **bearer(token)).json()["state"] == "waiting"
        assert browser.post("/pair/", {"code": code, "answer": "yes"}).status_code == 302
        state = iframe.get(PAIRINGS, **bearer(token)).json()
        assert (state["state"], state["user"], state["mayControl"]) == ("paired", "supervisor (iFrame)", True)
        entry = AuditEntry.objects.get(action="embed.paired")
        assert entry.actor == supervisor and entry.detail["parent"] == "https://ringcx.ringcentral.com"
        assert "https://ringcx.ringcentral.com" in browser.get("/pair/").content.decode()

    def test_a_code_counts_once(self, iframe: APIClient, supervisor: User, admin: User) -> None:
        code, token = ask(iframe)
        confirm(supervisor, code)
        assert confirm(admin, code).status_code == 422
        assert iframe.get(PAIRINGS, **bearer(token)).json()["user"] == "supervisor (iFrame)"

    def test_refused(self, iframe: APIClient, supervisor: User) -> None:
        code, token = ask(iframe)
        assert confirm(supervisor, code, "no").status_code == 302
        assert iframe.get(PAIRINGS, **bearer(token)).status_code == 401

    def test_too_late(self, iframe: APIClient, supervisor: User) -> None:
        code, token = ask(iframe)
        EmbedPairing.objects.update(code_expires_at=timezone.now() - timedelta(seconds=1))
        assert confirm(supervisor, code).status_code == 422
        assert iframe.get(PAIRINGS, **bearer(token)).status_code == 401
        assert pairings.drop_old_pairings() == 1

    def test_the_page_needs_a_log_in(self, db: None) -> None:
        assert Client().get("/pair/")["Location"].startswith("/login/")

    def test_the_page_is_never_framed(self, supervisor: User) -> None:
        browser = Client()
        browser.force_login(supervisor)
        answer = browser.get("/pair/")
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]

    def test_so_many_codes_and_no_more(self, iframe: APIClient, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pairings, "MAX_OPEN_OF_ADDRESS", 2)
        ask(iframe)
        ask(iframe)
        answer = iframe.post(PAIRINGS)
        assert answer.status_code == 429 and answer["Retry-After"] == "60"


class TestActing:
    def test_sees_what_the_person_sees(self, iframe: APIClient, paired: str, make_call: MakeCall) -> None:
        mine = make_call(state="live")
        elsewhere = StreamingProfile.objects.create(name="Elsewhere", product_id="8")
        other = make_call(state="live", profile=elsewhere)
        found = iframe.get("/api/v1/calls/", **bearer(paired)).json()["results"]
        assert [call["id"] for call in found] == [str(mine.id)]
        assert iframe.get(f"/api/v1/calls/{other.id}/", **bearer(paired)).status_code == 404

    def test_commands_carry_the_person_s_name(self, iframe: APIClient, paired: str, acme_call: Call) -> None:
        path = f"/api/v1/calls/{acme_call.id}/commands/"
        answer = iframe.post(path, {"type": "break"}, **bearer(paired))
        assert answer.status_code == 202, answer.content
        assert answer.json()["by"] == "supervisor (iFrame)"
        entry = AuditEntry.objects.get(action="command.break")
        assert entry.actor and entry.actor.username == "supervisor" and entry.actor_name == "supervisor (iFrame)"

    def test_never_administrates(self, iframe: APIClient, admin: User, profile: StreamingProfile) -> None:
        code, token = ask(iframe)
        confirm(admin, code)
        assert iframe.get("/api/v1/calls/", **bearer(token)).status_code == 200
        for path in ("profiles/", "users/", "audit/", "api-keys/"):
            answer = iframe.post(f"/api/v1/{path}", {}, **bearer(token))
            assert answer.status_code in (403, 405), path
        assert iframe.post(f"/api/v1/profiles/{profile.id}/reveal/", **bearer(token)).status_code == 403

    def test_a_viewer_only_looks_on(self, iframe: APIClient, viewer: User, make_call: MakeCall) -> None:
        call = make_call(state="live")
        code, token = ask(iframe)
        confirm(viewer, code)
        assert iframe.get(PAIRINGS, **bearer(token)).json()["mayControl"] is False
        answer = iframe.post(f"/api/v1/calls/{call.id}/commands/", {"type": "break"}, **bearer(token))
        assert answer.status_code == 403


class TestTickets:
    def test_of_one_call_and_of_any(self, iframe: APIClient, paired: str) -> None:
        one = embeds.take_ticket(iframe.post(TICKETS, {"callId": "77"}, **bearer(paired)).json()["ticket"])
        assert isinstance(one, embeds.PairedGrant) and one.vendor_call_id == "77"
        every = iframe.post(TICKETS, **bearer(paired)).json()["ticket"]
        assert embeds.take_ticket(every).vendor_call_id == ""
        with pytest.raises(embeds.EmbedRefused):
            embeds.take_ticket(every)

    def test_none_before_it_is_confirmed(self, iframe: APIClient, db: None) -> None:
        _, token = ask(iframe)
        assert iframe.post(TICKETS, **bearer(token)).status_code == 401
        assert iframe.get("/api/v1/calls/", **bearer(token)).status_code == 401


class TestTheEnd:
    def test_the_person_ends_it(self, iframe: APIClient, paired: str, supervisor: User, viewer: User) -> None:
        pairing = EmbedPairing.objects.get()
        stranger = Client()
        stranger.force_login(viewer)
        stranger.post(f"/pair/{pairing.id}/end/")
        assert iframe.get("/api/v1/calls/", **bearer(paired)).status_code == 200
        browser = Client()
        browser.force_login(supervisor)
        browser.post(f"/pair/{pairing.id}/end/")
        assert iframe.get("/api/v1/calls/", **bearer(paired)).status_code == 401
        assert AuditEntry.objects.filter(action="embed.unpaired").exists()

    def test_the_iframe_ends_it(self, iframe: APIClient, paired: str) -> None:
        assert iframe.delete(PAIRINGS, **bearer(paired)).status_code == 204
        assert iframe.delete(PAIRINGS, **bearer(paired)).status_code == 401

    @pytest.mark.parametrize("change", ["password", "account", "time"])
    def test_by_itself(self, iframe: APIClient, paired: str, supervisor: User, change: str) -> None:
        if change == "password":
            supervisor.set_password("another one")
            supervisor.save()
        elif change == "account":
            User.objects.filter(pk=supervisor.pk).update(is_active=False)
        else:
            EmbedPairing.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert iframe.get("/api/v1/calls/", **bearer(paired)).status_code == 401

    def test_a_lost_role_counts_at_once(
        self, iframe: APIClient, paired: str, supervisor: User, acme_call: Call, team: Team
    ) -> None:
        User.objects.filter(pk=supervisor.pk).update(role=Role.VIEWER)
        path = f"/api/v1/calls/{acme_call.id}/commands/"
        assert iframe.post(path, {"type": "break"}, **bearer(paired)).status_code == 403
        team.users.remove(supervisor)
        assert iframe.get(f"/api/v1/calls/{acme_call.id}/", **bearer(paired)).status_code == 404
