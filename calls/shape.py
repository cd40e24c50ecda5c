"""What all JSON shapes are: structs that encode to camelCase, for REST, sockets and webhooks alike. Times are RFC 3339 in
UTC, durations and positions milliseconds."""

from __future__ import annotations

from typing import Any

import msgspec


class Shape(msgspec.Struct, rename="camel", kw_only=True):
    """Base of all shapes: camelCase keys, `null` for what is absent."""


def encode(shape: Any) -> bytes:
    """JSON of a shape, or of a plain structure that holds shapes."""
    return msgspec.json.encode(shape)
