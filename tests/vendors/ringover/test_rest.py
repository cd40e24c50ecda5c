"""The REST API, through the real HTTP client against a local server."""

import asyncio
import socket

import pytest

from calls.commands import Command
from calls.events import CallInfo
from calls.vendors.base import ActionFailed
from calls.vendors.ringover import rest
from tests.vendors.ringover.conversation import RINGOVER
from tests.vendors.ringover.rest_server import EVENTS, KEY, serve

CALL_ID = 9058220947198958123  # beyond what a float holds: its neighbours are other calls
CALL = CallInfo(call_id=str(CALL_ID), from_number="+33600000000", to_number="33184800000")


@pytest.fixture
def ringover():
    with serve() as server:
        server.add_call(CALL_ID - 1, 1, from_number=33600000001, to_number=33184800000)
        server.add_call(CALL_ID, 2, from_number=33600000000, to_number=33184800000)
        server.add_call(str(CALL_ID + 1), "3", from_number="33600000002", to_number="33184800000")
        yield server


@pytest.fixture
async def actions(ringover):
    actions = RINGOVER.actions({"apiKey": KEY, "baseUrl": ringover.url})
    yield actions
    await actions.close()


async def failure(work):
    with pytest.raises(ActionFailed) as error:
        await work
    return str(error.value)


@pytest.mark.parametrize(("command", "event"), list(zip(("hangup", "hold", "mute", "recording"), EVENTS, strict=True)))
async def test_command(ringover, actions, command, event):
    assert await actions.perform(Command(command), CALL) == "Ringover confirmed it."
    assert ringover.events == [("2", event)]
    assert ringover.requests == [
        ("/v2/calls/current", {"limit_count": 1000, "limit_offset": 0}),
        (f"/v2/channels/2/events/{event}", None),
    ]


def test_every_command_of_the_api_is_one_that_the_vendor_declares():
    by_rest = {name for name, capability in RINGOVER.capabilities.items() if capability.needs_account}
    assert by_rest | {"hangup"} == set(rest.EVENTS)


async def test_command_that_the_api_has_not(actions):
    assert "has no break" in await failure(actions.perform(Command("break"), CALL))


class TestWhichChannel:
    def channel(self, ringover, **facts):
        return rest.find_channel(ringover.calls, CallInfo(**facts))

    def test_by_the_calls_id(self, ringover):
        assert self.channel(ringover, call_id=str(CALL_ID)) == "2"
        assert self.channel(ringover, call_id=str(CALL_ID + 1)) == "3"

    def test_by_an_id_told_later(self, ringover):
        assert self.channel(ringover, call_id="hub-1", extra={"data.uuid": "x", "call_id": str(CALL_ID)}) == "2"

    def test_by_the_channels_id(self, ringover):
        assert self.channel(ringover, call_id="hub-1", extra={"channel_id": "3"}) == "3"

    def test_by_both_numbers(self, ringover):
        assert self.channel(ringover, call_id="hub-1", from_number="+33 6 00 00 00 00", to_number="33184800000") == "2"

    def test_one_number_is_not_enough(self, ringover):
        with pytest.raises(ActionFailed, match="no live call"):
            self.channel(ringover, call_id="hub-1", to_number="33184800000")

    def test_unknown_call(self, ringover):
        with pytest.raises(ActionFailed, match="no live call"):
            self.channel(ringover, call_id="1")
        with pytest.raises(ActionFailed, match="no live call"):
            self.channel(ringover)

    def test_of_several_the_one_that_was_told(self, ringover):
        ringover.add_call(CALL_ID, 4)
        assert self.channel(ringover, call_id=str(CALL_ID), extra={"channel_id": "4"}) == "4"

    def test_of_several_the_one_that_is_answered(self, ringover):
        ringover.add_call(CALL_ID, 4, "RINGING")
        assert self.channel(ringover, call_id=str(CALL_ID)) == "2"

    def test_several(self, ringover):
        ringover.add_call(CALL_ID, 4)
        with pytest.raises(ActionFailed, match="several channels"):
            self.channel(ringover, call_id=str(CALL_ID))

    @pytest.mark.parametrize("channel", [None, "", "../users", "a/b", {}, 1.5])
    def test_channel_that_is_none(self, ringover, channel):
        ringover.add_call(5, channel)
        with pytest.raises(ActionFailed, match="no live call"):
            self.channel(ringover, call_id="5")

    @pytest.mark.parametrize(
        "body", [{}, {"current_calls_list": None}, {"current_calls_list": [1, None, []]}, [], 5], ids=range(5)
    )
    async def test_list_without_calls(self, ringover, actions, body):
        ringover.answers["/v2/calls/current"] = (200, body)
        assert "no live call" in await failure(actions.perform(Command("hangup"), CALL))

    async def test_bare_list(self, ringover, actions):
        ringover.answers["/v2/calls/current"] = (200, ringover.calls)
        assert await actions.perform(Command("hangup"), CALL)


