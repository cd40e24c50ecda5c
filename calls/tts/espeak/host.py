"""The worker process, seen from the hub: starts it, asks it for utterances, replaces it when it died or is stuck."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import calls
from calls.tts.base import SynthesisFailed, SynthesizerUnavailable
from calls.tts.espeak.wire import HELLO, READY

logger = logging.getLogger(__name__)

READY_SECONDS = 15.0
CONNECT_SECONDS = 5.0  # an utterance waits so long for the worker, or its successor
AGAIN_SECONDS = 0.02
BACKOFF_SECONDS = (0.0, 0.5, 2.0, 5.0, 15.0)
HEALTHY_SECONDS = 60.0  # after which a crash counts as the first again


class Host:
    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None  # while the worker is ready
        self._ready = asyncio.Event()
        self._tried = asyncio.Event()  # it is ready, or the first attempt failed
        self._error = "no answer"
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._keep_alive())
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._tried.wait()
        except TimeoutError:
            pass
        if not self._ready.is_set():
            await self.close()
            raise SynthesizerUnavailable(
                f"espeak-ng's process did not start ({self._error}). Run: pip install espeakng-loader, and check that "
                "`python -m calls.tts.espeak.worker` can be run from the project's folder."
            )

    async def close(self) -> None:
        task, self._task = self._task, None
        self._tried.clear()
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def connect(self) -> socket.socket:
        """To a process that waits for one request. Raises `SynthesisFailed`."""
        if self._task is None:
            raise SynthesisFailed("The speech synthesiser espeak was not started, or is closed.")
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                while True:
                    await self._ready.wait()
                    if self._control is not None and (connection := await self._ask(self._control)):
                        return connection
                    await asyncio.sleep(AGAIN_SECONDS)
        except TimeoutError:
            if self._control is not None and self.process and self.process.returncode is None:
                self.process.kill()
            raise SynthesisFailed(f"espeak-ng's process does not answer ({self._error}).") from None

    async def _ask(self, control: socket.socket) -> socket.socket | None:
        """None where the worker is dying, or can't fork."""
        with ExitStack() as stack:
            mine, theirs = socket.socketpair()
            stack.enter_context(mine)
            try:
                with theirs:
                    socket.send_fds(control, [b"+"], [theirs.fileno()])
                mine.setblocking(False)
                if await asyncio.get_running_loop().sock_recv(mine, len(HELLO)) == HELLO:
                    stack.pop_all()
                    return mine
            except OSError:
                pass
        return None

    async def _keep_alive(self) -> None:
        crashes = 0
        while True:
            started = time.monotonic()
            try:
                await self._run_once()
            except (OSError, EOFError) as error:
                self._error = str(error)
            self._tried.set()
            crashes = 1 if time.monotonic() - started > HEALTHY_SECONDS else crashes + 1
            pause = BACKOFF_SECONDS[min(crashes, len(BACKOFF_SECONDS)) - 1]
            logger.warning("espeak-ng's process ended (%s); the next one starts in %.1f s", self._error, pause)
            await asyncio.sleep(pause)

    async def _run_once(self) -> None:
        mine, theirs = socket.socketpair()
        with mine:
            with theirs:
                process = self.process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "calls.tts.espeak.worker", str(theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()], cwd=str(Path(calls.__file__).parents[1]),
                )  # fmt: skip
            try:
                mine.setblocking(False)
                answer = await asyncio.get_running_loop().sock_recv(mine, 4096)
                if answer != READY:
                    raise EOFError(answer.decode(errors="replace") or f"exit status {await process.wait()}")
                self._control = mine
                self._ready.set()
                self._tried.set()
                raise EOFError(f"exit status {await process.wait()}")
            finally:
                self._ready.clear()
                self._control = None
                if process.returncode is None:
                    process.kill()
                await process.wait()
