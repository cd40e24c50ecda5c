"""Every WebSocket address of the package. RingCX is told `wss://host` only, so its streams arrive at `/`."""

from typing import Any

from django.urls import path

from calls.consumers import browser
from calls.consumers.ingest import RingCXConsumer


def vendor_sockets() -> list[Any]:
    """Live media. No session, cookie or Origin is looked at."""
    return [
        path("", RingCXConsumer.as_asgi()),
        path("ws/ringcx/", RingCXConsumer.as_asgi()),
    ]


def browser_sockets() -> list[Any]:
    return [
        path("ws/dashboard/", browser.DashboardConsumer.as_asgi()),
        path("ws/calls/<uuid:call_id>/", browser.CallConsumer.as_asgi()),
        path("ws/embed/", browser.EmbedConsumer.as_asgi()),
    ]
