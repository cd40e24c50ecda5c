"""Credentials for vendors' REST APIs: found for a call, written by admins, tried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.db.models import Q

from calls.models import VendorAccount
from calls.services import audit
from calls.services.audit import Requester
from calls.vendors import VENDORS
from calls.vendors.base import ActionFailed, VendorInfo


class AccountTaken(Exception):
    """There are credentials for this account of the vendor already."""


class VersionConflict(Exception):
    """Somebody else wrote the account since it was read."""


class Checked(NamedTuple):
    ok: bool
    detail: str  # for people


def vendors_with_accounts() -> list[VendorInfo]:
    return [vendor for vendor in VENDORS.values() if vendor.account]


def account_for(vendor: str, sub_account_id: str) -> VendorAccount | None:
    """The credentials for this account of the vendor, else those for any."""
    wanted = Q(account_id=sub_account_id) | Q(account_id="")
    return VendorAccount.objects.filter(wanted, vendor=vendor).order_by("-account_id").first()


def public_fields(account: VendorAccount) -> dict[str, str]:
    """The fields that may be shown."""
    return {f.name: account.fields.get(f.name, "") for f in VENDORS[account.vendor].account if not f.secret}


def secrets_set(account: VendorAccount) -> list[str]:
    return [f.name for f in VENDORS[account.vendor].account if f.secret and account.fields.get(f.name)]


def default_name(account: VendorAccount) -> str:
    return f"{VENDORS[account.vendor].label} {account.account_id}".strip()


def save_account(account: VendorAccount, *, by: Requester, expected_version: int | None = None) -> VendorAccount:
    """Writes an account that was validated; its version grows with each write after the first. Raises `AccountTaken`,
    and `VersionConflict` where the stored version isn't the expected one."""
    account.name = account.name or default_name(account)
    others = VendorAccount.objects.exclude(id=account.id).filter(vendor=account.vendor, account_id=account.account_id)
    with transaction.atomic():
        stored = VendorAccount.objects.select_for_update().filter(id=account.id).first()
        if stored is not None and expected_version not in (None, stored.version):
            raise VersionConflict
        try:
            with transaction.atomic():
                if stored is None:
                    account.save(force_insert=True)
                else:
                    account.version = stored.version + 1
                    account.save(update_fields=["name", "account_id", "fields", "version", "updated_at"])
        except IntegrityError:
            if others.exists():
                raise AccountTaken from None
            raise
        _audit("create" if stored is None else "change", account, by, {"changed": _changed(stored, account)})
    return account


def delete_account(account: VendorAccount, *, by: Requester) -> None:
    with transaction.atomic():
        _audit("delete", account, by, {})
        account.delete()


def check_account(account: VendorAccount, *, by: Requester) -> Checked:
    """Logs in at the vendor, which takes some seconds; no transaction is open meanwhile."""
    make = VENDORS[account.vendor].actions
    assert make is not None
    actions = make(account.fields)

    async def log_in() -> Checked:
        try:
            return Checked(True, await actions.check(account.account_id))
        except ActionFailed as error:
            return Checked(False, str(error))
        finally:
            await actions.close()

    checked = async_to_sync(log_in)()
    with transaction.atomic():
        _audit("check", account, by, {"ok": checked.ok})
    return checked


def _changed(stored: VendorAccount | None, account: VendorAccount) -> list[str]:
    """The names, never the values, of what a write changed."""

    def facts(row: VendorAccount | None) -> Mapping[str, str]:
        return {} if row is None else {"name": row.name, "accountId": row.account_id, **row.fields}

    before, after = facts(stored), facts(account)
    return sorted(name for name in before.keys() | after.keys() if before.get(name, "") != after.get(name, ""))


def _audit(act: str, account: VendorAccount, by: Requester, detail: dict[str, object]) -> None:
    subject = f"{VENDORS[account.vendor].label}: {account.name}"
    audit.record(action=f"vendor-account.{act}", by=by, subject=subject, detail=detail)
