"""What a profile's fields may hold, for every form and API that takes them.

Each rule returns the value to store or raises Django's `ValidationError` with a sentence that says what to do. No
message repeats the value: it may be a secret pasted into the wrong field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from calls.capabilities import with_parameters
from calls.commands import BadCommand, Command
from calls.models import StreamingProfile
from calls.privacy.finding import KINDS
from calls.services.command_rules import clean_target
from calls.services.stream_access import SLUG, TOKEN
from calls.stt import list_engines
from calls.vendors import VENDORS
from calls.vendors.base import Option, VendorInfo, capabilities_of, with_defaults

MAX_PHRASES, MAX_PHRASE_LENGTH = 200, 100
MAX_FRAME_ANCESTORS = 50
MIN_TOKEN_LENGTH = 8
MAX_RETENTION_DAYS = 3650

_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_ORIGIN = re.compile(rf"(wss|https|http)://({_HOST}|\[[0-9a-f:.]+\])(?::(\d{{1,5}}))?", re.ASCII)
_LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.ASCII | re.IGNORECASE)
_ID = re.compile(r"[^\s\x00-\x1f\x7f]{1,64}")


def _origin(text: str, *schemes: str) -> str | None:
    """`scheme://host[:port]` in lower case, or None where the text is anything else."""
    match = _ORIGIN.fullmatch(text.lower())
    if match is None or match[1] not in schemes or len(match[2]) > 253:
        return None
    return match[0] if match[3] is None or 0 < int(match[3]) < 65536 else None


def clean_vendor_id(value: object) -> str:
    """A vendor's id, given as number or string."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise ValidationError(_("Give the id as a number or a string."), "invalid")
    text = text.strip()
    if text and not _ID.fullmatch(text):
        raise ValidationError(_("Give at most 64 characters without spaces, as the vendor shows the id."), "invalid")
    return text


def clean_streaming_url(text: str) -> str:
    if not text:
        return ""
    if origin := _origin(text, "wss"):
        return origin
    raise ValidationError(
        _(
            "Give wss://host or wss://host:port, with no path, trailing slash, query or user name: RingCX takes nothing "
            "else. Or leave it empty."
        ),
        "invalid",
    )


def clean_frame_ancestor(text: str) -> str:
    origin = _origin(text, "https", "http")
    if origin and (origin.startswith("https://") or _LOOPBACK.fullmatch(origin)):
        return origin
    raise ValidationError(
        _(
            "Give an origin such as https://app.example.com, without path or trailing slash. "
            "http:// is taken for this machine only: localhost and 127.0.0.1."
        ),
        "invalid",
    )


def clean_language(text: str) -> str:
    """A BCP 47 tag in its usual spelling: `en-us` becomes `en-US`."""
    if len(text) > 16 or not _LANGUAGE.fullmatch(text):
        raise ValidationError(_("Give a language tag such as en-US or de."), "invalid")
    first, *rest = text.lower().split("-")
    return "-".join([first, *({2: part.upper(), 4: part.title()}.get(len(part), part) for part in rest)])


def clean_recognizer(name: str) -> str:
    """A registered recogniser, `off`, or nothing for the installation's default."""
    if name in ("", "off"):
        return name
    choices = sorted(list_engines(production=settings.PRODUCTION))
    if name not in choices:
        raise ValidationError(
            _("Choose one of %(choices)s, or leave it empty for the installation's default."),
            "invalid_choice",
            {"choices": ", ".join([*choices, "off"])},
        )
    return name


def clean_slug(text: str) -> str:
    if text and not SLUG.fullmatch(text):
        raise ValidationError(
            _("Give at most 64 letters from a to z, digits, - and _: it becomes part of an address."), "invalid"
        )
    return text


def clean_token(text: str) -> str:
    """The secret of a vendor that brings it in the address."""
    if text and (len(text) < MIN_TOKEN_LENGTH or not TOKEN.fullmatch(text)):
        raise ValidationError(
            _(
                "Give %(least)s to 200 letters from a to z, digits and - . _ ~, since it becomes part of an address; "
                "or nothing, to have one made."
            ),
            "invalid",
            {"least": MIN_TOKEN_LENGTH},
        )
    return text


def clean_region(text: str) -> str:
    region = text.upper()
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(_("Give the two letters of a country, such as US or FR."), "invalid")
    return region


def clean_fallback_number(text: str, *, vendor: VendorInfo, options: Mapping[str, object], region: str) -> str:
    """What the vendor can transfer a call to, as a command would have it."""
    if not text.strip():
        return ""
    transfer = with_parameters("transfer", capabilities_of(vendor, options)["transfer"])
    target = clean_target(text, region=region, sip=any(parameter.sip for parameter in transfer.parameters))
    if transfer.supported:
        try:
            vendor.check_command(Command("transfer", {"target": target}), with_defaults(vendor, options))
        except BadCommand as error:
            raise ValidationError(str(error), "invalid") from None
    return target


def clean_options(vendor: str, options: Mapping[str, object]) -> dict[str, object]:
    """Raises a `ValidationError` by key."""
    known = VENDORS[vendor].options
    cleaned: dict[str, object] = {}
    errors: dict[str, ValidationError] = {}
    for key, value in options.items():
        if key not in known:
            errors[key] = ValidationError(f"Remove it: the options are {', '.join(known) or 'none'}.", "unknown")
            continue
        try:
            cleaned[key] = clean_option(known[key], value)
        except ValidationError as error:
            errors[key] = error
    if errors:
        raise ValidationError(errors)
    return cleaned


def clean_option(option: Option, value: object) -> object:
    if option.choices:
        for choice in option.choices:
            if value == choice and not isinstance(value, bool):
                return choice
        values = {"choices": ", ".join(map(str, option.choices))}
        raise ValidationError(_("Choose one of %(choices)s."), "invalid_choice", values)
    if isinstance(option.default, bool):
        if not isinstance(value, bool):
            raise ValidationError(_("Give true or false."), "invalid")
        return value
    whole = isinstance(option.default, int)
    if isinstance(value, float) and whole and value.is_integer():
        value = int(value)
    kind = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not option.low <= value <= option.high:
        told = (
            _("Give a whole number from %(low)s to %(high)s.")
            if whole
            else _("Give a number from %(low)s to %(high)s.")
        )
        raise ValidationError(told, "invalid", {"low": f"{option.low:g}", "high": f"{option.high:g}"})
    return value


def clean_mask(value: object) -> list[str]:
    """Kinds of sensitive data: a list of them, `true` for all or `false` for none."""
    if value is None or isinstance(value, bool):
        return list(KINDS) if value else []
    if not isinstance(value, list | tuple) or not all(isinstance(kind, str) for kind in value):
        raise ValidationError(f"Give true, false or a list of {', '.join(KINDS)}.", "invalid")
    if not set(value) <= set(KINDS):
        raise ValidationError(f"Choose among {', '.join(KINDS)}.", "invalid_choice")
    return [kind for kind in KINDS if kind in value]


def clean_retention(value: object) -> int | None:
    """Days that calls are kept after their end; None: for good."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_RETENTION_DAYS:
        raise ValidationError(
            _("Give a whole number of days from 1 to %(most)s, or nothing to keep calls."),
            "invalid",
            {"most": MAX_RETENTION_DAYS},
        )
    return value


def default_name(profile: StreamingProfile) -> str:
    """What a profile is called that nobody named."""
    if profile.product_id:
        return f"{profile.get_product_type_display()} {profile.product_id}"
    return VENDORS[profile.vendor].label
