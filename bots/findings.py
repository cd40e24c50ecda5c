"""What is wrong with a bot, as editors and the API show it."""

from __future__ import annotations

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is wrong with a bot, or looks wrong, and what to do about it. Lines and columns count from 1."""

    detail: str
    code: str = "invalid"
    field: str = "document"  # as in the API: `document`, `config`, `config.url`
    severity: Literal["error", "warning"] = "error"
    line: int | None = None  # in the document
    column: int | None = None
