"""Every kind of bot. A new one is a module and a line here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from bots.assistant.kind import ASSISTANT
from bots.base import BotConfig, BotKind
from bots.echo import ECHO
from bots.findings import Finding
from bots.menu import MENU
from bots.webhook.kind import WEBHOOK

_KINDS: tuple[BotKind, ...] = (MENU, ASSISTANT, WEBHOOK, ECHO)
KINDS: Mapping[str, BotKind] = {kind.name: kind for kind in _KINDS}


def read_config(kind: BotKind, config: Mapping[str, Any]) -> BotConfig | Finding:
    """The config as the kind's struct, or what is wrong with it."""
    try:
        return msgspec.convert(config, kind.config)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        unknown = re.fullmatch(r"Object contains unknown field `(.*)`", detail)
        path = path.rstrip("`") + (f".{unknown[1]}" if unknown else "")
        if unknown:
            return Finding(
                field=f"config{path}", code="unknown", detail="Remove it: this kind of bot has no such field."
            )
        return Finding(field=f"config{path}", detail=f"{detail}.")
