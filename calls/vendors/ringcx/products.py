"""Streaming profiles at RingCX itself, by its REST API: which product's calls go to which address.

There is no list, an update is a second verb, and only 200 with a JSON body counts as success.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calls.vendors.base import ActionFailed, Product
from calls.vendors.ringcx.rest import RingCXActions, json_of, raise_unless_success, segment

PATH = "/platform/api/media/product"
FIELDS = {  # ours -> RingCX's
    "product_type": "productType",
    "product_id": "productId",
    "sub_account_id": "subAccountId",
    "main_account_id": "mainAccountId",
    "rc_account_id": "rcAccountId",
    "streaming_url": "streamingUrl",
    "secret": "secret",
}


class RingCXProducts(RingCXActions):
    async def read_product(self, wanted: Product) -> Product | None:
        return await self.within_time(self.read(wanted))

    async def write_product(self, wanted: Product, *, is_new: bool) -> Product:
        return await self.within_time(self.write(wanted, is_new))

    async def delete_product(self, wanted: Product) -> bool:
        return await self.within_time(self.delete(wanted))

    async def read(self, wanted: Product) -> Product | None:
        answer = await self.call("GET", _path_of(wanted))
        if answer.status_code == 404:
            return None
        raise_unless_success(answer, "RingCX")
        return _product(json_of(answer))

    async def write(self, wanted: Product, is_new: bool) -> Product:
        await self.token()  # tells the main account
        full = Product(
            **{
                **{name: getattr(wanted, name) for name in FIELDS},
                "main_account_id": wanted.main_account_id or self.main_account,
                "rc_account_id": wanted.rc_account_id or await self.own_account(),
            }
        )
        body = {theirs: getattr(full, ours) for ours, theirs in FIELDS.items() if getattr(full, ours)}
        answer = await self.call("POST" if is_new else "PUT", PATH, json=body)
        raise_unless_success(answer, "RingCX")
        _product(json_of(answer))
        return full

    async def delete(self, wanted: Product) -> bool:
        answer = await self.call("DELETE", _path_of(wanted))
        if answer.status_code == 404:
            return False
        raise_unless_success(answer, "RingCX")
        return True

    async def own_account(self) -> str:
        """The id of the RingCentral account that the credentials belong to."""
        token = await self.log_in_at_ringcentral()
        url = f"{self.platform_url}/restapi/v1.0/account/~"
        answer = await self.request("GET", url, "nothing was done.", headers={"Authorization": f"Bearer {token}"})
        raise_unless_success(answer, "RingCentral")
        body = json_of(answer)
        account = str(body.get("id", "")) if isinstance(body, dict) else ""
        if not account:
            raise ActionFailed("RingCentral did not say which account this is: fill in the RC account id.")
        return account


def _path_of(wanted: Product) -> str:
    ids = segment(wanted.sub_account_id), segment(wanted.product_type), segment(wanted.product_id)
    return "{}/account/{}/type/{}/id/{}".format(PATH, *ids)


def _product(body: Any) -> Product:
    if not isinstance(body, Mapping):
        raise ActionFailed("RingCX answered with something else than a streaming profile.")
    return Product(**{ours: str(body.get(theirs) or "") for ours, theirs in FIELDS.items()})
