"""The live bus: the only user of the channel layer.

`publish` may be called from any thread and never blocks. A publisher task a process gives each event its `seq` (a counter
a call, in Redis where one is configured, so that it is one counter whichever process caused the event), serialises it
once and sends it to the call's group at once. The wall gets the same events in batches, at most four a second, of which
an interim that a newer one of its track replaced is left out.

Layer messages: `{"type": "live.event", "text": json}` to a call's group and
`{"type": "live.batch", "events": [[callId, json], …]}` to the wall's.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any
from uuid import UUID

import redis.asyncio as redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

from calls import shapes

log = logging.getLogger(__name__)

WALL = "wall"
BATCH_SECONDS = 0.25
SEQ_TTL = 24 * 3600  # seconds that the counter of a silent call is remembered
RETRY_SECONDS = 1.0
QUEUE_LIMIT = 20_000  # events waiting for the layer; beyond it interims are dropped, then the oldest


def call_group(call_id: UUID | str) -> str:
    return f"call.{call_id}"


def seq_key(call_id: str) -> str:
    return f"{settings.REDIS_PREFIX}:seq:{call_id}"


class Counter:
    """The `seq` of every call: in this process, or in Redis for all processes."""

    def __init__(self) -> None:
        self.local: dict[str, int] = {}  # the last number of each call that was taken here
        self.redis = (
            redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5, health_check_interval=30
            )
            if settings.REDIS_URL
            else None
        )

    async def take(self, call_ids: list[str]) -> list[int]:
        """The next number of each call named, in the order given."""
        numbers: list[int] = []
        if self.redis is None:
            for call_id in call_ids:
                self.local[call_id] = number = self.local.get(call_id, 0) + 1
                numbers.append(number)
            return numbers
        pipe = self.redis.pipeline(transaction=False)
        calls = list(dict.fromkeys(call_ids))
        for call_id in calls:  # a Redis that lost its memory goes on where we were: a smaller number would pass for old
            pipe.set(seq_key(call_id), self.local.get(call_id, 0), nx=True)
        for call_id in call_ids:
            pipe.incr(seq_key(call_id))
        for call_id in calls:
            pipe.expire(seq_key(call_id), SEQ_TTL)
        numbers = (await pipe.execute())[len(calls) : len(calls) + len(call_ids)]
        self.local.update(zip(call_ids, numbers, strict=True))
        return numbers

    async def read(self, call_id: str) -> int:
        if self.redis is None:
            return self.local.get(call_id, 0)
        return int(await self.redis.get(seq_key(call_id)) or 0)

    async def close(self) -> None:
        if self.redis is not None:
            await self.redis.aclose()


class Publisher:
    """One a process: takes events from any thread and sends them, in order, from the event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.counter = Counter()
        self.queue: deque[tuple[str, dict[str, Any]]] = deque()
        self.wake = asyncio.Event()
        self.wall: dict[Any, list[str]] = {}  # what the next batch holds, by what it replaces
        self.unique = 0
        self.dropped = 0
        self.tasks = [self.loop.create_task(self.send_events()), self.loop.create_task(self.send_batches())]

    def put(self, call_id: str, event: dict[str, Any]) -> None:
        if len(self.queue) >= QUEUE_LIMIT:
            self.dropped += 1
            if event["type"] == "segment.interim":
                return
            self.queue.popleft()
        self.queue.append((call_id, event))
        self.wake.set()

    async def send_events(self) -> None:
        layer = get_channel_layer()
        while True:
            await self.wake.wait()
            self.wake.clear()
            while self.queue:
                batch = [self.queue.popleft() for _ in range(min(len(self.queue), 200))]
                try:
                    numbers = await self.counter.take([call_id for call_id, _ in batch])
                except (OSError, redis.RedisError) as error:
                    log.error("%d live events wait for Redis: %s", len(self.queue) + len(batch), error)
                    self.queue.extendleft(reversed(batch))
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                try:
                    for (call_id, event), seq in zip(batch, numbers, strict=True):
                        text = shapes.encode({"type": event["type"], "seq": seq, **event}).decode()
                        self.put_wall(call_id, event, seq)
                        await layer.group_send(call_group(call_id), {"type": "live.event", "text": text})
                        if event["type"] == "call.ended":
                            self.loop.call_later(SEQ_TTL, self.counter.local.pop, call_id, None)
                except Exception:  # the layer is away: browsers see the gap in seq and ask for a snapshot
                    log.exception("live events could not be sent")
                    await asyncio.sleep(RETRY_SECONDS)

    def put_wall(self, call_id: str, event: dict[str, Any], seq: int) -> None:
        kind = event["type"]
        if kind == "segment.interim":
            key: Any = (call_id, event["segment"].stream_id, event["segment"].track)
            self.wall.pop(key, None)
        elif kind == "health":
            key = (call_id, kind)
            self.wall.pop(key, None)
        else:
            self.unique += 1
            key = self.unique
        body = {"type": kind, "callId": call_id, "seq": seq, **event}
        self.wall[key] = [call_id, shapes.encode(body).decode()]

    async def send_batches(self) -> None:
        layer = get_channel_layer()
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            if not self.wall:
                continue
            events, self.wall = list(self.wall.values()), {}
            try:
                await layer.group_send(WALL, {"type": "live.batch", "events": events})
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("a batch for the wall could not be sent")

    async def close(self) -> None:
        """Sends what waits (for at most a second), then ends."""
        deadline = self.loop.time() + 1
        while (self.queue or self.wall) and self.loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks, timeout=2)  # a Redis that hangs must not hold up the end
        await self.counter.close()


