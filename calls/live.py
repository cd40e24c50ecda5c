"""The live bus: the only user of the channel layer.

`publish` may be called from any thread and never blocks. A publisher task a process gives each event its `seq` (a counter
a call, in Redis where one is configured, so that it is one counter whichever process caused the event), serialises it
once and sends it to the call's group at once. The wall gets the same events in batches, at most four a second, of which
an interim that a newer one of its track replaced is left out.

`publish_audio` sends what is heard to those who listen along, past everything else; when the layer is slow, the oldest
goes.

`tell_process` says something to one process of the hub, past the publisher's queue; `listen_process` hears it. What
`tell_everybody` says, those hear that listen to `EVERYBODY`.

Layer messages: `{"type": "live.event", "text": json}` to a call's group,
`{"type": "live.batch", "events": [[callId, json], …]}` to the wall's, `{"type": "live.told", "text": json}` to a
process's and `{"type": "live.audio", "source": rank, "pieces": [bytes, …]}` to that of a call's listeners.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import redis.asyncio as redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

from calls.shape import encode

log = logging.getLogger(__name__)

WALL = "wall"
EVERYBODY = "everybody"  # in place of a process's id
BATCH_SECONDS = 0.25
SEQ_TTL = 24 * 3600  # seconds that the counter of a silent call is remembered
RETRY_SECONDS = 1.0
TELL_SECONDS = 5.0  # for a message to a process; it has other ways to find out
AUDIO_LIMIT = 500  # messages with audio that wait for the layer
QUEUE_LIMIT = 20_000  # events waiting for the layer; beyond it interims are dropped, then the oldest


def call_group(call_id: UUID | str) -> str:
    return f"call.{call_id}"


def audio_group(call_id: UUID | str) -> str:
    return f"audio.{call_id}"


def process_group(process_id: str) -> str:
    return f"process.{process_id}"


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
        self.audio: deque[tuple[str, dict[str, Any]]] = deque(maxlen=AUDIO_LIMIT)  # group and message
        self.audio_came = asyncio.Event()
        self.wall: dict[Any, list[str]] = {}  # what the next batch holds, by what it replaces
        self.unique = 0
        self.dropped = 0
        self.telling: set[asyncio.Task[None]] = set()
        work = (self.send_events(), self.send_batches(), self.send_audio())
        self.tasks = [self.loop.create_task(each) for each in work]

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
                        text = encode({"type": event["type"], "seq": seq, **event}).decode()
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
        self.wall[key] = [call_id, encode(body).decode()]

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

    async def send_audio(self) -> None:
        layer = get_channel_layer()
        while True:
            await self.audio_came.wait()
            self.audio_came.clear()
            while self.audio:
                group, message = self.audio.popleft()
                try:
                    await layer.group_send(group, message)
                except Exception:
                    log.exception("those who listen along miss a second: the layer is away")
                    await asyncio.sleep(RETRY_SECONDS)
                    self.audio.clear()

    def tell(self, process_id: str, text: str) -> None:
        task = self.loop.create_task(_tell(process_id, text))
        self.telling.add(task)
        task.add_done_callback(self.telling.discard)

    async def close(self) -> None:
        """Sends what waits (for at most a second), then ends."""
        deadline = self.loop.time() + 1
        while (self.queue or self.wall or self.telling) and self.loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        tasks = [*self.tasks, *self.telling]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=2)  # a Redis that hangs must not hold up the end
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
        text = encode({"seq": seq, **event}).decode()
        wall = encode({"callId": call_id, "seq": seq, **event}).decode()
        await layer.group_send(call_group(call_id), {"type": "live.event", "text": text})
        await layer.group_send(WALL, {"type": "live.batch", "events": [[call_id, wall]]})
    finally:
        await counter.close()


def publish_audio(call_id: UUID, source: str, pieces: list[bytes]) -> None:
    """To everybody who listens to the call. On the event loop. `source` tells the call's streams apart, in their order."""
    publisher = start()
    publisher.audio.append((audio_group(call_id), {"type": "live.audio", "source": source, "pieces": pieces}))
    publisher.audio_came.set()


