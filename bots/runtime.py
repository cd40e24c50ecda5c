"""Database work of bots in live calls: on threads of its own, beside those of the streams."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import ParamSpec, TypeVar

from calls.session.database import in_thread

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 2


@lru_cache(maxsize=1)
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="bots")


async def database(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return await in_thread(pool(), work, *args, **kwargs)
