"""A profile at its vendor: compared, pushed and removed by the vendor's REST API, where it has one for that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from asgiref.sync import async_to_sync
from django.db import transaction

from calls.models import StreamingProfile
from calls.services import audit
from calls.services.audit import Requester
from calls.services.endpoints import endpoint_url
from calls.services.vendor_accounts import account_for
from calls.vendors import VENDORS
from calls.vendors.base import ActionFailed, Product, Products, account_missing

COMPARED = ("streaming_url", "secret", "main_account_id", "rc_account_id")
SECRET = "secret"

T = TypeVar("T")


class NotProvisionable(Exception):
    """Nothing was asked of the vendor; the message says what to do first. `code` is for programs."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Difference(NamedTuple):
    field: str  # of `Product`
    here: str | None  # None: a secret
    there: str | None


class Comparison(NamedTuple):
    state: str  # absent, same, different
    differences: list[Difference]


def compare(profile: StreamingProfile) -> Comparison:
    """What the vendor has beside what the profile says. Takes some seconds; no transaction is open meanwhile. Raises
    `NotProvisionable` and `ActionFailed`, as the others do."""
    wanted = product_of(profile)
    return _with_vendor(profile, lambda products: _compared(products, wanted))


def push(profile: StreamingProfile, *, by: Requester) -> Comparison:
    """Makes the vendor's the same, and fills in the account ids that the vendor told."""
    wanted = product_of(profile)
    if not wanted.streaming_url.startswith("wss://"):
        raise NotProvisionable(
            "no_public_url",
            "RingCX streams to wss:// addresses only: set HUB_PUBLIC_URL to the hub's https address, or the profile's "
            "own streaming URL.",
        )

    async def write(products: Products) -> Product:
        known = await products.read_product(wanted)
        return await products.write_product(wanted, is_new=known is None)

    written = _with_vendor(profile, write)
    with transaction.atomic():
        filled = {name: getattr(written, name) for name in ("main_account_id", "rc_account_id")}
        StreamingProfile.objects.filter(id=profile.id).update(**filled)
        audit.record(action="profile.provision", by=by, subject=profile.name, detail={"url": written.streaming_url})
    return Comparison("same", [])


def remove(profile: StreamingProfile, *, by: Requester) -> bool:
    """Ends the streaming at the vendor. Whether there was any."""
    wanted = product_of(profile)
    removed = _with_vendor(profile, lambda products: products.delete_product(wanted))
    if removed:
        with transaction.atomic():
            audit.record(action="profile.unprovision", by=by, subject=profile.name)
    return removed


def product_of(profile: StreamingProfile) -> Product:
    """Raises `NotProvisionable` where the vendor could not know which product is meant."""
    vendor = VENDORS[profile.vendor]
    if vendor.products is None:
        raise NotProvisionable("unsupported", f"{vendor.label} has no REST API for that: configure it there by hand.")
    if not (profile.product_id and profile.sub_account_id):
        raise NotProvisionable("incomplete", "Fill in the product id and the sub-account id first, and save them.")
    return Product(
        product_type=profile.product_type,
        product_id=profile.product_id,
        sub_account_id=profile.sub_account_id,
        main_account_id=profile.main_account_id,
        rc_account_id=profile.rc_account_id,
        streaming_url=profile.streaming_url or endpoint_url(profile),
        secret=profile.secret,
    )


async def _compared(products: Products, wanted: Product) -> Comparison:
    there = await products.read_product(wanted)
    if there is None:
        return Comparison("absent", [])
    found = []
    for name in COMPARED:
        ours, theirs = getattr(wanted, name), getattr(there, name)
        if ours == theirs or (not ours and name != SECRET):
            continue
        found.append(Difference(name, None, None) if name == SECRET else Difference(name, ours, theirs))
    return Comparison("different" if found else "same", found)


def _with_vendor(profile: StreamingProfile, work: Callable[[Products], Awaitable[T]]) -> T:
    vendor = VENDORS[profile.vendor]
    account = account_for(profile.vendor, profile.sub_account_id)
    if account is None:
        raise NotProvisionable("no_account", account_missing(vendor))
    assert vendor.products is not None
    products = vendor.products(account.fields)

    async def run() -> T:
        try:
            return await work(products)
        finally:
            await products.close()

    return async_to_sync(run)()


__all__ = ["ActionFailed", "Comparison", "Difference", "NotProvisionable", "compare", "product_of", "push", "remove"]
