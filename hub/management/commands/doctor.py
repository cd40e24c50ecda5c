import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from calls.stt import make_recognizer
from calls.tts import make_synthesizer
from calls.tts.base import Synthesizer, Voice


class Command(BaseCommand):
    help = "Looks at everything the hub depends on here, and says what to do about what is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        checks: list[tuple[str, Callable[[], str]]] = [
            ("Python", lambda: sys.version.split()[0]),
            ("Data folder", self.check_data),
            ("Database", self.check_database),
            ("Redis", self.check_redis),
            ("Background work", lambda: "Celery" if settings.CELERY_BROKER_URL else "inside the server"),
            ("Recogniser", self.check_recognizer),
            ("Speech synthesiser", self.check_synthesizer),
            ("Public URL", lambda: settings.HUB_PUBLIC_URL + (" (production)" if settings.PRODUCTION else "")),
        ]
        failed = 0
        for name, check in checks:
            try:
                self.stdout.write(f"ok    {name}: {check()}")
            except Exception as error:
                failed += 1
                self.stdout.write(f"FAIL  {name}: {error}")
        if failed:
            sys.exit(1)

    def check_data(self) -> str:
        folder = settings.HUB_DATA_DIR
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise OSError(f"{folder} can't be written: change its owner, or set HUB_DATA_DIR")
        free = shutil.disk_usage(folder).free / 1e9
        if free < 1:
            raise OSError(f"{folder} has {free:.1f} GB left; an hour of a call takes about 0.1 GB")
        return f"{folder}, {free:.0f} GB free"

    def check_database(self) -> str:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            raise RuntimeError(f"{len(missing)} migrations are missing: run manage.py migrate")
        return connection.vendor

    def check_redis(self) -> str:
        if not settings.REDIS_URL:
            return "none (one process, in memory)"
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
        return "answers"

    def check_recognizer(self) -> str:
        name = settings.HUB_RECOGNIZER
        if name == "off":
            return name
        options = settings.HUB_RECOGNIZER_OPTIONS.get(name, {})
        return make_recognizer(name, options, production=settings.PRODUCTION).capabilities.label

    def check_synthesizer(self) -> str:
        name = settings.HUB_SYNTHESIZER
        if name == "off":
            return name
        synthesizer = make_synthesizer(name, settings.HUB_SYNTHESIZER_OPTIONS.get(name, {}))
        milliseconds = asyncio.run(first_sound(synthesizer)) * 1000
        return f"{synthesizer.capabilities.label}, first sound after {milliseconds:.0f} ms"


async def first_sound(synthesizer: Synthesizer) -> float:
    """Seconds from a word to its sound. Raises what is wrong with the engine."""
    await synthesizer.start()
    try:
        began = time.monotonic()
        async with aclosing(synthesizer.speak("Hello.", Voice())) as pieces:
            if not await anext(pieces, b""):
                raise RuntimeError("gives no sound")
        return time.monotonic() - began
    finally:
        await synthesizer.close()