def tell_process(process_id: UUID | str, message: dict[str, Any]) -> None:
    """Says something to one process, from any thread, at once. Shapes, ids and times arrive as JSON has them. The
    message may be lost: what must not be is a row that the process looks for."""
    name, text = str(process_id), encode(message).decode()
    if _tell_here(name, text):
        return
    if settings.REDIS_URL:
        _tell_elsewhere(name, text)
    else:
        log.warning("the process %s is no more: it could not be told of %s", name, message["type"])


def tell_everybody(message: dict[str, Any]) -> None:
    """Says something to all processes, as `tell_process` does to one. With Redis, this one may hear it twice."""
    text = encode(message).decode()
    _tell_here(EVERYBODY, text)
    if settings.REDIS_URL:
        _tell_elsewhere(EVERYBODY, text)


def _tell_here(name: str, text: str) -> bool:
    listeners = [listener for listener in _listeners.get(name, ()) if not listener.loop.is_closed()]
    for listener in listeners:
        listener.loop.call_soon_threadsafe(listener.take, text)
    return bool(listeners)


def _tell_elsewhere(name: str, text: str) -> None:
    publisher = _publisher
    if publisher is not None and not publisher.loop.is_closed():
        publisher.loop.call_soon_threadsafe(publisher.tell, name, text)
    else:
        async_to_sync(_tell)(name, text)


async def _tell(process_id: str, text: str) -> None:
    try:
        async with asyncio.timeout(TELL_SECONDS):
            await get_channel_layer().group_send(process_group(process_id), {"type": "live.told", "text": text})
    except (OSError, redis.RedisError) as error:  # a time-out is an OSError
        log.error("the process %s could not be told: %s", process_id, error or "Redis does not answer")


class Listener:
    """Hears what is said to one process. `handler` is called on the event loop with each message."""

    def __init__(self, process_id: str, handler: Callable[[Any], None]) -> None:
        self.loop = asyncio.get_running_loop()
        self.process_id, self.handler = process_id, handler
        self.task = self.loop.create_task(self.listen()) if settings.REDIS_URL else None  # else all are in this process

    def take(self, text: str) -> None:
        try:
            self.handler(msgspec.json.decode(text))
        except Exception:
            log.exception("a message to this process could not be dealt with")

    async def listen(self) -> None:
        """Once it listens, the layer itself comes back after Redis was away."""
        layer, group = get_channel_layer(), process_group(self.process_id)
        while True:
            try:
                channel = await layer.new_channel()
                await layer.group_add(group, channel)
                break
            except (OSError, redis.RedisError) as error:
                log.error("cannot hear other processes, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
        try:
            while True:
                self.take((await layer.receive(channel))["text"])
        finally:
            with contextlib.suppress(OSError, redis.RedisError):
                await layer.group_discard(group, channel)

    async def close(self) -> None:
        heard_here = tuple(each for each in _listeners.get(self.process_id, ()) if each is not self)
        if heard_here:
            _listeners[self.process_id] = heard_here
        else:
            _listeners.pop(self.process_id, None)
        for _ in range(10):  # the Redis client may swallow a cancellation while it connects
            if self.task is None or self.task.done():
                return
            self.task.cancel()
            await asyncio.wait({self.task}, timeout=0.2)


_listeners: dict[str, tuple[Listener, ...]] = {}  # by the process's id; several where all are told


def listen_process(process_id: UUID | str, handler: Callable[[Any], None]) -> Listener:
    """Begins to hear what is said to this process. Call it on the event loop; close what it returns."""
    listener = Listener(str(process_id), handler)
    others = (each for each in _listeners.get(str(process_id), ()) if not each.loop.is_closed())
    _listeners[str(process_id)] = (*others, listener)
    return listener


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
