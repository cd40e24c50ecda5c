"""The worker processes, seen from the server: starts them, gives each utterance to one, mends what breaks."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import calls
from calls.stt.base import RecognizerUnavailable
from calls.stt.pocketsphinx.wire import (
    Audio,
    Begin,
    Drop,
    End,
    Ended,
    Forget,
    FromWorker,
    Heard,
    Note,
    Prepare,
    Progress,
    Ready,
    ToWorker,
    decode_from_worker,
    pack,
)

logger = logging.getLogger(__name__)

READY_SECONDS = 30.0
STUCK_SECONDS = 20.0  # work given, nothing heard: the worker is replaced
BACKOFF_SECONDS = (0.0, 0.5, 2.0, 5.0, 15.0)
HEALTHY_SECONDS = 60.0  # after which a crash counts as the first again

OnMessage = Callable[[Progress | Heard | Ended], None]


class Utterance:
    """An utterance given to a worker. `backlog` samples of it are still to be decoded."""

    __slots__ = ("acked", "number", "on_message", "rate", "sent", "worker")

    def __init__(self, number: int, rate: int, worker: Worker, on_message: OnMessage) -> None:
        self.number, self.rate, self.worker, self.on_message = number, rate, worker, on_message
        self.sent = self.acked = 0

    @property
    def backlog(self) -> int:
        return self.sent - self.acked

    def audio(self, pcm: bytes) -> None:
        self.sent += len(pcm) // 2
        self.worker.send(Audio(self.number, pcm))

    def end(self) -> None:
        self.worker.send(End(self.number))

    def drop(self) -> None:
        """No more messages about it."""
        if self.worker.utterances.pop(self.number, None):
            self.worker.send(Drop(self.number))


class Speaker:
    """One voice, and the worker that has got used to it."""

    __slots__ = ("number", "worker")

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker: Worker | None = None

    def move_to(self, worker: Worker | None) -> None:
        """To another worker, or to none: the speaker says no more."""
        if self.worker is not None:
            self.worker.speakers -= 1
            self.worker.send(Forget(self.number))
        if worker is not None:
            worker.speakers += 1
        self.worker = worker


class Worker:
    """One worker process and its successors."""

    def __init__(self, decoders: int, phrases: dict[int, tuple[str, ...]]) -> None:
        self._decoders, self._phrases = decoders, phrases
        self.utterances: dict[int, Utterance] = {}
        self.speakers = 0
        self.ready = asyncio.Event()
        self.heard_at = time.monotonic()
        self.process: asyncio.subprocess.Process | None = None
        self.error: str | None = None

    @property
    def backlog_seconds(self) -> float:
        return sum(utterance.backlog / utterance.rate for utterance in self.utterances.values())

    def send(self, message: ToWorker) -> None:
        """Only while `ready`; what is sent to a process that just died is lost with it."""
        if self.process and self.process.stdin and not self.process.stdin.is_closing():
            self.process.stdin.write(pack(message))

    async def run(self) -> None:
        """Keeps a process alive until cancelled."""
        crashes = 0
        while True:
            started = time.monotonic()
            try:
                await self._run_once()
            except (OSError, EOFError, ValueError, RuntimeError) as error:
                self.error = str(error)
            finally:
                self._fail_all()
                await self._end_process()
            crashes = 1 if time.monotonic() - started > HEALTHY_SECONDS else crashes + 1
            pause = BACKOFF_SECONDS[min(crashes, len(BACKOFF_SECONDS)) - 1]
            logger.warning("a speech worker ended (%s); the next one starts in %.1f s", self.error, pause)
            await asyncio.sleep(pause)

    async def _run_once(self) -> None:
        root = str(Path(calls.__file__).parents[1])
        process = self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "calls.stt.pocketsphinx.worker", str(self._decoders),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=root,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        self.heard_at = time.monotonic()
        for key, phrases in self._phrases.items():
            self.send(Prepare(key, phrases, build=False))
        assert process.stdout is not None
        while True:
            try:
                size = int.from_bytes(await process.stdout.readexactly(4), "big")
                message = decode_from_worker(await process.stdout.readexactly(size))
            except asyncio.IncompleteReadError:
                raise EOFError(f"exit status {await process.wait()}") from None
            self.heard_at = time.monotonic()
            self._take(message)

    def _take(self, message: FromWorker) -> None:
        match message:
            case Ready():
                self.ready.set()
            case Note():
                logger.info("speech worker: %s", message.text)
            case _:
                utterance = self.utterances.get(message.utterance)
                if utterance is None:
                    return
                match message:
                    case Progress():
                        utterance.acked = message.samples
                    case Ended():
                        del self.utterances[utterance.number]
                self._tell(utterance, message)

    @staticmethod
    def _tell(utterance: Utterance, message: Progress | Heard | Ended) -> None:
        """A listener that fails harms neither the worker nor the other calls."""
        try:
            utterance.on_message(message)
        except Exception:
            logger.exception("a listener failed on what was recognised")

    def _fail_all(self) -> None:
        self.ready.clear()
        failed, self.utterances = self.utterances, {}
        for utterance in failed.values():
            self._tell(utterance, Ended(utterance.number, failed=True))

    async def _end_process(self) -> None:
        if (process := self.process) is None:
            return
        if process.stdin:
            process.stdin.close()
        if process.returncode is None:
            try:
                process.kill()
            except ProcessLookupError:
                pass
        await process.wait()
        self.process = None

    def replace_if_stuck(self) -> None:
        waiting = self.utterances and time.monotonic() - self.heard_at > STUCK_SECONDS
        if waiting and self.backlog_seconds > 1 and self.process and self.process.returncode is None:
            logger.error("a speech worker does not answer and is replaced")
            self.process.kill()


class WorkerPool:
    def __init__(self, workers: int, decoders: int) -> None:
        self._phrases: dict[int, tuple[str, ...]] = {}
        self.workers = [Worker(decoders, self._phrases) for _ in range(workers)]
        self._tasks: list[asyncio.Task[None]] = []
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Returns when every worker can decode. Raises `RecognizerUnavailable` where none comes up."""
        self._tasks = [asyncio.create_task(worker.run()) for worker in self.workers]
        waits = [asyncio.ensure_future(worker.ready.wait()) for worker in self.workers]
        try:
            _, late = await asyncio.wait(waits, timeout=READY_SECONDS)
        finally:
            for wait in waits:
                wait.cancel()
        if late:
            errors = "; ".join(worker.error for worker in self.workers if worker.error)
            await self.close()
            raise RecognizerUnavailable(
                f"The PocketSphinx worker processes did not start ({errors or 'no answer'}). "
                f"Check that `{sys.executable} -m calls.stt.pocketsphinx.worker` runs from the project's folder."
            )
        self._tasks.append(asyncio.create_task(self._watch()))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(2)
            for worker in self.workers:
                worker.replace_if_stuck()

    @property
    def backlog_seconds(self) -> float:
        return sum(worker.backlog_seconds for worker in self.workers)

    def phrase_key(self, phrases: tuple[str, ...]) -> int:
        """A number for the list; each worker is told, and readies a decoder for it."""
        if not phrases:
            return 0
        for key, known in self._phrases.items():
            if known == phrases:
                return key
        key = len(self._phrases) + 1
        self._phrases[key] = phrases
        for worker in self.workers:
            worker.send(Prepare(key, phrases, build=True))
        return key

    def new_speaker(self) -> Speaker:
        return Speaker(next(self._numbers))

    def begin(self, speaker: Speaker, rate: int, key: int, on_message: OnMessage) -> Utterance | None:
        """Gives an utterance to the worker that knows the speaker, at first to the one with the least to do; None while
        none is ready."""
        ready = [worker for worker in self.workers if worker.ready.is_set()]
        if not ready:
            return None
        worker = speaker.worker
        if worker is None or not worker.ready.is_set():
            worker = min(ready, key=lambda worker: (len(worker.utterances), worker.speakers, worker.backlog_seconds))
            speaker.move_to(worker)
        utterance = Utterance(next(self._numbers), rate, worker, on_message)
        worker.utterances[utterance.number] = utterance
        worker.send(Begin(utterance.number, speaker.number, rate, key))
        return utterance
