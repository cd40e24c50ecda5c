"""What a command's parameters may hold, for REST, pages and bots alike.

Each rule returns the value to store or raises Django's `ValidationError` with a sentence that says what to do.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from calls.commands import BadCommand, Capability, Command, Parameter
from calls.vendors.base import VendorInfo, with_defaults

_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015\u2212]+")
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_SIP = re.compile(
    r"(?i:sips?):[A-Za-z0-9_.!~*'&=+$,;?/%-]+@(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::[0-9]{1,5})?(?:;[A-Za-z0-9_.!~*'+%=-]+)*"
)
_URL = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")


def clean_command(
    type: str,
    params: Mapping[str, object],
    *,
    vendor: VendorInfo,
    capability: Capability,
    options: Mapping[str, object],
    region: str,
) -> dict[str, object]:
    """The parameters as they are stored and sent. `capability` names them (`capabilities.with_parameters`); `options`
    and `region` are the profile's. Raises a `ValidationError` by field."""
    known = {parameter.name: parameter for parameter in capability.parameters}
    cleaned: dict[str, object] = {}
    errors: dict[str, ValidationError] = {}
    for name in params:
        if name not in known:
            takes = f"only {', '.join(known)}" if known else "no parameters"
            errors[name[:100]] = ValidationError(f"Remove it: {type} takes {takes}.", "unknown")
    for name, parameter in known.items():
        try:
            value = _clean(parameter, params.get(name), region)
        except ValidationError as error:
            errors[name] = error
        else:
            if value is not None:
                cleaned[name] = value
    if not errors:
        try:
            vendor.check_command(Command(type, cleaned), with_defaults(vendor, options))
        except BadCommand as error:
            errors[error.field] = ValidationError(str(error), "invalid")
    if errors:
        raise ValidationError(errors)
    return cleaned


def _clean(parameter: Parameter, value: object, region: str) -> object:
    """None where it is absent, and may be."""
    if isinstance(value, str):
        value = value.strip()
    if value in (None, ""):
        if parameter.required:
            raise ValidationError(gettext_lazy("Fill in “%(field)s”."), "required", {"field": parameter.label})
        return None
    if parameter.kind == "json":
        return _clean_json(value, parameter.max_length)
    if parameter.kind == "queue" and type(value) is int:
        value = str(value)  # a vendor's id, taken in both forms
    if not isinstance(value, str):
        raise ValidationError(gettext_lazy("Give it as a string."), "invalid")
    if len(value) > parameter.max_length:
        raise ValidationError(
            gettext_lazy("Give at most %(most)s characters."), "max_length", {"most": parameter.max_length}
        )
    match parameter.kind:
        case "target":
            return clean_target(value, region=region, sip=parameter.sip)
        case "choice":
            if value not in parameter.choices:
                raise ValidationError(f"Choose one of {', '.join(parameter.choices)}.", "invalid_choice")
            return value
        case _:
            return _RULES[parameter.kind](value)


def clean_target(text: str, *, region: str = "", sip: bool = False) -> str:
    """Where a call is transferred to: a phone number as E.164, or (`sip`) a SIP address.

    Numbers are taken in any common spelling: with `+`, `00` or `tel:`, with spaces, dots, dashes and brackets; in their
    national form where `region` (such as US) tells the country. Whether a number is in use, no table knows: its length
    is what is checked.
    """
    text = text.strip()
    if text[:5].lower().startswith(("sip:", "sips:")):
        if not sip:
            raise ValidationError(
                gettext_lazy("Give a phone number: calls of this vendor can't go to SIP addresses."), "invalid"
            )
        if not _SIP.fullmatch(text):
            raise ValidationError(gettext_lazy("Give a SIP address such as sip:support@example.com."), "invalid")
        scheme, _, address = text.partition(":")
        return f"{scheme.lower()}:{address}"
    bare = text[4:] if text[:4].lower() == "tel:" else text
    bare = _SEPARATORS.sub("", unicodedata.normalize("NFKC", bare))
    if _NUMBER.fullmatch(bare):
        if bare.startswith("00"):
            bare = "+" + bare[2:]
        try:
            number = phonenumbers.parse(bare, region.upper() or None)
        except phonenumbers.NumberParseException:
            pass
        else:
            if phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE:
                return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    known = phonenumbers.country_code_for_region(region.upper()) if region else 0
    raise ValidationError(_number_wanted(national=bool(known), sip=sip) % {"region": region.upper()}, "invalid")


def _number_wanted(*, national: bool, sip: bool) -> str:
    if national and sip:
        return gettext(
            "Give a whole phone number such as +12025550123, or as it is dialled in %(region)s, "
            "or a SIP address such as sip:support@example.com."
        )
    if national:
        return gettext("Give a whole phone number such as +12025550123, or as it is dialled in %(region)s.")
    if sip:
        return gettext(
            "Give a whole phone number such as +12025550123, or a SIP address such as sip:support@example.com."
        )
    return gettext("Give a whole phone number such as +12025550123.")


def describe_number(target: str) -> tuple[str, str] | None:
    """A cleaned phone number as people read it, and the country that its code names ("" where it names none). None where
    it is no phone number."""
    if not target.startswith("+"):
        return None
    number = phonenumbers.parse(target)
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    region = phonenumbers.region_code_for_number(number) or ""
    return text, region if region.isalpha() else ""


def _clean_text(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in text):
        raise ValidationError(gettext_lazy("Remove the control characters."), "invalid")
    return text


def _clean_digits(text: str) -> str:
    if not re.fullmatch(r"[0-9*#]+", text):
        raise ValidationError(gettext_lazy("Give only the keys 0 to 9, * and #, without spaces."), "invalid")
    return text


def _clean_queue(text: str) -> str:
    if not re.fullmatch(r"[0-9]+", text):
        raise ValidationError(
            "Give the id of a queue, digits only: this vendor takes no phone number or address here.", "invalid"
        )
    return text


def _clean_url(text: str) -> str:
    problem = ValidationError(
        "Give a whole URL such as https://example.com/a.wav, of http or https, without user name and password; "
        "write spaces and other special characters with %.",
        "invalid",
    )
    try:
        url = urlsplit(text)
        sound = url.scheme in ("http", "https") and url.hostname and url.port != 0 and "@" not in url.netloc
    except ValueError:  # brackets that hold no address, a port that is none
        raise problem from None
    if not sound or not _URL.fullmatch(text):
        raise problem
    return text


def _clean_json(value: object, max_length: int) -> object:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError):
        raise ValidationError(gettext_lazy("Give it as JSON."), "invalid") from None
    if "\\u0000" in text:  # PostgreSQL stores no such character
        raise ValidationError(gettext_lazy("Remove the control characters."), "invalid")
    if len(text) > max_length:
        raise ValidationError(f"Give at most {max_length} characters of JSON.", "max_length")
    return value


_RULES: Mapping[str, Callable[[str], str]] = {
    "text": _clean_text,
    "digits": _clean_digits,
    "queue": _clean_queue,
    "url": _clean_url,
}
