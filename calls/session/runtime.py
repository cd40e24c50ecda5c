"""What the live streams of this process share: one clock beat, database threads, the spool, recognisers, leases."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.conf import settings

from calls import live
from calls.services import calls as call_service
from calls.session.database import in_thread
from calls.session.listening import Listening
from calls.session.orders import Dispatcher
from calls.session.recorder import Spooler
from calls.session.reporting import publish_health, report
from calls.session.vendor_actions import VendorActions
from calls.session.writer import TranscriptWriter
from calls.stt import make_recognizer
from calls.stt.base import Recognizer, RecognizerUnavailable
from calls.tts import make_synthesizer
from calls.tts.base import Synthesizer, SynthesizerUnavailable

if TYPE_CHECKING:
    from calls.session.call_session import CallSession

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class Runtime:
    """Made once a process, on its event loop. One beat serves every stream: no timer or task per call."""

    TICK_SECONDS = 0.1
    QUIET_BEATS = 4  # streams without a recogniser are drained on each fourth beat only

    def __init__(self) -> None:
        self.id = uuid.uuid4()
        self.loop = asyncio.get_running_loop()
        self.sessions: set[CallSession] = set()
        self.threads = ThreadPoolExecutor(4, "hub-database")
        self.lease_thread = ThreadPoolExecutor(1, "hub-leases")  # nothing may hold up the sign of life
        self.writer = TranscriptWriter()
        self.spooler = Spooler()
        self.recognizers: dict[str, asyncio.Task[Recognizer | None]] = {}
        self.vendor_actions = VendorActions(self.database)
        self.synthesizers: dict[str, asyncio.Task[Synthesizer | None]] = {}
        self.draining = False
        self.renewing: asyncio.Task[None] | None = None
        live.start()
        self.dispatcher = Dispatcher(self)
        self.listening = Listening(self)
        self.beat_task = self.loop.create_task(self.beat())

    def is_full(self) -> bool:
        """Connections that have not said which call they are may take a quarter of the places."""
        waiting = sum(session.phase == "waiting" for session in self.sessions)
        return len(self.sessions) >= settings.HUB_MAX_STREAMS or waiting * 4 > settings.HUB_MAX_STREAMS + 3

    async def database(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await in_thread(self.threads, work, *args, **kwargs)

    async def recognizer(self, name: str) -> Recognizer | None:
        """The started engine of that name, shared by all streams; None if it is off or can't run here (it is logged,
        and tried again with the next stream)."""
        name = name or settings.HUB_RECOGNIZER
        if name == "off":
            return None
        task = self.recognizers.get(name)
        if task is None:
            task = self.recognizers[name] = self.loop.create_task(self.start_recognizer(name))
        recognizer = await asyncio.shield(task)
        if recognizer is None:
            self.recognizers.pop(name, None)
        return recognizer

    async def start_recognizer(self, name: str) -> Recognizer | None:
        try:
            options = settings.HUB_RECOGNIZER_OPTIONS.get(name, {})
            recognizer = make_recognizer(name, options, production=settings.PRODUCTION)
            await recognizer.start()
        except RecognizerUnavailable as error:
            log.error("the recogniser %s can't run, calls go on without a transcript: %s", name, error)
            return None
        except Exception:
            log.exception("the recogniser %s failed to start, calls go on without a transcript", name)
            return None
        return recognizer

    async def synthesizer(self, name: str) -> Synthesizer | None:
        """The started engine of that name ("" = the installation's), shared by all streams; None if it is off or can't
        run here (it is logged, and tried again the next time)."""
        name = name or settings.HUB_SYNTHESIZER
        if name == "off":
            return None
        task = self.synthesizers.get(name)
        if task is None:
            task = self.synthesizers[name] = self.loop.create_task(self.start_synthesizer(name))
        synthesizer = await asyncio.shield(task)
        if synthesizer is None:
            self.synthesizers.pop(name, None)
        return synthesizer

    async def start_synthesizer(self, name: str) -> Synthesizer | None:
        try:
            synthesizer = make_synthesizer(name, settings.HUB_SYNTHESIZER_OPTIONS.get(name, {}))
            await synthesizer.start()
        except SynthesizerUnavailable as error:
            log.error("the speech synthesiser %s can't run: %s", name, error)
            return None
        except Exception:
            log.exception("the speech synthesiser %s failed to start", name)
            return None
        return synthesizer

    async def beat(self) -> None:
        next_at = self.loop.time()
        next_lease = next_at + call_service.RENEW_SECONDS
        next_spool = next_at + Spooler.FLUSH_SECONDS
        number = 0
        while True:
            next_at = max(next_at + self.TICK_SECONDS, self.loop.time() + 0.01)
            await asyncio.sleep(next_at - self.loop.time())
            number += 1
            now = self.loop.time()
            for index, session in enumerate(tuple(self.sessions)):
                try:
                    session.tick(now, quiet_turn=(number + index) % self.QUIET_BEATS == 0)
                except Exception:
                    log.exception("a beat failed for %s", session)
                    session.fail()
            self.listening.tick(now)
            self.dispatcher.tick(now)
            if now >= next_spool:
                next_spool = now + Spooler.FLUSH_SECONDS
                self.spooler.flush()
            if now >= next_lease:
                next_lease = now + call_service.RENEW_SECONDS
                if self.renewing is None or self.renewing.done():
                    self.renewing = self.loop.create_task(self.renew_leases())

    async def renew_leases(self) -> None:
        reports = {s.stream_id: report(s) for s in self.sessions if s.stream_id is not None}
        if not reports:
            return
        for session in tuple(self.sessions):
            publish_health(session)
        try:
            lost = await in_thread(self.lease_thread, call_service.renew_leases, process=self.id, reports=reports)
            for stream_id in lost:
                log.warning("the lease of stream %s had lapsed; it goes on", stream_id)
                await in_thread(self.lease_thread, call_service.revive_stream, stream_id=stream_id, process=self.id)
        except Exception:
            log.exception("leases could not be renewed")

    async def close(self) -> None:
        """Ends every stream of this process and everything that was started."""
        self.draining = True
        await asyncio.gather(*(session.end() for session in tuple(self.sessions)))
        self.beat_task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.beat_task
        for starting in (*self.recognizers.values(), *self.synthesizers.values()):
            engine = await starting
            if engine is not None:
                await engine.close()
        await self.dispatcher.close()
        await self.listening.close()
        await self.vendor_actions.close()
        await self.writer.close()
        await self.spooler.close()
        await live.close()
        self.threads.shutdown(wait=False)
        self.lease_thread.shutdown(wait=False)


_runtime: Runtime | None = None


def get_runtime() -> Runtime:
    """This process's runtime, made at first use. Call it on the event loop."""
    global _runtime
    if _runtime is None or _runtime.loop.is_closed():
        _runtime = Runtime()
    return _runtime


async def close_runtime() -> None:
    global _runtime
    runtime, _runtime = _runtime, None
    if runtime is not None:
        await runtime.close()
    else:
        await live.close()
