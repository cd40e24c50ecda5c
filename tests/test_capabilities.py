"""What can be done to a call at this moment."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Bot, BotSession
from bots.services import sessions
from calls import live, shapes
from calls.capabilities import effective_capabilities
from calls.commands import COMMANDS
from calls.models import Call, Stream, StreamingProfile, VendorAccount
from tests.conftest import MakeCall


@pytest.fixture
def call(acme: StreamingProfile, make_call: MakeCall) -> Call:
    return make_call(state="live", vendor="acme", profile=acme, key=f"acme:{acme.id}:1")


def capabilities() -> Any:
    return effective_capabilities(Call.objects.for_display().get())


def reasons() -> set[str]:
    return {capability.reason for capability in capabilities().values() if not capability.supported}


def test_every_command_has_its_words_and_parameters(call: Call) -> None:
    found = capabilities()
    assert set(COMMANDS) <= set(found)
    assert found["say"].label == "Say" and [p.name for p in found["say"].parameters] == ["text"]
    assert found["digits"].parameters[0].max_length == 5  # the vendor's own count
    assert found["hold"].label == "Hold"
    assert found["play"].reason == "Acme plays nothing: use say instead."
    assert found["transfer"].confirms and not found["say"].confirms


def test_the_shape_is_what_a_form_needs(call: Call) -> None:
    shape = shapes.call_shape(Call.objects.for_display().get()).capabilities["hold"]
    parameter = shape.parameters[0]
    assert (shape.label, shape.confirms) == ("Hold", False)
    assert (parameter.name, parameter.kind, parameter.label, parameter.required, parameter.choices) == (
        "state", "choice", "State", True, ["on", "off"]
    )  # fmt: skip


@pytest.mark.parametrize("state", ["ended", "interrupted"])
def test_nothing_can_be_done_to_a_past_call(acme: StreamingProfile, make_call: MakeCall, state: str) -> None:
    make_call(state=state, vendor="acme", profile=acme)
    assert not any(capability.supported for capability in capabilities().values())
    assert "The call is over." in reasons()
    assert capabilities()["play"].reason == "Acme plays nothing: use say instead."


def test_nor_while_the_vendor_is_away(call: Call) -> None:
    Stream.objects.update(state="ended", ended_at=timezone.now())
    assert not any(capability.supported for capability in capabilities().values())
    assert "The vendor's connection is lost. It can be acted on again once the vendor has reconnected." in reasons()


def test_the_rest_api_needs_an_account(call: Call) -> None:
    assert not capabilities()["hold"].supported and "Acme" in capabilities()["hold"].reason
    VendorAccount.objects.create(vendor="ringcx", name="Other vendor")
    VendorAccount.objects.create(vendor="acme", name="Other account", account_id="77")
    assert not capabilities()["hold"].supported
    VendorAccount.objects.create(vendor="acme", name="Any account")
    assert capabilities()["hold"].supported and not capabilities()["hold"].reason


@pytest.mark.parametrize(("sub_account", "supported"), [("99", True), ("9", False), ("9_", False), ("%", False)])
def test_an_account_is_for_its_sub_account(call: Call, sub_account: str, supported: bool) -> None:
    Call.objects.update(key="acme:99:1")
    VendorAccount.objects.create(vendor="acme", name="A", account_id=sub_account)
    assert capabilities()["hold"].supported == supported


def test_the_bots_commands(call: Call, acme: StreamingProfile) -> None:
    assert "pauseBot" not in capabilities() and "resumeBot" not in capabilities()
    acme.bot = Bot.objects.create(name="Menu", kind="menu")
    acme.save()
    assert not capabilities()["pauseBot"].supported
    session = BotSession.objects.create(call=call, bot=acme.bot, bot_version=1)
    assert capabilities()["pauseBot"].supported and capabilities()["resumeBot"].label == "Resume the bot"
    session.ended = True
    session.save()
    assert capabilities()["pauseBot"].reason == "No bot is in the call."


def test_that_a_bot_came_and_went_is_told(
    call: Call, acme: StreamingProfile, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        live, "publish", lambda id, kind, call: told.append((kind, call.capabilities["pauseBot"].supported))
    )
    acme.bot = Bot.objects.create(name="Menu", kind="menu")
    acme.save()
    with django_capture_on_commit_callbacks(execute=True):
        sessions.open_session(call_id=call.id, bot_id=acme.bot.id)
        sessions.open_session(call_id=call.id, bot_id=acme.bot.id)
    assert told == [("call.updated", True)]
    with django_capture_on_commit_callbacks(execute=True):
        sessions.save_session(call_id=call.id, state={}, paused=False, ended=False)
        sessions.save_session(call_id=call.id, state={}, paused=False, ended=True)
    assert told[1:] == [("call.updated", False)]
    call.delete()
    with django_capture_on_commit_callbacks(execute=True):
        sessions.save_session(call_id=call.id, state={}, paused=False, ended=True)
    assert len(told) == 2


def test_a_call_without_a_profile(call: Call) -> None:
    Call.objects.update(profile=None)
    assert capabilities()["break"].supported


def test_a_list_of_calls_costs_the_same_queries_however_long_it_is(
    acme: StreamingProfile, make_call: MakeCall, django_assert_num_queries: Any
) -> None:
    acme.bot = Bot.objects.create(name="Menu", kind="menu")
    acme.save()
    VendorAccount.objects.create(vendor="acme", name="A")
    for number in range(100):
        call = make_call(state="live", vendor="acme", profile=acme, key=str(number))
        if number % 2:
            BotSession.objects.create(call=call, bot=acme.bot, bot_version=1, state={"node": "start"})
    Stream.objects.create(call=call, process=uuid.uuid4(), lease_until=timezone.now())
    with django_assert_num_queries(4):
        found = [shapes.call_shape(call).capabilities for call in Call.objects.for_display()]
    assert sum(capabilities["pauseBot"].supported for capabilities in found) == 50
    assert all(capabilities["hold"].supported for capabilities in found)
