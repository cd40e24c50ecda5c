"""Acting on live RingCX calls, against a server that follows the documentation, over real sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from calls.commands import Command
from calls.events import CallInfo
from calls.vendors import VENDORS
from calls.vendors.base import ActionFailed
from calls.vendors.ringcx import rest
from calls.vendors.ringcx.rest import RingCXActions
from tests.vendors.ringcx.rest_server import ACCOUNT, CALL, CLIENT_SECRET, JWT, RingCXRest

INFO = CallInfo(call_id=CALL, sub_account_id=ACCOUNT)
HANGUP = Command("hangup")


@pytest.fixture
def server() -> Iterator[RingCXRest]:
    with RingCXRest() as server:
        yield server
    assert server.violations == []


@pytest.fixture
async def actions(server: RingCXRest) -> AsyncIterator[RingCXActions]:
    actions = RingCXActions(server.fields)
    yield actions
    await actions.close()


async def why(work: object) -> str:
    """The reason for which it failed."""
    with pytest.raises(ActionFailed) as failed:
        await work  # type: ignore[misc]
    return str(failed.value)


@pytest.mark.parametrize(
    ("type", "params", "action", "query"),
    [
        ("hangup", {}, "hangupCall", {}),
        ("hangupLeg", {"phone": "+12025550123"}, "hangupSession", {"phone": "+12025550123"}),
        ("transfer", {"target": "1234"}, "requeueCall", {"gateId": "1234"}),
        ("hold", {"state": "on"}, "toggleCallHold", {"state": "ON"}),
        ("hold", {"state": "off"}, "toggleCallHold", {"state": "OFF"}),
        ("recording", {"state": "on"}, "toggleCallRecording", {"record": "true"}),
        ("recording", {"state": "off"}, "toggleCallRecording", {"record": "false"}),
        (
            "monitor",
            {"destination": "+12025550123"},
            "addSessionToCall",
            {"destination": "+12025550123", "sessionType": "MONITOR"},
        ),
        (
            "coach",
            {"destination": "+12025550123"},
            "addSessionToCall",
            {"destination": "+12025550123", "sessionType": "COACHING"},
        ),
        (
            "barge",
            {"destination": "+12025550123"},
            "addSessionToCall",
            {"destination": "+12025550123", "sessionType": "BARGEIN"},
        ),
        ("disposition", {"disposition": "SALE"}, "dispositionCall", {"disposition": "SALE", "callback": "false"}),
        (
            "disposition",
            {"disposition": "No answer & co", "notes": "call again, ünd"},
            "dispositionCall",
            {"disposition": "No answer & co", "callback": "false", "notes": "call again, ünd"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_each_action_as_documented(server, actions, type, params, action, query):
    assert await actions.perform(Command(type, params), INFO) == "RingCX confirmed it."
    assert server.actions == [(action, query)]
    assert server.exchanges == ["oauth", "login"]


def test_every_command_that_needs_an_account_has_its_request():
    for type, capability in VENDORS["ringcx"].capabilities.items():
        if capability.needs_account:
            assert capability.supported and capability.confirms and capability.label
            names = {parameter.name: "on" for parameter in capability.parameters}
            assert rest.request_of(Command(type, names))[0]


async def test_commands_share_a_token(server, actions):
    for _ in range(3):
        await actions.perform(HANGUP, INFO)
    assert server.exchanges == ["oauth", "login"]


async def test_a_token_that_died_is_renewed_once_and_the_command_repeated(server, actions):
    await actions.perform(HANGUP, INFO)
    server.pass_time(301)
    await actions.perform(HANGUP, INFO)
    assert server.exchanges == ["oauth", "login", "refresh"]
    assert len(server.actions) == 2


async def test_each_renewal_takes_the_newest_refresh_token(server, actions):
    for _ in range(4):
        await actions.perform(HANGUP, INFO)
        server.pass_time(301)
    await actions.perform(HANGUP, INFO)
    assert server.exchanges == ["oauth", "login", *["refresh"] * 4]


async def test_a_token_near_its_end_is_renewed_before_it_is_refused(server, actions, monkeypatch):
    monkeypatch.setattr(rest, "TOKEN_SECONDS", 0)
    await actions.perform(HANGUP, INFO)
    await actions.perform(HANGUP, INFO)
    assert server.exchanges == ["oauth", "login", "refresh"]


async def test_a_refresh_token_that_died_too_means_a_new_log_in(server, actions):
    await actions.perform(HANGUP, INFO)
    server.pass_time(3600)
    await actions.perform(HANGUP, INFO)
    assert server.exchanges == ["oauth", "login", "refresh", "oauth", "login"]


async def test_without_refresh_tokens_it_logs_in_anew(server, actions):
    server.gives_refresh = False
    await actions.perform(HANGUP, INFO)
    server.pass_time(301)
    await actions.perform(HANGUP, INFO)
    assert server.exchanges == ["oauth", "login"] * 2


async def test_many_commands_at_once_share_one_renewal(server, actions):
    await asyncio.gather(*(actions.perform(HANGUP, INFO) for _ in range(20)))
    assert server.exchanges == ["oauth", "login"]
    server.pass_time(301)
    await asyncio.gather(*(actions.perform(HANGUP, INFO) for _ in range(20)))
    assert server.exchanges == ["oauth", "login", "refresh"]
    assert len(server.actions) == 40


async def test_a_command_that_is_given_up_leaves_the_renewal_to_the_others(server, actions):
    server.stalled.set()
    first = asyncio.create_task(actions.perform(HANGUP, INFO))
    second = asyncio.create_task(actions.perform(HANGUP, INFO))
    assert await asyncio.to_thread(server.asked.wait, 10)
    first.cancel()
    server.stalled.clear()
    server.released.set()
    assert await second == "RingCX confirmed it."
    assert server.exchanges == ["oauth", "login"]


async def test_a_failed_log_in_is_shared_and_tried_again_by_the_next(server, actions):
    server.jwt = "another"
    reasons = await asyncio.gather(*(why(actions.perform(HANGUP, INFO)) for _ in range(10)))
    assert set(reasons) == {"RingCentral refuses the JWT: check that it is whole, not expired, and for this app."}
    assert server.exchanges == ["oauth"]
    server.jwt = JWT
    assert await actions.perform(HANGUP, INFO)


async def test_no_more_than_five_exchanges_a_minute(server, actions):
    for _ in range(5):
        await actions.perform(HANGUP, INFO)
        server.access.clear()
    assert "at most 5 log-ins a minute" in await why(actions.perform(HANGUP, INFO))
    assert server.exchanges == ["oauth", "login", *["refresh"] * 4]


async def test_a_wrong_jwt_is_not_tried_for_ever(server, actions):
    server.jwt = "another"
    for _ in range(5):
        assert "JWT" in await why(actions.perform(HANGUP, INFO))
    assert "try again in" in await why(actions.perform(HANGUP, INFO))
    assert server.exchanges == ["oauth"] * 5


async def test_no_more_than_120_requests_a_minute(server, actions):
    done = await asyncio.gather(*(actions.perform(HANGUP, INFO) for _ in range(130)), return_exceptions=True)
    refused = [answer for answer in done if "at most 120 requests a minute" in str(answer)]
    assert len(refused) == 11, "the log-in was one of the 120"
    assert len(server.actions) <= 119


async def test_a_short_wait_for_a_place_is_waited(server, monkeypatch):
    monkeypatch.setattr(rest, "REQUESTS_A_MINUTE", 2)
    monkeypatch.setattr(rest, "MINUTE", 0.2)
    actions = RingCXActions(server.fields)
    await asyncio.gather(*(actions.perform(HANGUP, INFO) for _ in range(4)))
    await actions.close()
    assert len(server.actions) == 4


async def test_false_is_a_refusal(server, actions):
    server.refuses = True
    assert "refused" in await why(actions.perform(HANGUP, INFO))


async def test_a_call_that_is_over(server, actions):
    server.live_calls.clear()
    assert await why(actions.perform(HANGUP, INFO)) == "RingCX knows no such live call: it is over."


async def test_a_missing_permission_is_named(server, actions):
    server.forbids = True
    reason = await why(actions.perform(HANGUP, INFO))
    assert "Monitor calls, Barge-in and Coaching" in reason
    assert len(server.exchanges) == 2, "a new token would change nothing"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((200, "<html>Sign in</html>", {}), "neither true nor false"),
        ((200, "", {}), "neither true nor false"),
        ((200, '{"ok": true}', {}), "neither true nor false"),
        ((202, "accepted", {}), "neither true nor false"),
        ((302, "", {"Location": "https://example.com/"}), "RingCX refused (302)"),
        ((400, '{"errorCode": "bad.request.exception"}', {}), "RingCX refused (400 bad.request.exception)"),
        ((400, '{"errorCode": "access-1 is wrong"}', {}), "RingCX refused (400)."),
        ((400, '["errorCode"]', {}), "RingCX refused (400)."),
        ((401, "", {}), "RingCX refused (401)"),
        ((403, "", {}), "RingCX refused (403)"),
        ((429, "", {"Retry-After": "17"}), "try again in 17 s"),
        ((429, "", {"Retry-After": "Wed, 21 Oct"}), "try again in a minute"),
        ((500, "", {}), "RingCX failed (500); whether it was done is not known"),
        ((503, "", {}), "RingCX failed (503)"),
    ],
    ids=lambda value: "" if isinstance(value, str) else f"{value[0]} {value[1][:12]}",
)
async def test_other_answers(server, actions, answer, reason):
    server.broken = answer
    assert reason in await why(actions.perform(HANGUP, INFO))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, '{"error": "invalid_client"}', {}), "client id and secret"),
        ((400, '{"error": "unauthorized_client"}', {}), "client id and secret"),
        ((400, '{"error": "something_new"}', {}), "RingCentral refused (400)"),
        ((200, "<html></html>", {}), "did not answer in JSON: check the addresses"),
        ((200, "[]", {}), "without a token"),
        ((200, '{"access_token": ""}', {}), "without a token"),
        ((200, '{"access_token": "a\\nb"}', {}), "without a token"),
        ((200, '{"access_token": "not one of ours"}', {}), "without a token"),
        ((200, '{"access_token": "foreign"}', {}), "takes no log-in from this RingCentral user (401)"),
        ((429, "", {"Retry-After": "60"}), "RingCentral takes no more requests for now (429): try again in 60 s."),
        ((502, "", {}), "RingCentral failed (502); nothing was done."),
    ],
    ids=lambda value: "" if isinstance(value, str) else f"{value[0]} {value[1][:24]}",
)
async def test_log_ins_that_fail(server, actions, answer, reason):
    server.broken_login = answer
    assert reason in await why(actions.perform(HANGUP, INFO))


async def test_a_slow_answer_leaves_open_what_was_done(server, actions, monkeypatch):
    await actions.token()
    server.stalled.set()
    monkeypatch.setattr(rest, "REQUEST_SECONDS", 0.2)
    actions.http.timeout = httpx2.Timeout(0.2)
    reason = await why(actions.perform(HANGUP, INFO))
    assert reason == (
        "127.0.0.1 did not answer within 0.2 s; whether it was done is not known, so look at the call before you try again."
    )


async def test_a_slow_log_in_has_done_nothing(server, monkeypatch):
    monkeypatch.setattr(rest, "REQUEST_SECONDS", 0.2)
    actions = RingCXActions(server.fields)
    server.stalled.set()
    assert await why(actions.perform(HANGUP, INFO)) == "127.0.0.1 did not answer within 0.2 s; nothing was done."
    await actions.close()


async def test_all_together_takes_no_longer_than_its_limit(server, actions, monkeypatch):
    monkeypatch.setattr(rest, "COMMAND_SECONDS", 0.2)
    server.stalled.set()
    assert "longer than 0.2 s" in await why(actions.perform(HANGUP, INFO))


async def test_a_host_that_is_not_there(server):
    fields = {**server.fields, "platformUrl": "http://127.0.0.1:1"}
    actions = RingCXActions(fields)
    assert await why(actions.perform(HANGUP, INFO)) == ("127.0.0.1 can't be reached (ConnectError): nothing was done.")
    await actions.close()


@pytest.mark.parametrize("bad", ["", "..", ".", "a/b", "../../x", "a?b", "a#b", "%2e%2e", "ü", "a b", "x" * 201])
async def test_ids_that_are_no_part_of_a_path_are_not_sent(server, actions, bad):
    for info in (CallInfo(call_id=bad, sub_account_id=ACCOUNT), CallInfo(call_id=CALL, sub_account_id=bad)):
        assert "no id or no sub-account" in await why(actions.perform(HANGUP, info))
    assert server.exchanges == []


async def test_a_check_tells_what_the_credentials_open(server, actions):
    assert await actions.check("") == "Logged in to RingCX main account 99990000."
    found = f"Logged in to RingCX main account 99990000. It shows the live calls of sub-account {ACCOUNT}."
    assert await actions.check(ACCOUNT) == found
    server.live_calls.clear()
    assert await actions.check(ACCOUNT) == found
    assert "knows no sub-account 5" in await why(actions.check("5"))
    server.forbids = True
    assert "Monitor calls" in await why(actions.check(ACCOUNT))
    assert server.actions == []


async def test_no_secret_in_errors_or_logs(server, actions, caplog):
    caplog.set_level(logging.DEBUG)
    texts = [await actions.perform(HANGUP, INFO)]
    server.forbids = True
    texts.append(await why(actions.perform(HANGUP, INFO)))
    server.forbids = False
    server.pass_time(301)
    texts.append(await actions.perform(HANGUP, INFO))
    texts.append(repr(actions))
    server.jwt = "another"
    server.pass_time(3600)
    texts.append(await why(actions.perform(HANGUP, INFO)))
    said = " ".join(texts) + caplog.text
    assert len(server.issued) == 5
    for secret in (JWT, CLIENT_SECRET, *server.issued):
        assert secret not in said
