"""Commands as rows: what is stored, what is refused, how each goes from state to state."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from bots.models import Bot, BotSession
from calls import live
from calls.models import AuditEntry, Call, Command, Stream, StreamingProfile, User
from calls.services import calls, commands, sweep
from calls.services.commands import Requester
from tests.conftest import MakeCall

SOMEBODY = Requester("somebody", None, "user:1")


@pytest.fixture
def call(acme: StreamingProfile, make_call: MakeCall) -> Call:
    return make_call(state="live", vendor="acme", profile=acme, vendor_call_id="c-1")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What goes out, in order: `(kind of event or "tell", what)`."""
    heard: list[tuple[str, Any]] = []
    monkeypatch.setattr(live, "publish", lambda call_id, kind, **payload: heard.append((kind, payload.get("command"))))
    monkeypatch.setattr(live, "tell_process", lambda process, message: heard.append(("tell", (process, message))))
    return heard


Ask = Callable[..., Command]


@pytest.fixture
def ask(call: Call, django_capture_on_commit_callbacks: Any) -> Ask:
    def ask(type: str, key: str = "", requester: Requester = SOMEBODY, **params: Any) -> Command:
        with django_capture_on_commit_callbacks(execute=True):
            return commands.request_command(
                call_id=call.id, type=type, params=params, requester=requester, idempotency_key=key
            )

    return ask