class TestFailures:
    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (400, "refused it (400)"),
            (401, "refuses the API key (401)"),
            (403, "let it read and write calls"),
            (404, "the call is over"),
            (429, "try again in a few seconds"),
            (500, "failed (500); whether it was done is not known"),
            (502, "no answer (502); whether it was done is not known"),
            (302, "refused it (302)"),
        ],
    )
    async def test_of_the_command(self, ringover, actions, status, words, monkeypatch):
        monkeypatch.setattr(rest, "SECOND", 0.01)
        ringover.answers["/v2/channels/2/events/hangup"] = (status, {"message": "told by the server"})
        said = await failure(actions.perform(Command("hangup"), CALL))
        assert words in said
        assert "told by the server" not in said

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502])
    async def test_of_the_list(self, ringover, actions, status, monkeypatch):
        monkeypatch.setattr(rest, "SECOND", 0.01)
        ringover.answers["/v2/calls/current"] = (status, b"<html>")
        assert f"({status})" in await failure(actions.perform(Command("hangup"), CALL))
        assert ringover.events == []

    async def test_others_use_up_the_limit_for_a_moment(self, ringover, actions, monkeypatch):
        monkeypatch.setattr(rest, "SECOND", 0.01)
        ringover.busy = 1
        assert await actions.perform(Command("hangup"), CALL)
        assert [path for path, _ in ringover.requests] == ["/v2/calls/current"] * 2 + ["/v2/channels/2/events/hangup"]

    async def test_no_live_calls_at_all(self, ringover, actions):
        ringover.calls.clear()
        assert "no live call" in await failure(actions.perform(Command("hangup"), CALL))

    async def test_answer_that_is_no_json(self, ringover, actions):
        ringover.answers["/v2/calls/current"] = (200, b"<html>")
        assert "check the account's address" in await failure(actions.perform(Command("hangup"), CALL))

    async def test_nobody_there(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            actions = RINGOVER.actions({"apiKey": KEY, "baseUrl": f"http://127.0.0.1:{taken.getsockname()[1]}/v2"})
            said = await failure(actions.perform(Command("hangup"), CALL))
            await actions.close()
        assert "127.0.0.1 can't be reached" in said
        assert KEY not in said

    async def test_connection_that_breaks_off(self, monkeypatch):
        async def hang_up(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        actions = RINGOVER.actions(
            {"apiKey": KEY, "baseUrl": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v2"}
        )
        said = await failure(actions.perform(Command("hangup"), CALL))
        assert "broke off" in said
        assert "is not known" in said
        await actions.close()
        server.close()
        await server.wait_closed()

    @pytest.mark.parametrize("key", ["", "two words", "nonascii-é", "line\nbreak"], ids=range(4))
    async def test_key_that_is_none(self, ringover, key):
        actions = RINGOVER.actions({"apiKey": key, "baseUrl": ringover.url})
        assert "API key" in await failure(actions.perform(Command("hangup"), CALL))
        assert ringover.requests == []
        await actions.close()


class TestLimits:
    async def test_a_route_is_asked_twice_a_second(self, ringover, actions):
        await asyncio.gather(*(actions.perform(Command("mute"), CALL) for _ in range(4)))
        for budget in actions.budgets.values():
            first, second = budget.taken
            assert second >= first
        assert len(ringover.events) == 4
        assert set(actions.budgets) == {"current", "mute/toggle"}

    async def test_who_would_wait_too_long_hears_so(self, ringover, actions, monkeypatch):
        monkeypatch.setattr(rest, "WAIT_SECONDS", 0.0)
        outcomes = await asyncio.gather(
            *(actions.perform(Command("mute"), CALL) for _ in range(3)), return_exceptions=True
        )
        [refused] = [outcome for outcome in outcomes if isinstance(outcome, ActionFailed)]
        assert "2 such requests a second" in str(refused)
        assert len(ringover.events) == 2


class TestCheck:
    async def test_key_that_works(self, actions):
        assert await actions.check("") == "Ringover takes the API key. It shows 3 live calls."

    async def test_wrong_key(self, ringover):
        actions = RINGOVER.actions({"apiKey": "other", "baseUrl": ringover.url})
        assert "refuses the API key (401)" in await failure(actions.check(""))
        await actions.close()


async def test_address_of_europe_unless_told_otherwise():
    for fields in ({"apiKey": KEY}, {"apiKey": KEY, "baseUrl": ""}):
        actions = RINGOVER.actions(fields)
        assert actions.base == "https://public-api.ringover.com/v2"
        await actions.close()
    [field] = [field for field in RINGOVER.account if field.url]
    assert field.default == "https://public-api.ringover.com/v2"
    assert "https://public-api-us.ringover.com/v2" in field.help
