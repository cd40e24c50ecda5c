"""What can be done to a RingCX call: nothing by its stream, the rest where an account is configured."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from calls.models import Call, Command, VendorAccount
from tests.api.conftest import Problem
from tests.conftest import MakeCall

ONE_WAY = {"break", "digits", "say", "play"}
NEEDS = "Needs RingCX REST credentials: an admin adds them under Team, Vendor accounts."


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call(state="live")  # of sub-account 99


@pytest.fixture
def account(db: None) -> VendorAccount:
    return VendorAccount.objects.create(vendor="ringcx", name="Ours", account_id="99", fields={"jwt": "x"})


def capabilities(client: APIClient, call: Call) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/calls/{call.id}/").json()["capabilities"]
    return found


def test_without_an_account_they_show_the_reason(as_admin: APIClient, problem: Problem, call: Call) -> None:
    for type, capability in capabilities(as_admin, call).items():
        assert not capability["supported"]
        assert ("RingCX streams are one-way" in capability["reason"]) == (type in ONE_WAY)
        assert type in ONE_WAY or capability["reason"] == NEEDS
    refused = problem(as_admin.post(f"/api/v1/calls/{call.id}/commands/", {"type": "hangup"}), 409, "unsupported")
    assert refused["detail"] == NEEDS


def test_an_account_of_another_sub_account_is_none(as_admin: APIClient, call: Call, account: VendorAccount) -> None:
    VendorAccount.objects.update(account_id="9")
    assert not capabilities(as_admin, call)["hangup"]["supported"]
    VendorAccount.objects.update(account_id="")
    assert capabilities(as_admin, call)["hangup"]["supported"]


def test_with_an_account_they_are_offered(as_admin: APIClient, call: Call, account: VendorAccount) -> None:
    found = capabilities(as_admin, call)
    assert {type for type, capability in found.items() if not capability["supported"]} == ONE_WAY
    assert all(
        capability["confirms"] and capability["label"] for type, capability in found.items() if type not in ONE_WAY
    )
    [target] = found["transfer"]["parameters"]
    assert (target["name"], target["kind"], found["transfer"]["label"]) == ("target", "queue", "Transfer to a queue")
    assert found["hold"]["parameters"][0]["choices"] == ["on", "off"]


@pytest.mark.parametrize(
    ("body", "params"),
    [
        ({"type": "hangup"}, {}),
        ({"type": "hangupLeg", "phone": "+1 (202) 555-0123"}, {"phone": "+12025550123"}),
        ({"type": "transfer", "target": "1234"}, {"target": "1234"}),
        ({"type": "transfer", "target": 1234}, {"target": "1234"}),
        ({"type": "hold", "state": "on"}, {"state": "on"}),
        ({"type": "recording", "state": "off"}, {"state": "off"}),
        ({"type": "monitor", "destination": "tel:+12025550123"}, {"destination": "+12025550123"}),
        ({"type": "coach", "destination": "0012025550123"}, {"destination": "+12025550123"}),
        ({"type": "barge", "destination": "+12025550123"}, {"destination": "+12025550123"}),
        ({"type": "disposition", "disposition": "SALE"}, {"disposition": "SALE"}),
        ({"type": "disposition", "disposition": "SALE", "notes": "x"}, {"disposition": "SALE", "notes": "x"}),
    ],
    ids=lambda value: "-".join(map(str, value.values())) or "none",
)
def test_commands_are_taken(
    as_admin: APIClient, call: Call, account: VendorAccount, body: dict[str, Any], params: dict[str, Any]
) -> None:
    response = as_admin.post(f"/api/v1/calls/{call.id}/commands/", body)
    assert response.status_code == 202, response.content
    assert response.json()["params"] == params
    assert Command.objects.get().params == params


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "transfer"}, "target"),
        ({"type": "transfer", "target": "+12025550123"}, "target"),
        ({"type": "transfer", "target": "sip:a@example.com"}, "target"),
        ({"type": "transfer", "target": "../1"}, "target"),
        ({"type": "transfer", "target": "1" * 19}, "target"),
        ({"type": "transfer", "target": True}, "target"),
        ({"type": "transfer", "gateId": "1234", "target": "1234"}, "gateId"),
        ({"type": "hangupLeg"}, "phone"),
        ({"type": "hold", "state": "maybe"}, "state"),
        ({"type": "monitor", "destination": "sip:me@example.com"}, "destination"),
        ({"type": "monitor", "destination": "me"}, "destination"),
        ({"type": "disposition", "notes": "x"}, "disposition"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_wrong_parameters(
    as_admin: APIClient, problem: Problem, call: Call, account: VendorAccount, body: dict[str, Any], field: str
) -> None:
    problem(as_admin.post(f"/api/v1/calls/{call.id}/commands/", body), 422, "invalid", field)


def test_a_phone_number_for_a_queue_is_explained(
    as_admin: APIClient, problem: Problem, call: Call, account: VendorAccount
) -> None:
    body = {"type": "transfer", "target": "+12025550123"}
    [error] = problem(as_admin.post(f"/api/v1/calls/{call.id}/commands/", body), 422)["errors"]
    assert "id of a queue, digits only" in error["detail"]
