"""Who sweeps: this process, or a Celery worker that it rings."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import close_old_connections

from calls.services import background
from calls.services.sweep import INTERVAL_SECONDS, sweep

log = logging.getLogger(__name__)


class Sweeper:
    """Sweeps in this process: every two seconds, and when the doorbell rings. On a thread of its own."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, "hub-sweep")
        self.rung = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.take_down = background.on_ring(self.ring)
        self.task = self.loop.create_task(self.run())

    def ring(self) -> None:
        self.loop.call_soon_threadsafe(self.rung.set)

    async def run(self) -> None:
        while True:
            await self.loop.run_in_executor(self.thread, self.sweep)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.rung.wait(), INTERVAL_SECONDS)
            self.rung.clear()

    def sweep(self) -> None:
        close_old_connections()
        try:
            sweep()
        finally:
            close_old_connections()

    async def close(self) -> None:
        self.take_down()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        await asyncio.get_running_loop().run_in_executor(None, self.thread.shutdown)


class CeleryBell:
    """Rings a Celery worker. A broker that hangs holds up nobody but this thread, and loses nothing."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, "hub-bell")
        self.waiting = False
        self.take_down = background.on_ring(self.ring)

    def ring(self) -> None:
        if not self.waiting:
            self.waiting = True
            self.thread.submit(self.send)

    def send(self) -> None:
        from hub.tasks import sweep_due_rows

        self.waiting = False
        try:
            sweep_due_rows.delay()
        except Exception as error:
            log.warning("the Celery broker can't be reached; beat's next sweep will do: %s", error)

    async def close(self) -> None:
        self.take_down()
        self.thread.shutdown(wait=False, cancel_futures=True)


def start() -> Sweeper | CeleryBell:
    return CeleryBell() if settings.CELERY_BROKER_URL else Sweeper()
