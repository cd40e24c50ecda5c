"""The vendors' REST APIs as this process uses them: one `Actions` an account, so that all calls share its tokens and limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from calls.commands import Command
from calls.events import CallInfo
from calls.models import VendorAccount
from calls.services.vendor_accounts import account_for
from calls.vendors.base import ActionFailed, Actions, VendorInfo, account_missing


class Held:
    """The `Actions` of one version of an account. It closes once it is replaced and nobody uses it."""

    def __init__(self, version: int, actions: Actions) -> None:
        self.version, self.actions = version, actions
        self.users = 0
        self.replaced = False


class VendorActions:
    """All methods belong to the event loop. `database` runs blocking work on a thread: `Runtime.database`."""

    def __init__(self, database: Callable[..., Coroutine[Any, Any, VendorAccount | None]]) -> None:
        self.database = database
        self.held: dict[UUID, Held] = {}
        self.making = asyncio.Lock()

    async def perform(self, vendor: VendorInfo, command: Command, info: CallInfo) -> str:
        """Does it with the credentials for the call's account, as they are now, and returns what the vendor said. Raises
        `ActionFailed`."""
        account = await self.database(account_for, vendor.name, info.sub_account_id)
        if account is None:
            raise ActionFailed(account_missing(vendor))
        held = await self.hold(vendor, account)
        try:
            return await held.actions.perform(command, info)
        finally:
            held.users -= 1
            await self.close_unused(held)

    async def hold(self, vendor: VendorInfo, account: VendorAccount) -> Held:
        async with self.making:
            held = self.held.get(account.id)
            if held is None or held.version < account.version:
                assert vendor.actions is not None
                actions = await asyncio.to_thread(vendor.actions, account.fields)  # loads certificates: 20 ms
                self.held[account.id], old = Held(account.version, actions), held
                if old is not None:
                    old.replaced = True
                    await self.close_unused(old)
                held = self.held[account.id]
            held.users += 1
            return held

    async def close_unused(self, held: Held) -> None:
        if held.replaced and not held.users:
            await held.actions.close()

    async def close(self) -> None:
        for held in self.held.values():
            await held.actions.close()
        self.held.clear()
