"""The assistant as a kind of bot."""

from __future__ import annotations

from bots.assistant.config import AssistantConfig, validate
from bots.base import BotKind, Making, Secret
from bots.conversation import Conversation
from calls.signing import new_secret


def make(making: Making) -> Conversation:
    """Loads the chat client's modules, unless the server has at its start: they are most of what a command of
    manage.py would otherwise wait for."""
    from bots.assistant.conversation import Assistant

    return Assistant(making)


ASSISTANT = BotKind(
    name="assistant",
    label="Assistant",
    description="Talks freely, by a language model behind an OpenAI-compatible chat endpoint.",
    config=AssistantConfig,
    secrets=(
        Secret(
            name="apiKey",
            label="API key",
            help="Of the chat endpoint. Local endpoints often need none.",
            sent_to="baseUrl",
        ),
        Secret(
            name="signingSecret",
            label="Signing secret",
            help="By it your lookups' servers know that a request comes from here: see docs/bots.md.",
            generate=new_secret,
        ),
    ),
    validate=validate,
    make=make,
)
