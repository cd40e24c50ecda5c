"""The production server: uvicorn with the hub's WebSocket engine, draining, and several processes where asked for.

How draining works: SIGTERM makes the hub refuse new streams (503, so that vendors try elsewhere) and report not ready;
live streams go on until they end or `HUB_DRAIN_SECONDS` are over; then every socket is closed with 1012 and the process
ends. SIGINT (Ctrl-C), or a second SIGTERM, skips the wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType
from typing import NoReturn

import uvicorn
from django.conf import settings

from calls.session.runtime import get_runtime
from hub.asgi import HubApplication
from hub.http import HttpProtocol

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 256 * 1024  # of one WebSocket message; beyond it 1009
CLOSE_SECONDS = 25.0  # for streams and background work to end, once every socket is closed
RESTART_SECONDS = 1.0
SWITCH_SECONDS = 0.0005  # for which a database thread may keep the event loop from running, not 5 ms
GC_THRESHOLDS = (20_000, 20, 50)  # objects made, then collections of each generation, until the next is looked through


def bind(address: str) -> socket.socket:
    """A listening socket for `host:port`. Raises OSError, in words, where it can't be had."""
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), int(port)))
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OverflowError):
            raise OSError(f"{port} is no port: give one from 0 to 65535") from None
        raise OSError(
            f"{address} can't be bound ({error.strerror}). Is a hub already running? HUB_BIND or --port choose another."
        ) from error
    return listener


class Server(uvicorn.Server):
    """One serving process. `parent`: the supervising process, whose death ends this one."""

    def __init__(self, application: HubApplication, *, parent: int | None = None) -> None:
        config = uvicorn.Config(
            application,
            ws="hub.websocket:WebSocketProtocol",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            http=HttpProtocol,
            loop="uvloop",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=True,
            timeout_graceful_shutdown=5,
        )
        super().__init__(config)
        self.application = application
        self.parent = parent
        self.drain_until: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGTERM and self.drain_until is None and not self.should_exit:
            self.drain_until = time.monotonic() + settings.HUB_DRAIN_SECONDS
            return
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.application.start()
        settle_memory()
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        if self.parent is not None and os.getppid() != self.parent:
            log.error("the supervising process is gone; ending")
            os._exit(1)
        if self.drain_until is not None and not self.should_exit:
            runtime = get_runtime()
            if not runtime.draining:
                runtime.draining = True
                log.info("draining: %d live streams may end by themselves", len(runtime.sessions))
            if not runtime.sessions or time.monotonic() >= self.drain_until:
                self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        get_runtime().draining = True
        await super().shutdown(sockets)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.application.close()
        except TimeoutError:
            log.error("background work did not end within %s s; leaving it", CLOSE_SECONDS)
            os._exit(1)


def settle_memory() -> None:
    """What a call would load in the middle is loaded now. What was loaded so far stays: a full collection that looked
    through all of it would hold every call up for some hundred milliseconds."""
    importlib.import_module("bots.assistant.conversation")
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def serve(listener: socket.socket, *, role: str, parent: int | None = None) -> None:
    """Serves on `listener` until a signal."""
    if parent is not None and os.getppid() != parent:
        raise SystemExit("the supervising process is gone")
    listener.listen(2048)
    sys.setswitchinterval(SWITCH_SECONDS)
    server = Server(HubApplication(role), parent=parent)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has ended well
        server.run(sockets=[listener])


def leave() -> NoReturn:
    """Ends the process without waiting for threads: a sweep in the middle of a long recording is due again later."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def supervise(listener: socket.socket, *, workers: int, arguments: list[str]) -> None:
    """Runs `workers` serving processes on one listening socket, starts anew what dies, and ends them all."""
    os.set_inheritable(listener.fileno(), True)
    command = [sys.executable, *arguments, "--inherited-socket", str(listener.fileno()), "--parent", str(os.getpid())]
    stopping: list[int] = []

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, pass_fds=[listener.fileno()])

    def stop(sig: int, frame: FrameType | None) -> None:
        stopping.append(sig)
        for process in processes:
            process.send_signal(sig)

    processes = [start() for _ in range(workers)]
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while any(process.poll() is None for process in processes) or not stopping:
        time.sleep(0.2)
        for index, process in enumerate(processes):
            if process.poll() is not None and not stopping:
                log.error("process %d ended with %s; starting another", process.pid, process.returncode)
                time.sleep(RESTART_SECONDS)
                if stopping:
                    break
                processes[index] = start()
                if stopping:  # the signal came while it was being made
                    processes[index].send_signal(stopping[-1])
