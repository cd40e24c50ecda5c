"""The WebSocket addresses of the package."""

from typing import Any

from django.urls import path

from bots.consumers import ConsoleConsumer


def bot_sockets() -> list[Any]:
    return [
        path("ws/bots/console/", ConsoleConsumer.as_asgi()),
        path("ws/bots/<uuid:bot_id>/console/", ConsoleConsumer.as_asgi()),
    ]
