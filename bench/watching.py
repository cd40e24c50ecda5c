"""`python -m bench watching`: how long a segment is on its way to 50 open sockets, and whether one that stops reading
harms the others.

A segment's id says to the millisecond when it was made, which is before it was stored: what is measured from there holds
the commit as well. Each socket follows a live call; the walls beside them get their batches four times a second by
design and are told apart. Then two browsers that never read join, a wall and a call, and the same is measured again
until the hub has closed them.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from bench.live_hub import LiveHub, api_key, live_calls
from bench.servers import BUILD, ROOT, Running, end
from bench.wall import percentile

CALLS, SOCKETS, WALLS = 50, 50, 5
PERIOD_MS = 2000
LIMIT_MS = 250  # at the 99th percentile
STUCK_SECONDS = 240.0  # until which the stuck ones must have been closed


class Times:
    """Milliseconds from a segment's making to its arrival, of calls' sockets and of walls."""

    def __init__(self) -> None:
        self.calls: list[float] = []
        self.walls: list[float] = []

    def told(self, calls: int, seconds: float) -> dict[str, float]:
        if not self.calls or not self.walls:
            raise RuntimeError("nothing was received")
        return {
            "segmentsASecond": len(self.calls) / seconds,
            "p50": percentile(self.calls, 0.5),
            "p99": percentile(self.calls, 0.99),
            "slowest": max(self.calls),
            "wallP99": percentile(self.walls, 0.99),
        }


class Watchers:
    """The sockets that read, in one event loop, spread over the ports of the hub's processes."""

    def __init__(self, ports: list[int], key: str) -> None:
        self.ports, self.headers = ports, {"Authorization": f"Bearer {key}"}
        self.times = Times()
        self.lost = 0

    async def run(self, calls: list[str], sockets: int, walls: int) -> None:
        paths = [f"/ws/calls/{calls[number % len(calls)]}/" for number in range(sockets)]
        async with asyncio.TaskGroup() as group:
            for number, path in enumerate([*paths, *["/ws/dashboard/"] * walls]):
                group.create_task(self.follow(self.ports[number % len(self.ports)], path))

    async def follow(self, port: int, path: str) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed

        url = f"ws://127.0.0.1:{port}{path}"
        try:
            async with connect(
                url, additional_headers=self.headers, max_size=None, compression=None, max_queue=None, open_timeout=60
            ) as opened:
                async for text in opened:
                    self.read(json.loads(text), time.time() * 1000)
        except ConnectionClosed:
            pass
        self.lost += 1

    def read(self, message: Any, now: float) -> None:
        if message["type"] == "segment.final":
            self.times.calls.append(now - made_at(message))
        elif message["type"] == "batch":
            self.times.walls += [
                now - made_at(event) for event in message["events"] if event["type"] == "segment.final"
            ]


def made_at(event: Any) -> float:
    """Milliseconds, from the id of version 7."""
    return float(UUID(event["segment"]["id"]).int >> 80)


