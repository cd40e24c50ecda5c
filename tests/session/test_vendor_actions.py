"""The process's use of vendor accounts: one log-in an account, the newest credentials, clear reasons."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from calls.commands import Command
from calls.events import CallInfo
from calls.models import VendorAccount
from calls.session.database import in_thread
from calls.session.vendor_actions import VendorActions
from calls.vendors import VENDORS
from calls.vendors.base import ActionFailed
from tests.vendors.ringcx.rest_server import ACCOUNT, CALL, RingCXRest

RINGCX = VENDORS["ringcx"]
INFO = CallInfo(call_id=CALL, sub_account_id=ACCOUNT)
HANGUP = Command("hangup")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server() -> Iterator[RingCXRest]:
    with RingCXRest() as server:
        yield server
    assert server.violations == []


@pytest.fixture
async def actions() -> AsyncIterator[VendorActions]:
    pool = ThreadPoolExecutor(1)

    async def database(work: Callable[..., Any], *args: Any) -> Any:
        return await in_thread(pool, work, *args)

    actions = VendorActions(database)
    yield actions
    await actions.close()
    pool.shutdown()


async def make_account(server: RingCXRest, account_id: str = ACCOUNT, **fields: str) -> VendorAccount:
    fields = {**server.fields, **fields}
    return await VendorAccount.objects.acreate(vendor="ringcx", name="Ours", account_id=account_id, fields=fields)


async def test_without_an_account_the_reason_is_said(actions: VendorActions) -> None:
    with pytest.raises(ActionFailed, match="an admin adds them under Team, Vendor accounts"):
        await actions.perform(RINGCX, HANGUP, INFO)


async def test_all_calls_of_an_account_share_its_log_in(actions: VendorActions, server: RingCXRest) -> None:
    await make_account(server)
    done = await asyncio.gather(*(actions.perform(RINGCX, HANGUP, INFO) for _ in range(8)))
    assert done == ["RingCX confirmed it."] * 8
    assert server.exchanges == ["oauth", "login"]


async def test_its_own_account_comes_before_the_one_for_any(actions: VendorActions, server: RingCXRest) -> None:
    await make_account(server, "", jwt="that of nobody")
    with pytest.raises(ActionFailed, match="refuses the JWT"):
        await actions.perform(RINGCX, HANGUP, INFO)
    await make_account(server)
    assert await actions.perform(RINGCX, HANGUP, INFO)


async def test_credentials_of_another_sub_account_are_not_used(actions: VendorActions, server: RingCXRest) -> None:
    await make_account(server, "5")
    with pytest.raises(ActionFailed, match="Needs RingCX REST credentials"):
        await actions.perform(RINGCX, HANGUP, INFO)
    assert server.exchanges == []


async def test_corrected_credentials_count_from_the_next_command_on(actions: VendorActions, server: RingCXRest) -> None:
    account = await make_account(server, jwt="mistyped")
    with pytest.raises(ActionFailed):
        await actions.perform(RINGCX, HANGUP, INFO)
    account.fields, account.version = server.fields, 2
    await account.asave()
    assert await actions.perform(RINGCX, HANGUP, INFO)
    assert len(actions.held) == 1


async def test_a_change_does_not_cut_off_what_is_under_way(actions: VendorActions, server: RingCXRest) -> None:
    account = await make_account(server)
    await actions.perform(RINGCX, HANGUP, INFO)
    old = actions.held[account.id].actions
    server.asked.clear()
    server.stalled.set()
    slow = asyncio.create_task(actions.perform(RINGCX, HANGUP, INFO))
    assert await asyncio.to_thread(server.asked.wait, 10)
    account.version = 2
    await account.asave()
    server.stalled.clear()
    assert await actions.perform(RINGCX, HANGUP, INFO)
    assert not old.http.is_closed  # type: ignore[attr-defined]
    server.released.set()
    assert await slow == "RingCX confirmed it."
    assert old.http.is_closed  # type: ignore[attr-defined]
    assert server.exchanges == ["oauth", "login"] * 2
