"""A vendor's half of a call over a real socket: what is sent and when comes from the vendor's folder
(`calls/vendors/simulation.py`), sockets and time are here. For `manage.py simulate`, and for the check of a profile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException

from calls.vendors.simulation import SimulatedStream

SAMPLES = settings.BASE_DIR / "calls" / "samples"
RETRY_SECONDS = 1.0
CLEAN_CLOSES = (1000, 1001)


class Report(msgspec.Struct):
    """How one stream went. `late`: seconds by which the simulator itself was behind, at worst."""

    label: str
    messages: int = 0
    late: float = 0.0
    faults: list[str] = []

    def fault(self, text: str) -> None:
        if text not in self.faults:
            self.faults.append(text)


class Refused(Exception):
    """The upgrade failed for good. `status` is the HTTP status that answered it, if any did."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


async def open_socket(stream: SimulatedStream, url: str, **how: Any) -> ClientConnection:
    """`how`: more for `websockets.connect`, such as an address that was looked up before. Raises `Refused`."""
    upgrade = stream.upgrade
    if upgrade.query:
        url += ("&" if urlsplit(url).query else "?") + upgrade.query
    for attempt in range(1, upgrade.attempts + 1):
        if attempt > 1:
            await asyncio.sleep(RETRY_SECONDS)
        try:
            return await connect(
                url, additional_headers=upgrade.headers, compression=None, ping_interval=None, proxy=None, **how
            )
        except InvalidStatus as error:
            status = error.response.status_code
            if status < 500 or attempt == upgrade.attempts:
                raise Refused(f"the hub refused the upgrade with {status} (attempt {attempt})", status) from error
        except InvalidURI as error:
            raise Refused(f"{url} is no ws:// or wss:// URL") from error
        except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
            raise Refused(f"no connection: {error or type(error).__name__}") from error
    raise AssertionError("a stream has at least one attempt")


async def converse(
    socket: ClientConnection, stream: SimulatedStream, speed: float, report: Report, tell: Callable[[str], None]
) -> None:
    """Asks the stream what to do whenever it wanted to be asked, and after every message of the hub."""
    clock = asyncio.get_running_loop().time
    started = clock()
    arriving: asyncio.Task[Any] | None = None
    try:
        while True:
            now = (clock() - started) * speed
            step = stream.poll(now)
            await send(socket, step.send)
            report.messages += len(step.send)
            for note in step.notes:
                tell(f"{report.label}: {note}")
            for undone in step.faults:
                report.fault(undone)
            if step.end == "drop":
                socket.transport.abort()
                return
            if step.end == "close":
                await socket.close()
                if socket.close_code not in CLEAN_CLOSES:
                    report.fault(f"the hub closed with {ending(socket)}")
                return
            if arriving is None:
                arriving = asyncio.ensure_future(socket.recv())
            early = None if step.wake_at is None else started + step.wake_at / speed - clock()
            if early is not None and early <= 0:
                report.late = max(report.late, -early)
                await asyncio.sleep(0)
            else:
                await asyncio.wait([arriving], timeout=early)
            while arriving is not None and arriving.done():
                message, arriving = arriving.result(), None
                if fault := stream.receive((clock() - started) * speed, message):
                    report.fault(fault)
    except ConnectionClosed:
        if fault := stream.closed((clock() - started) * speed, socket.close_code or 1006, socket.close_reason or ""):
            report.fault(fault)
    finally:
        if arriving is not None:
            arriving.cancel()


async def send(socket: ClientConnection, messages: Sequence[str | bytes]) -> None:
    """What is due together in one write: a write costs more than a message."""
    if not messages:
        return
    async with socket.send_context():
        for message in messages:
            if isinstance(message, str):
                socket.protocol.send_text(message.encode())
            else:
                socket.protocol.send_binary(message)


def ending(socket: ClientConnection) -> str:
    return f"{socket.close_code} {socket.close_reason or ''}".strip()


def max_late(reports: Sequence[Report]) -> int:
    return round(1000 * max((report.late for report in reports), default=0))
