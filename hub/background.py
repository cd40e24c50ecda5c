"""Who sweeps: this process, or a Celery worker that it rings."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import close_old_connections

from calls.services import background, sweep

log = logging.getLogger(__name__)


class Sweeper:
    """Sweeps in this process: every two seconds, and when the doorbell rings. Each round on a thread of its own."""

    ROUNDS = (sweep.close_due, sweep.finish_due, sweep.summarize_due, sweep.deliver_due)

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.threads = ThreadPoolExecutor(len(self.ROUNDS), "hub-sweep")
        self.bells = [asyncio.Event() for _ in self.ROUNDS]
        self.take_down = background.on_ring(self.ring)
        self.tasks = [
            self.loop.create_task(self.run(job, bell)) for job, bell in zip(self.ROUNDS, self.bells, strict=True)
        ]

    def ring(self) -> None:
        for bell in self.bells:
            self.loop.call_soon_threadsafe(bell.set)

    async def run(self, job: Callable[[], int], bell: asyncio.Event) -> None:
        while True:
            await self.loop.run_in_executor(self.threads, self.sweep, job)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bell.wait(), sweep.INTERVAL_SECONDS)
            bell.clear()

    def sweep(self, job: Callable[[], int]) -> None:
        close_old_connections()
        try:
            job()
        finally:
            close_old_connections()

    async def close(self) -> None:
        self.take_down()
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        self.threads.shutdown(wait=False, cancel_futures=True)


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
        from hub.tasks import deliver_due, finish_due, summarize_due

        self.waiting = False
        try:
            for task in (finish_due, summarize_due, deliver_due):
                task.delay()
        except Exception as error:
            log.warning("the Celery broker can't be reached; beat's next sweep will do: %s", error)

    async def close(self) -> None:
        self.take_down()
        self.thread.shutdown(wait=False, cancel_futures=True)


def start() -> Sweeper | CeleryBell:
    return CeleryBell() if settings.CELERY_BROKER_URL else Sweeper()
