"""The server that Channels' tutorial leads to: a stock JSON consumer on daphne that decodes and appends."""

import base64
from typing import Any

import django
from django.conf import settings

settings.configure(ALLOWED_HOSTS=["*"])
django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

KEEP = 160_000  # bytes, 20 s of one perspective: nobody saves them here


class StreamConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        self.tracks = {"Participant": bytearray(), "Conference": bytearray()}
        await self.accept()

    async def receive_json(self, content: dict[str, Any], **kwargs: Any) -> None:
        if content["event"] == "Media":
            track = self.tracks[content["perspective"]]
            if len(track) >= KEEP:
                track.clear()
            track += base64.b64decode(content["media"])


application = ProtocolTypeRouter({"websocket": StreamConsumer.as_asgi()})
