"""Audio between processes: it flows through Redis while somebody listens, and stops by itself when nobody does."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import uuid
from typing import Any

import redis.asyncio as redis
from channels_redis.pubsub import RedisPubSubChannelLayer

from calls import live
from tests.ingest.client import begin, ringcx, stop, talk
from tests.ingest.conftest import Api
from tests.ingest.test_commands_between_processes import web_process
from tests.ingest.test_listening import heard, listener
from tests.server import HubServer


class Ear:
    """Counts what passes for listeners, on Redis itself."""

    def __init__(self, channels: Any) -> None:
        self.channels = channels

    async def count(self, seconds: float) -> int:
        found = 0
        try:
            async with asyncio.timeout(seconds):
                while True:
                    message = await self.channels.get_message(ignore_subscribe_messages=True, timeout=0.1)
                    found += message is not None
        except TimeoutError:
            return found

    async def silence(self, seconds: float) -> None:
        """Waits until nothing comes for a second."""
        async with asyncio.timeout(seconds):
            while await self.count(1):
                pass


async def test_no_audio_flows_unless_somebody_listens() -> None:
    with HubServer(command=("serve", "--role", "ingest")) as hub, web_process(hub) as web:
        api = Api(hub)
        api.post("profiles/", {"productType": "QUEUE", "productId": 1234})
        async with (
            redis.Redis.from_url(os.environ["REDIS_URL"]) as client,
            client.pubsub() as channels,
            ringcx(f"{hub.ws_url}/") as socket,
        ):
            await begin(socket, callId="quiet")
            talking = asyncio.create_task(talk(socket, 60))
            call = await asyncio.to_thread(api.call, "quiet")
            await channels.psubscribe(f"*audio.{call['id']}")
            ear = Ear(channels)
            assert await ear.count(1.5) == 0
            for vanishes in (False, True):
                async with listener(web.replace("http", "ws", 1), api, call) as person:
                    await heard(person, 4)
                    assert await ear.count(1) > 3
                    if vanishes:
                        person.transport.abort()
                await ear.silence(5)
            # A listener whose process died after it had said so once.
            prefix = "hub-" + hashlib.sha256(hub.environment["DATABASE_URL"].encode()).hexdigest()[:8]
            layer = RedisPubSubChannelLayer(hosts=[{"address": os.environ["REDIS_URL"]}], prefix=prefix)
            word = {"type": "listen", "call": call["id"], "listener": str(uuid.uuid4()), "seconds": 3}
            told = {"type": "live.told", "text": json.dumps(word)}
            await layer.group_send(live.process_group(live.EVERYBODY), told)
            assert await ear.count(2) > 3
            await ear.silence(8)
            await layer.flush()
            talking.cancel()
            await stop(socket)
