"""What a profile's fields may hold, for every form and API that takes them.

Each rule returns the value to store or raises Django's `ValidationError` with a sentence that says what to do. No
message repeats the value: it may be a secret pasted into the wrong field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from calls.models import StreamingProfile
from calls.stt import list_engines

MAX_PHRASES, MAX_PHRASE_LENGTH = 200, 100
MAX_FRAME_ANCESTORS = 50

# What a vendor's profile may be told in `options`: the values of each key, its default first.
OPTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ringcx": {"secretIn": ("handshake", "message"), "sequence": ("auto", "perTrack", "shared")},
}

# A vendor's own address of the hub's WebSocket. RingCX can't be given a path.
ENDPOINT_PATHS: Mapping[str, str] = {"ringcx": ""}

_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_ORIGIN = re.compile(rf"(wss|https|http)://({_HOST}|\[[0-9a-f:.]+\])(?::(\d{{1,5}}))?", re.ASCII)
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
        raise ValidationError("Give the id as a number or a string.", "invalid")
    text = text.strip()
    if text and not _ID.fullmatch(text):
        raise ValidationError("Give at most 64 characters without spaces, as the vendor shows the id.", "invalid")
    return text


def clean_streaming_url(text: str) -> str:
    if not text:
        return ""
    if origin := _origin(text, "wss"):
        return origin
    raise ValidationError(
        "Give wss://host or wss://host:port, with no path, trailing slash, query or user name: RingCX takes nothing else. "
        "Or leave it empty.",
        "invalid",
    )


def clean_frame_ancestor(text: str) -> str:
    origin = _origin(text, "https", "http")
    if origin and (origin.startswith("https://") or re.fullmatch(r"http://localhost(:\d+)?", origin)):
        return origin
    raise ValidationError(
        "Give an origin such as https://app.example.com, without path or trailing slash. "
        "http:// is taken for localhost only.",
        "invalid",
    )


def clean_language(text: str) -> str:
    """A BCP 47 tag in its usual spelling: `en-us` becomes `en-US`."""
    if len(text) > 16 or not _LANGUAGE.fullmatch(text):
        raise ValidationError("Give a language tag such as en-US or de.", "invalid")
    first, *rest = text.lower().split("-")
    return "-".join([first, *({2: part.upper(), 4: part.title()}.get(len(part), part) for part in rest)])


def clean_recognizer(name: str) -> str:
    """A registered recogniser, `off`, or nothing for the installation's default."""
    if name in ("", "off"):
        return name
    choices = sorted(list_engines(production=settings.PRODUCTION))
    if name not in choices:
        raise ValidationError(
            f"Choose one of {', '.join([*choices, 'off'])}, or leave it empty for the installation's default.",
            "invalid_choice",
        )
    return name


def clean_options(vendor: str, options: Mapping[str, object]) -> dict[str, object]:
    """Raises a `ValidationError` by key."""
    known = OPTIONS[vendor]
    errors = {}
    for key, value in options.items():
        if key not in known:
            errors[key] = ValidationError(f"Remove it: the options are {', '.join(known)}.", "unknown")
        elif value not in known[key]:
            errors[key] = ValidationError(f"Choose one of {', '.join(known[key])}.", "invalid_choice")
    if errors:
        raise ValidationError(errors)
    return dict(options)


def endpoint_url(vendor: str) -> str:
    """What to configure at the vendor: the public address of the hub, as a WebSocket."""
    url = urlsplit(settings.HUB_PUBLIC_URL)
    return f"{'wss' if url.scheme == 'https' else 'ws'}://{url.netloc}{ENDPOINT_PATHS[vendor]}"


def default_name(profile: StreamingProfile) -> str:
    return f"{profile.get_product_type_display()} {profile.product_id}"
