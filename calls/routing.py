"""Every WebSocket address of the package. Vendors' addresses come from their own folders."""

from typing import Any

from django.urls import path

from calls.consumers import browser
from calls.consumers.ingest import IngestConsumer
from calls.consumers.listen import ListenConsumer
from calls.consumers.wall import DashboardConsumer
from calls.vendors import VENDORS


def vendor_sockets() -> list[Any]:
    """Live media. No session, cookie or Origin is looked at."""
    return [
        path(route, IngestConsumer.as_asgi(vendor_name=vendor.name))
        for vendor in VENDORS.values()
        for route in vendor.endpoint.spellings
    ]


def browser_sockets() -> list[Any]:
    return [
        path("ws/dashboard/", DashboardConsumer.as_asgi()),
        path("ws/calls/<uuid:call_id>/", browser.CallConsumer.as_asgi()),
        path("ws/calls/<uuid:call_id>/listen/", ListenConsumer.as_asgi()),
        path("ws/embed/", browser.EmbedConsumer.as_asgi()),
    ]
