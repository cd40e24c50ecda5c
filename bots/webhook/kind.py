"""The webhook bot as a kind of bot."""

from __future__ import annotations

from bots.base import BotKind, Secret
from bots.webhook.config import WebhookConfig, validate
from bots.webhook.conversation import Webhook
from calls.signing import new_secret

WEBHOOK = BotKind(
    name="webhook",
    label="Webhook",
    description="Posts each turn, signed, to a server of yours, whose answer says what to do.",
    config=WebhookConfig,
    secrets=(
        Secret(
            name="signingSecret",
            label="Signing secret",
            help="By it your server knows that a request comes from here: see docs/bots.md.",
            generate=new_secret,
        ),
    ),
    validate=validate,
    make=Webhook,
)