_publisher: Publisher | None = None


def start() -> Publisher:
    """Makes this process's publisher on the running loop, once."""
    global _publisher
    if _publisher is None or _publisher.loop.is_closed():
        _publisher = Publisher()
    return _publisher


async def close() -> None:
    global _publisher
    publisher, _publisher = _publisher, None
    if publisher is not None:
        await publisher.close()


def publish(call_id: UUID | str, kind: str, **payload: Any) -> None:
    """Sends the event `kind` of a call to everybody who watches it. In a process without a server (Celery) it is sent
    at once, from a loop of its own."""
    event = {"type": kind, **payload}
    publisher = _publisher
    if publisher is not None and not publisher.loop.is_closed():
        try:
            same_thread = asyncio.get_running_loop() is publisher.loop
        except RuntimeError:
            same_thread = False
        if same_thread:
            publisher.put(str(call_id), event)
        else:
            publisher.loop.call_soon_threadsafe(publisher.put, str(call_id), event)
    elif settings.REDIS_URL:  # without Redis there is nobody to hear it
        async_to_sync(_publish_alone)(str(call_id), event)


async def _publish_alone(call_id: str, event: dict[str, Any]) -> None:
    counter, layer = Counter(), get_channel_layer()
    try:
        (seq,) = await counter.take([call_id])
        text = shapes.encode({"seq": seq, **event}).decode()
        wall = shapes.encode({"callId": call_id, "seq": seq, **event}).decode()
        await layer.group_send(call_group(call_id), {"type": "live.event", "text": text})
        await layer.group_send(WALL, {"type": "live.batch", "events": [[call_id, wall]]})
    finally:
        await counter.close()


async def current_seq(call_id: UUID | str) -> int:
    """The number of the call's newest event. Read it before the rows of a snapshot, so that none is missed."""
    return await start().counter.read(str(call_id))


async def current_seqs(call_ids: list[str]) -> dict[str, int]:
    counter = start().counter
    if counter.redis is None:
        return {call_id: counter.local.get(call_id, 0) for call_id in call_ids}
    values = await counter.redis.mget([seq_key(call_id) for call_id in call_ids]) if call_ids else []
    return {call_id: int(value or 0) for call_id, value in zip(call_ids, values, strict=True)}


async def join(group: str, channel: str) -> None:
    start()
    await get_channel_layer().group_add(group, channel)


async def leave(group: str, channel: str) -> None:
    await get_channel_layer().group_discard(group, channel)
