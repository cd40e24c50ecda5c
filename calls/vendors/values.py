"""Names and values of vendors' messages, however they are spelled and whatever type they came in."""

from __future__ import annotations

import base64
import contextlib
import math

_FROM_URL_SAFE = str.maketrans("-_", "+/", " \t\r\n")


def squash(name: str) -> str:
    """A name without case and punctuation: "Call ID", "callId" and "CALL-ID" are one."""
    return (name if name.isalnum() else "".join(filter(str.isalnum, name))).lower()


def read_text(value: object, longest: int) -> str:
    """An id that came as string or number, as a string; "" for everything that is none.

    Control characters and lone surrogates are refused, because no database and no log line would take them.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 1000:
        value = str(value)
    if not isinstance(value, str):
        return ""
    value = value.strip()
    if len(value) > longest or not value.isprintable() or value.lower() in ("null", "undefined"):
        return ""
    return value


def read_words(value: object, longest: int) -> str:
    """What somebody said or wrote, on one line, cut at `longest`; "" for everything that is no text."""
    if not isinstance(value, str):
        return ""
    printable = "".join(letter if letter.isprintable() else " " for letter in value[: 2 * longest])
    return " ".join(printable.split())[:longest]


def read_fraction(value: object) -> float | None:
    """A number from 0 to 1 that came as number or string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number <= 1 else None


def read_base64(value: object) -> bytes:
    """Of the usual and the URL-safe alphabet, padded or not; nothing for what is neither."""
    if not isinstance(value, str):
        return b""
    with contextlib.suppress(ValueError):
        return base64.b64decode(value, validate=True)
    text = value.translate(_FROM_URL_SAFE).rstrip("=")
    with contextlib.suppress(ValueError):
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    return b""
