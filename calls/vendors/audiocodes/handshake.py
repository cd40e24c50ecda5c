"""Reads the upgrade request: the profile's slug in the path, and `Authorization: Bearer`."""

from __future__ import annotations

from collections.abc import Sequence

from calls.events import CallInfo
from calls.vendors.base import Handshake

MAX_SECRETS = 4  # headers that are looked at


def read_handshake(query_string: bytes, headers: Sequence[tuple[bytes, bytes]], address: str) -> Handshake:
    """The call itself is named by the first message."""
    values = [value.decode("utf-8", "replace") for name, value in headers if name.lower() == b"authorization"]
    tokens = (value.strip().partition(" ") for value in values[:MAX_SECRETS])
    secrets = [token.strip() for scheme, _, token in tokens if scheme.lower() == "bearer" and token.strip()]
    return Handshake(info=CallInfo(), secrets=tuple(secrets), address=address)