@pytest.fixture
def run(django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    def run(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return work(*args, **kwargs)

    return run


Run = Callable[..., Any]
Told = list[tuple[str, Any]]


def test_a_command_is_stored_audited_and_told(ask: Ask, call: Call, told: Told, supervisor: User) -> None:
    command = ask("transfer", target="(202) 555-0123", requester=Requester("supervisor", supervisor, "user:7"))
    stream = call.streams.get()
    row = Command.objects.get()
    assert (row.id, row.call, row.stream, row.state) == (command.id, call, stream, "requested")
    assert (row.type, row.params, row.by) == ("transfer", {"target": "+12025550123"}, "supervisor")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.call, entry.subject) == (
        supervisor, "command.transfer", call, "Acme call c-1"
    )  # fmt: skip
    assert entry.detail == {"command": str(row.id), "params": {"target": "+12025550123"}}
    (kind, shape), (tell, (process, message)) = told
    assert (kind, shape.id, shape.state, shape.by) == ("command.updated", row.id, "requested", "supervisor")
    assert (tell, process, message["type"]) == ("tell", stream.process, "command")
    order = message["order"]
    assert (order.id, order.stream_id, order.type, order.params) == (row.id, stream.id, "transfer", row.params)
    assert order.requested_at == row.requested_at


def test_a_refused_command_leaves_nothing(ask: Ask, told: Told) -> None:
    with pytest.raises(ValidationError) as caught:
        ask("transfer", target="abc")
    assert list(caught.value.error_dict) == ["target"]
    with pytest.raises(ValidationError) as caught:
        ask("dance")
    assert list(caught.value.error_dict) == ["type"]
    with pytest.raises(commands.Unsupported, match="Acme plays nothing"):
        ask("play", url="https://example.com/a.wav")
    with pytest.raises(commands.Unsupported, match="Acme"):
        ask("hold", state="on")
    with pytest.raises(Call.DoesNotExist):
        commands.request_command(call_id=uuid.uuid4(), type="break", params={}, requester=SOMEBODY)
    assert not Command.objects.exists() and not AuditEntry.objects.exists() and not told


def test_a_bots_commands(ask: Ask, call: Call, acme: StreamingProfile, told: Told) -> None:
    with pytest.raises(commands.Unsupported, match="No bot answers"):
        ask("pauseBot")
    acme.bot = Bot.objects.create(name="Menu", kind="menu")
    acme.save()
    with pytest.raises(commands.Unsupported, match="No bot is in the call"):
        ask("pauseBot")
    BotSession.objects.create(call=call, bot=acme.bot, bot_version=1)
    assert ask("pauseBot").type == "pauseBot"


def test_the_newest_live_stream_carries_it(ask: Ask, call: Call, told: Told) -> None:
    def stream(state: str, **fields: Any) -> Stream:
        ended = None if state == "live" else timezone.now()
        return Stream.objects.create(
            call=call, state=state, ended_at=ended, process=uuid.uuid4(), lease_until=timezone.now(), **fields
        )

    newest = stream("live")
    stream("ended")
    stream("live", started_at=timezone.now() - timedelta(hours=1))
    assert ask("break").stream == newest
    assert told[-1][1][0] == newest.process


def test_a_call_that_is_not_live(ask: Ask, call: Call, told: Told) -> None:
    Stream.objects.update(state="ended", ended_at=timezone.now())
    with pytest.raises(commands.NotLive, match="once the vendor has reconnected"):
        ask("break")
    Call.objects.update(state="ended", ended_at=timezone.now())
    with pytest.raises(commands.NotLive, match="The call is over"):
        ask("break")
    assert not told


class TestIdempotency:
    def test_the_same_command_is_the_same_row(self, ask: Ask, told: Told) -> None:
        first = ask("say", "k", text="hello")
        again = ask("say", "k", text="hello")
        assert first.id == again.id and Command.objects.count() == AuditEntry.objects.count() == 1
        assert len(told) == 2
        Command.objects.update(state="sent")
        assert ask("say", "k", text="hello").state == "sent"

    def test_it_still_answers_when_the_call_has_ended(self, ask: Ask, call: Call, told: Told) -> None:
        first = ask("hangup", "k")
        Stream.objects.update(state="ended", ended_at=timezone.now())
        Call.objects.update(state="ended", ended_at=timezone.now())
        assert ask("hangup", "k").id == first.id

    def test_another_body_is_refused(self, ask: Ask, told: Told) -> None:
        ask("say", "k", text="hello")
        for type, params in (("say", {"text": "bye"}), ("hangup", {}), ("say", {"text": "hello", "x": 1})):
            with pytest.raises(commands.IdempotencyMismatch):
                ask(type, "k", **params)
        assert Command.objects.count() == 1

    def test_the_order_of_a_bodys_keys_does_not_count(self, ask: Ask, told: Told) -> None:
        assert (
            ask("note", "k", text="a", data={"x": 1, "y": 2}).id == ask("note", "k", data={"y": 2, "x": 1}, text="a").id
        )

    def test_keys_are_a_callers_own_and_a_calls_own(
        self, ask: Ask, make_call: MakeCall, call: Call, told: Told
    ) -> None:
        first = ask("say", "k", text="hello")
        assert ask("say", "k", Requester("other", None, "user:2"), text="bye").id != first.id
        other = make_call(state="live", vendor="acme", profile=call.profile, key="other")
        commands.request_command(call_id=other.id, type="hangup", params={}, requester=SOMEBODY, idempotency_key="k")
        assert Command.objects.count() == 3

    def test_without_a_key_each_is_its_own(self, ask: Ask, told: Told) -> None:
        assert ask("say", text="hello").id != ask("say", text="hello").id

    @pytest.mark.parametrize("swept", [False, True])
    def test_a_key_lives_for_a_day(self, ask: Ask, told: Told, swept: bool) -> None:
        first = ask("say", "k", text="hello")
        Command.objects.update(requested_at=timezone.now() - timedelta(hours=23, minutes=59))
        sweep.close_due()
        assert ask("say", "k", text="hello").id == first.id
        Command.objects.update(requested_at=timezone.now() - timedelta(hours=24, minutes=1))
        if swept:
            sweep.close_due()
            assert not Command.objects.exclude(idempotency_key="").exists()
        second = ask("say", "k", text="bye")
        assert second.id != first.id
        assert ask("say", "k", text="bye").id == second.id


def steps(told: Told, command: Command) -> list[str]:
    return [what.state for kind, what in told if kind == "command.updated" and what.id == command.id]


def test_sent_and_confirmed(ask: Ask, run: Run, told: Told) -> None:
    command = ask("transfer", target="+12025550123")
    assert run(commands.note_sent, command.id)
    assert run(commands.note_outcome, command.id, ok=True, detail="accep\0ted")
    command.refresh_from_db()
    assert (command.state, command.detail, command.error, command.failed_at) == ("confirmed", "accepted", "", None)
    assert command.sent_at and command.confirmed_at and command.requested_at <= command.sent_at <= command.confirmed_at
    assert steps(told, command) == ["requested", "sent", "confirmed"]


def test_failed(ask: Ask, run: Run, told: Told) -> None:
    command = ask("transfer", target="+12025550123")
    run(commands.note_sent, command.id)
    run(commands.note_outcome, command.id, ok=False, detail="busy")
    command.refresh_from_db()
    assert (command.state, command.error, command.detail, command.confirmed_at) == ("failed", "busy", "", None)
    assert command.sent_at and command.failed_at
    assert steps(told, command) == ["requested", "sent", "failed"]


def test_an_outcome_may_overtake_the_sending(ask: Ask, run: Run, told: Told) -> None:
    command = ask("hangup")
    assert run(commands.note_outcome, command.id, ok=True)
    assert not run(commands.note_sent, command.id)
    command.refresh_from_db()
    assert (command.state, command.sent_at) == ("confirmed", command.confirmed_at)
    assert steps(told, command) == ["requested", "confirmed"]


@pytest.mark.parametrize("state", ["confirmed", "failed", "expired"])
def test_nothing_is_taken_back(ask: Ask, run: Run, told: Told, state: str) -> None:
    command = ask("hangup")
    Command.objects.update(state=state)
    before = Command.objects.values().get()
    told.clear()
    assert not run(commands.note_sent, command.id)
    assert not run(commands.note_outcome, command.id, ok=True)
    assert not run(commands.note_outcome, command.id, ok=False, detail="late")
    assert run(commands.fail_unsent, stream_id=command.stream_id) == 0
    Command.objects.update(requested_at=timezone.now() - timedelta(minutes=1))
    assert run(commands.expire_due) == 0
    assert Command.objects.values().get() | {"requested_at": before["requested_at"]} == before
    assert not told


def test_a_stream_that_ends_takes_its_unsent_commands_along(ask: Ask, run: Run, told: Told, call: Call) -> None:
    unsent, sent = ask("break"), ask("hangup")
    run(commands.note_sent, sent.id)
    other = Stream.objects.create(call=call, process=uuid.uuid4(), lease_until=timezone.now() + timedelta(hours=1))
    elsewhere = ask("break")
    assert elsewhere.stream == other
    assert run(commands.fail_unsent, stream_id=unsent.stream_id) == 1
    for command in (unsent, sent, elsewhere):
        command.refresh_from_db()
    assert [unsent.state, sent.state, elsewhere.state] == ["failed", "sent", "requested"]
    assert unsent.error == "The connection ended before it could be sent."


def test_so_does_a_process_that_died(ask: Ask, run: Run, told: Told) -> None:
    command = ask("break")
    Stream.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run(calls.interrupt_dead_streams)
    command.refresh_from_db()
    assert (command.state, command.error) == ("failed", "The connection ended before it could be sent.")


def test_what_nobody_sends_expires(ask: Ask, run: Run, told: Told) -> None:
    command = ask("break")
    assert run(commands.expire_due) == 0
    still = timezone.now() - timedelta(seconds=commands.EXPIRE_SECONDS - 1)
    Command.objects.update(requested_at=still)
    assert run(commands.expire_due) == 0  # its receipt may be on the way
    Command.objects.update(requested_at=timezone.now() - timedelta(seconds=commands.EXPIRE_SECONDS + 1))
    sent = ask("hangup")
    run(commands.note_sent, sent.id)
    Command.objects.filter(id=sent.id).update(requested_at=still - timedelta(minutes=1))
    assert run(sweep.close_due) == 1
    command.refresh_from_db()
    sent.refresh_from_db()
    assert (command.state, sent.state) == ("expired", "sent")
    assert command.failed_at and "not sent within 5 seconds" in command.error
    assert steps(told, command) == ["requested", "expired"]


def test_what_a_process_has_to_send(ask: Ask, told: Told, call: Call) -> None:
    process = call.streams.get().process
    first, second, third = ask("break"), ask("say", text="hello"), ask("hangup")
    Command.objects.filter(id=third.id).update(state="sent")
    assert [order.id for order in commands.waiting_for(process)] == [first.id, second.id]
    assert commands.waiting_for(process)[1].params == {"text": "hello"}
    assert commands.waiting_for(uuid.uuid4()) == []
    Command.objects.update(requested_at=timezone.now() - timedelta(seconds=commands.SEND_SECONDS))
    assert commands.waiting_for(process) == []
