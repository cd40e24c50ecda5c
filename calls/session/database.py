"""Database work of live streams: on threads of its own, so that no page or query of another part holds it up."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(pool: ThreadPoolExecutor, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `work` on a thread of `pool`, with a sound connection that is given back afterwards."""

    def run() -> R:
        close_old_connections()
        try:
            return work(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(pool, run)


class Serial:
    """Writes in the order in which they were put, one at a time, beside whoever puts them. A failed one is logged."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool
        self.waiting: deque[Callable[[], object]] = deque()
        self.task: asyncio.Task[None] | None = None

    def put(self, work: Callable[[], object]) -> None:
        self.waiting.append(work)
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.run())

    async def run(self) -> None:
        while self.waiting:
            try:
                await in_thread(self.pool, self.waiting.popleft())
            except Exception:
                log.exception("a write failed")

    async def finish(self) -> None:
        if self.task is not None:
            await asyncio.wait({self.task})
