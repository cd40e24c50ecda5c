"""What an admin tells a webhook bot, and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from bots.base import BotConfig
from bots.findings import Finding
from calls.outgoing import check_url


class WebhookConfig(BotConfig, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    url: str = ""
    timeout_seconds: float = 5.0  # of a turn, a second attempt included


def validate(document: str, config: WebhookConfig) -> Sequence[Finding]:
    found = []
    if problem := check_url(config.url):
        found.append(Finding(field="config.url", detail=problem))
    if not 0.5 <= config.timeout_seconds <= 60:
        found.append(Finding(field="config.timeoutSeconds", detail="Give a number from 0.5 to 60."))
    elif config.timeout_seconds >= config.patience_seconds:
        detail = "Give less than patienceSeconds: past that the bot has failed anyway."
        found.append(Finding(field="config.timeoutSeconds", detail=detail))
    return found