class Stuck:
    """A browser that reads nothing any more. What it sends, a ping now and then, tells it whether it is still open."""

    def __init__(self, port: int, key: str, path: str) -> None:
        self.path = path
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        nonce = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
        )
        if not self.socket.recv(12).endswith(b"101"):
            raise RuntimeError(f"{path} was refused")
        self.socket.setblocking(False)

    def is_closed(self) -> bool:
        payload = b'{"type":"ping"}'
        try:
            self.socket.send(bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return False


@contextmanager
def second_process(running: Running, hub: LiveHub) -> Iterator[int]:
    """The port of another process of the same hub, which serves people only."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "serve", "--port", str(port), "--role", "web"]
    process = subprocess.Popen(command, cwd=ROOT, env=hub.environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError("the second process did not start") from None
                time.sleep(0.2)
        yield port
    finally:
        end(process)


def live_call_ids(running: Running, key: str, wanted: int) -> list[str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{running.port}/api/v1/calls/?state=live&limit=100",
        headers={"Authorization": f"Bearer {key}"},
    )
    deadline = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = [call["id"] for call in json.load(answer)["results"]]
        if len(found) >= min(wanted, 100):
            return found
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {len(found)} of {wanted} calls are live")
        time.sleep(0.5)


async def watch(running: Running, ports: list[int], options: argparse.Namespace) -> dict[str, Any]:
    key = api_key(running)
    calls = await asyncio.to_thread(live_call_ids, running, key, options.calls)
    watchers = Watchers(ports, key)
    task = asyncio.create_task(watchers.run(calls, options.sockets, WALLS))
    await asyncio.sleep(5)

    async def stretch(seconds: float) -> dict[str, float]:
        watchers.times = Times()
        await asyncio.sleep(seconds)
        return watchers.times.told(options.calls, seconds)

    figures: dict[str, Any] = {"alone": await stretch(options.seconds)}
    show("all read", figures["alone"])
    before = running.rss_bytes()
    stuck = [Stuck(ports[-1], key, "/ws/dashboard/"), Stuck(ports[-1], key, f"/ws/calls/{calls[0]}/")]
    began, closed, largest = time.monotonic(), {}, before
    watchers.times = Times()
    while time.monotonic() - began < options.seconds or (
        len(closed) < len(stuck) and time.monotonic() - began < STUCK_SECONDS
    ):
        await asyncio.sleep(1.1)
        for each in stuck:
            if each.path not in closed and each.is_closed():
                closed[each.path] = time.monotonic() - began
        largest = max(largest, running.rss_bytes())
    figures["besideStuck"] = watchers.times.told(options.calls, time.monotonic() - began)
    show("beside two that don't", figures["besideStuck"])
    figures["stuckClosedAfter"] = {("wall" if "dashboard" in path else "call"): after for path, after in closed.items()}
    figures["memoryGrewMiB"] = (largest - before) / 2**20
    figures["lost"] = watchers.lost
    task.cancel()
    await asyncio.wait([task])
    return figures


def show(label: str, found: dict[str, float]) -> None:
    print(
        f"{label:22} {found['segmentsASecond']:6.0f} received a second; ms: {found['p50']:.0f} median,"
        f" {found['p99']:.0f} p99, {found['slowest']:.0f} slowest; walls {found['wallP99']:.0f} p99",
        flush=True,
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench watching", description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS, help=f"default: {CALLS}")
    parser.add_argument("--sockets", type=int, default=SOCKETS, help=f"default: {SOCKETS}")
    parser.add_argument("--seconds", type=float, default=30, help="of each measurement (default: 30)")
    parser.add_argument("--redis", metavar="URL", help="two processes: one takes the calls, people are at both")
    options = parser.parse_args(arguments)
    print(f"load average  {os.getloadavg()[0]:.1f} at the start", flush=True)
    hub = LiveHub(PERIOD_MS, redis=options.redis)
    lasts = 2 * options.seconds + STUCK_SECONDS + 120
    with hub.running(None) as running, live_calls(running, options.calls, lasts, PERIOD_MS / 1000):
        if options.redis:
            with second_process(running, hub) as port:
                figures = asyncio.run(watch(running, [running.port, port], options))
        else:
            figures = asyncio.run(watch(running, [running.port], options))
    closed = figures["stuckClosedAfter"]
    told = ", ".join(f"the {name} after {after:.0f} s" for name, after in closed.items()) or "none"
    print(f"closed: {told}; memory grew by {figures['memoryGrewMiB']:.0f} MiB at most")
    checks = [
        (f"stored to received at most {LIMIT_MS} ms at p99", figures["alone"]["p99"] <= LIMIT_MS),
        ("the same beside browsers that do not read", figures["besideStuck"]["p99"] <= LIMIT_MS),
        ("no socket that reads was lost", figures["lost"] == 0),
        ("the wall that does not read was closed", "wall" in closed),
    ]
    for text, holds in checks:
        print(f"{'pass' if holds else 'FAIL'}  {text}")
    BUILD.mkdir(exist_ok=True)
    path = BUILD / "bench-watching.json"
    path.write_text(json.dumps({"options": vars(options), **figures}, indent=1))
    print(f"All figures: {path}")
    return 0 if all(holds for _, holds in checks) else 1
