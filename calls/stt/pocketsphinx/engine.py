"""The engine: one pool of workers and one housekeeping task for all tracks of the process."""

from __future__ import annotations

import asyncio
import os

import msgspec

from calls.stt.base import Capabilities, OnEvent, RecognizerTrack, RecognizerUnavailable, TrackConfig, check_format
from calls.stt.capabilities import POCKETSPHINX
from calls.stt.pocketsphinx import tuning
from calls.stt.pocketsphinx.pool import WorkerPool
from calls.stt.pocketsphinx.track import Limits, PocketsphinxTrack

HOUSEKEEPING_SECONDS = 0.5


class PocketsphinxOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`workers` 0: one a core. Seconds are of audio waiting for a decoder: of one track, and of a worker's tracks."""

    workers: int = 0
    decoders: int = tuning.DECODERS
    track_backlog_seconds: float = 15.0
    worker_backlog_seconds: float = 40.0
    finish_seconds: float = 10.0


class PocketsphinxRecognizer:
    name = "pocketsphinx"
    capabilities: Capabilities = POCKETSPHINX

    def __init__(self, options: PocketsphinxOptions) -> None:
        workers = options.workers or os.cpu_count() or 1
        self.limits = Limits(
            options.track_backlog_seconds, options.worker_backlog_seconds * workers, options.finish_seconds
        )
        self.pool = WorkerPool(workers, options.decoders)
        self._tracks: set[PocketsphinxTrack] = set()
        self._housekeeper: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._starting is None:
            self._starting = asyncio.create_task(self.pool.start())
        try:
            await asyncio.shield(self._starting)
        except RecognizerUnavailable:
            self._starting = None
            raise
        if self._housekeeper is None:
            self._housekeeper = asyncio.create_task(self._keep_house())

    def open_track(self, config: TrackConfig, on_event: OnEvent) -> RecognizerTrack:
        check_format(self.capabilities, config)
        track = PocketsphinxTrack(config, on_event, self.pool, self.limits, self._tracks.discard)
        self._tracks.add(track)
        return track

    async def close(self) -> None:
        for track in list(self._tracks):
            track.close()
        for task in (self._housekeeper, self._starting):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._housekeeper = self._starting = None
        await self.pool.close()

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            for track in list(self._tracks):
                track.check_idle()
