"""The ASGI application: pages and REST over HTTP, vendors and browsers over WebSocket.

A role leaves out what the process isn't there for: `ingest` takes streams, `web` serves people, `all` does both.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
django_application = get_asgi_application()

from bots.routing import bot_sockets  # noqa: E402  (models need the registry that is ready now)
from calls.routing import browser_sockets, vendor_sockets  # noqa: E402
from calls.session.runtime import close_runtime, get_runtime  # noqa: E402
from hub import background  # noqa: E402
from hub.http import bounded_body, refuse_body  # noqa: E402
from hub.signin.required import RequiredSecondFactorSockets  # noqa: E402

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def no_such_socket(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"No socket has this address."})
    else:
        await send({"type": "websocket.close"})


class HubApplication:
    """Routes connections, and starts this process's background work with the first of them or before."""

    def __init__(self, role: str) -> None:
        sockets = vendor_sockets() if role != "web" else []
        if role != "ingest":
            sockets += [*browser_sockets(), *bot_sockets()]
        sockets.append(re_path("", no_such_socket))  # type: ignore[arg-type]
        websocket = RequiredSecondFactorSockets(URLRouter(sockets))
        self.router = ProtocolTypeRouter({"http": django_application, "websocket": websocket})
        self.background: background.Sweeper | background.CeleryBell | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.start()
        if scope["type"] == "http":
            bounded = bounded_body(scope, receive)
            if bounded is None:
                await refuse_body(send)
                return
            receive = bounded
        await self.router(scope, receive, send)

    def start(self) -> None:
        if self.background is None:
            get_runtime()
            self.background = background.start()

    async def close(self) -> None:
        """Ends live streams and background work, in this order."""
        work, self.background = self.background, None
        await close_runtime()
        if work is not None:
            await work.close()


application = HubApplication(os.environ.get("HUB_ROLE", "all"))
