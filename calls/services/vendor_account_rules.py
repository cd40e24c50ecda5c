"""What the credentials for a vendor's REST API may hold, for the form and the API.

Each rule returns what is to be stored or raises Django's `ValidationError` with a sentence that says what to do. No
message repeats the value: it may be a secret pasted into the wrong field.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from calls.services.profile_rules import clean_vendor_id
from calls.vendors.base import AccountField, VendorInfo

MAX_LENGTH = 4000

_ADDRESS = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?((?:/[A-Za-z0-9._~-]+)*)/?", re.ASCII)


def clean_fields(
    vendor: VendorInfo, given: Mapping[str, object], *, stored: Mapping[str, str], partial: bool
) -> dict[str, str]:
    """All fields of an account. Secrets that are not given stay, other fields only where `partial`. Raises a
    `ValidationError` by field."""
    known = {field.name: field for field in vendor.account}
    cleaned: dict[str, str] = {}
    errors: dict[str, ValidationError] = {
        name[:100]: ValidationError(f"Remove it: the fields are {', '.join(known)}.", "unknown")
        for name in given
        if name not in known
    }
    for name, field in known.items():
        value = given.get(name)
        if name not in given and (field.secret or partial):
            value = stored.get(name)
        try:
            cleaned[name] = _clean(field, value)
        except ValidationError as error:
            errors[name] = error
    moved = any(f.url and stored and cleaned.get(f.name) != stored.get(f.name) for f in vendor.account)
    if moved and not errors:
        errors = {
            field.name: ValidationError(
                "Give it again: an address changed, and a secret goes only where it was meant for.", "required"
            )
            for field in vendor.account
            if field.secret and field.name not in given
        }
    if errors:
        raise ValidationError(errors)
    return cleaned


def clean_account_id(vendor: VendorInfo, value: object) -> str:
    """Which of the vendor's accounts the credentials are for; "" is any."""
    account_id = clean_vendor_id(value)
    if account_id and not vendor.account_id_label:
        raise ValidationError(
            _("Leave it out: %(vendor)s has one account for all calls."), "invalid", {"vendor": vendor.label}
        )
    return account_id


def _clean(field: AccountField, value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise ValidationError(_("Give it as a string."), "invalid")
    text = (value or "").strip() or field.default
    if not text and field.required:
        raise ValidationError(_("Give it: the vendor's log-in needs it."), "required")
    if len(text) > MAX_LENGTH:
        raise ValidationError(_("Give at most %(most)s characters."), "max_length", {"most": MAX_LENGTH})
    if not text.isprintable():
        raise ValidationError(_("Remove the line breaks and control characters."), "invalid")
    return clean_address(text) if field.url and text else text


def clean_address(text: str) -> str:
    """Where secrets are sent to: https; on a hub that only this machine can reach, http to this machine too."""
    problem = ValidationError(
        "Give an https:// address such as https://api.example.com, without user name, query or fragment.", "invalid"
    )
    scheme, _, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    match = _ADDRESS.fullmatch(f"{scheme}://{host}".lower() + slash + path)
    if match is None or (match[3] and not 0 < int(match[3][1:]) < 65536):
        raise problem
    try:
        address = ipaddress.ip_address(match[2].strip("[]"))
    except ValueError:  # a name
        here, inside = match[2] == "localhost", False
    else:
        here, inside = address.is_loopback, not address.is_global
    if here and not settings.PRODUCTION:
        return match[0].rstrip("/")
    if match[1] != "https" or here or inside:
        raise problem
    return match[0].rstrip("/")
