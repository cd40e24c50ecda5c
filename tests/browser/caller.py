"""A call as RingCX streams it, from a thread: quiet audio in real time until somebody hangs up."""

from __future__ import annotations

import json
import threading
import time
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.ingest.client import FRAME, METADATA, media
from tests.server import HubServer

SILENCE = b"\xff" * FRAME
PERSPECTIVES = ("Participant", "Conference")


class Caller:
    """`with Caller(hub, "2026-7"): …` streams meanwhile. The hub's `scripted` recogniser says the words."""

    def __init__(self, hub: HubServer, call_id: str, **metadata: Any) -> None:
        self.url = hub.ws_url
        self.metadata = {**METADATA, "callId": call_id, **metadata}
        self.begun, self.over = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.talk, daemon=True)

    def __enter__(self) -> Caller:
        self.thread.start()
        assert self.begun.wait(5), "the hub took no call"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join(5)

    def talk(self) -> None:
        try:
            with connect(self.url, compression=None, ping_interval=None) as socket:
                self.stream(socket)
        except ConnectionClosed:
            pass  # the hub went away: a test restarts it

    def stream(self, socket: ClientConnection) -> None:
        socket.send(json.dumps({"event": "Connected", "protocol": "AgentSession", "version": "1.0.0"}))
        socket.send(json.dumps({"event": "Start", "metadata": self.metadata}))
        self.begun.set()
        started, number = time.monotonic(), 0
        while not self.over.wait(max(0.0, started + number * 0.02 - time.monotonic())):
            for perspective in PERSPECTIVES:
                socket.send(media(perspective, number, SILENCE))
            number += 1
        for _ in PERSPECTIVES:
            socket.send('{"event":"Stop","metadata":{"duration":1,"end_time":"2026-01-14T00:00:00Z"}}')
