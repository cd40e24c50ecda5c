"""Behaves as a vendor does, against any hub, and says whether the hub behaved as that vendor needs.

What is sent and when comes from the vendor's folder (`calls/vendors/simulation.py`); sockets and time are here.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException

from calls.vendors import VENDORS
from calls.vendors.simulation import SimulatedCall, SimulatedStream, count
from calls.vendors.wav import fit, read_wav

SAMPLES = settings.BASE_DIR / "calls" / "samples"
RETRY_SECONDS = 1.0
STAGGER_SECONDS = 0.013  # between the starts of calls; no multiple of a frame, so that their frames don't fall together
BATCH = 50  # messages written at once when the simulator is late
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
    """The upgrade failed for good."""


class Command(BaseCommand):
    help = "Behave as a vendor does, against any hub. Exit status 0 only if the hub behaved."
    requires_system_checks = ()  # the hub in question runs elsewhere

    def add_arguments(self, parser: CommandParser) -> None:
        vendors = parser.add_subparsers(dest="vendor", metavar="VENDOR", required=True)
        for vendor in VENDORS.values():
            own = vendors.add_parser(vendor.name, help=vendor.label)
            add_common_arguments(own)
            vendor.simulator.add_arguments(own)

    def handle(self, *args: Any, **options: Any) -> None:
        self.quiet = options["quiet"]
        simulator = VENDORS[options["vendor"]].simulator
        try:
            tracks = [read_wav(path.read_bytes(), path.name, simulator.audio) for path in options["audio"]]
            agent, customer = fit(tracks, simulator.audio, options["seconds"])
            now = datetime.datetime.now(datetime.UTC)
            calls = simulator.make_calls(argparse.Namespace(**options), agent, customer, now)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        try:
            reports = uvloop.run(self.play(calls, options["url"], options["speed"]))
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=130) from None
        failed = sum(1 for report in reports if report.faults)
        if failed:
            raise CommandError(f"{failed} of {len(reports)} streams went wrong")
        self.say(f"{len(reports)} streams went well, sent at most {max_late(reports)} ms late")

    def say(self, text: str) -> None:
        if not self.quiet:
            self.stdout.write(text)

    async def play(self, calls: Sequence[SimulatedCall], url: str, speed: float) -> list[Report]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self.play_call(call, url, speed, number * STAGGER_SECONDS))
                for number, call in enumerate(calls)
            ]
        return list(itertools.chain.from_iterable(task.result() for task in tasks))

    async def play_call(self, call: SimulatedCall, url: str, speed: float, wait: float) -> list[Report]:
        await asyncio.sleep(wait)
        reports = []
        for stream in call.streams:
            report = Report(stream.label)
            reports.append(report)
            await self.play_stream(stream, url, speed, report)
            if report.faults:
                self.stderr.write(f"{report.label}: {'; '.join(report.faults)}")
            else:
                self.say(f"{report.label}: ended, {report.messages} messages, at most {max_late([report])} ms late")
        return reports

    async def play_stream(self, stream: SimulatedStream, url: str, speed: float, report: Report) -> None:
        try:
            socket = await open_socket(stream, url)
        except Refused as refused:
            report.fault(str(refused))
            return
        self.say(f"{report.label}: started")
        listener = asyncio.create_task(listen(socket, stream, report))
        try:
            await send_paced(socket, stream, speed, report)
        except ConnectionClosed:
            report.fault(f"the hub ended the stream with {ending(socket)}, before the vendor did")
        else:
            if stream.drops:
                socket.transport.abort()
            else:
                await socket.close()
                if socket.close_code not in CLEAN_CLOSES:
                    report.fault(f"the hub closed with {ending(socket)}")
        await listener


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--url", default="ws://127.0.0.1:8000/", help="Default: %(default)s")
    add(
        "--audio",
        nargs=2,
        type=Path,
        metavar=("AGENT.wav", "CUSTOMER.wav"),
        default=[SAMPLES / "agent.wav", SAMPLES / "customer.wav"],
        help="Mono, 16-bit PCM or mu-law, at the vendor's rate. Default: the samples that come with the hub.",
    )
    add("--seconds", type=positive, help="Cut or repeat the audio to this length.")
    add("--calls", type=count, default=1, metavar="N", help="At the same time.")
    add("--speed", type=positive, default=1.0, help="1 is real time.")
    add("--quiet", action="store_true", help="Print faults only.")


def positive(text: str) -> float:
    if not 0 < (number := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return number


async def open_socket(stream: SimulatedStream, url: str) -> ClientConnection:
    upgrade = stream.upgrade
    if upgrade.query:
        url += ("&" if urlsplit(url).query else "?" if urlsplit(url).path else "/?") + upgrade.query
    for attempt in range(1, upgrade.attempts + 1):
        if attempt > 1:
            await asyncio.sleep(RETRY_SECONDS)
        try:
            return await connect(
                url, additional_headers=upgrade.headers, compression=None, ping_interval=None, proxy=None
            )
        except InvalidStatus as error:
            status = error.response.status_code
            if status < 500 or attempt == upgrade.attempts:
                raise Refused(f"the hub refused the upgrade with {status} (attempt {attempt})") from error
        except InvalidURI as error:
            raise Refused(f"{url} is no ws:// or wss:// URL") from error
        except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
            raise Refused(f"no connection: {error or type(error).__name__}") from error
    raise AssertionError("a stream has at least one attempt")


async def listen(socket: ClientConnection, stream: SimulatedStream, report: Report) -> None:
    try:
        async for message in socket:
            if fault := stream.receive(message):
                report.fault(fault)
    except ConnectionClosed:
        pass  # whoever sends notices


async def send_paced(socket: ClientConnection, stream: SimulatedStream, speed: float, report: Report) -> None:
    """Sends each message when it is due, what is due together in one write: a write costs more than a message."""
    clock = asyncio.get_running_loop().time
    started = clock()
    due: list[str | bytes] = []
    for at, message in stream.messages():
        early = started + at / speed - clock()
        if due and (early > 0 or len(due) == BATCH):
            await send(socket, due)
            due.clear()
            early = started + at / speed - clock()
        if early > 0:
            await asyncio.sleep(early)
        report.late = max(report.late, -early)
        report.messages += 1
        due.append(message)
    await send(socket, due)


async def send(socket: ClientConnection, messages: Sequence[str | bytes]) -> None:
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
