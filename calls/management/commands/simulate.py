"""Behaves as a vendor does, against any hub, and says whether the hub behaved as that vendor needs.

What is sent and when comes from the vendor's folder (`calls/vendors/simulation.py`); sockets and time are in
`calls/simulating.py`.
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

import uvloop
from django.core.management.base import BaseCommand, CommandError, CommandParser

from calls.simulating import SAMPLES, Refused, Report, converse, max_late, open_socket
from calls.vendors import VENDORS
from calls.vendors.simulation import SimulatedCall, SimulatedStream, Simulator, count
from calls.vendors.wav import be_silent, fit, read_wav

SILENT_SECONDS = 10.0
HEARD_RATE = 16000
STAGGER_SECONDS = 0.013  # between the starts of calls; no multiple of a frame, so that their frames don't fall together


class Command(BaseCommand):
    help = "Behave as a vendor does, against any hub. Exit status 0 only if the hub behaved."
    requires_system_checks = ()  # the hub in question runs elsewhere

    def add_arguments(self, parser: CommandParser) -> None:
        vendors = parser.add_subparsers(dest="vendor", metavar="VENDOR", required=True)
        for vendor in VENDORS.values():
            own = vendors.add_parser(vendor.name, help=vendor.label)
            add_common_arguments(own, vendor.simulator)
            vendor.simulator.add_arguments(own)

    def handle(self, *args: Any, **given: Any) -> None:
        self.quiet = given["quiet"]
        options = argparse.Namespace(**given)
        simulator = VENDORS[options.vendor].simulator
        try:
            agent, customer = read_tracks(simulator, options)
            calls = simulator.make_calls(options, agent, customer, datetime.datetime.now(datetime.UTC))
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        url = full_url(options.url, simulator.path.format_map(given))
        try:
            reports = uvloop.run(self.play(calls, url, options.speed))
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=130) from None
        finally:
            if simulator.hears and options.heard:
                write_heard(calls, options.heard)
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
            await asyncio.sleep(stream.upgrade.wait / speed)
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
        try:
            await converse(socket, stream, speed, report, self.say)
        finally:
            await socket.close()


def add_common_arguments(parser: argparse.ArgumentParser, simulator: Simulator) -> None:
    add = parser.add_argument
    add("--url", default="ws://127.0.0.1:8000", help="Without a path, the vendor's own is added. Default: %(default)s")
    add(
        "--audio",
        nargs="+",
        type=Path,
        metavar="WAV",
        help="The customer's side, or the agent's and the customer's; mono, 16-bit PCM or mu-law. What a vendor doesn't "
        f"stream is left out. Default: {'silence' if simulator.silent else 'the samples that come with the hub'}.",
    )
    add("--seconds", type=positive, help="Cut or repeat the audio to this length; of silence, 10.")
    add("--calls", type=count, default=1, metavar="N", help="At the same time.")
    add("--speed", type=positive, default=1.0, help="1 is real time.")
    add("--quiet", action="store_true", help="Print faults only.")
    if simulator.hears:
        add("--heard", type=Path, metavar="WAV", help="Write what the caller heard; with --calls, one file a call.")


def read_tracks(simulator: Simulator, options: argparse.Namespace) -> list[bytes]:
    """The agent's audio and the customer's, at one length. Raises OSError and ValueError."""
    audio = simulator.audio(options)
    if options.audio is None and simulator.silent:
        return [be_silent(audio, options.seconds or SILENT_SECONDS)] * 2
    paths = options.audio or [SAMPLES / "agent.wav", SAMPLES / "customer.wav"]
    if len(paths) > 2:
        raise ValueError(f"--audio takes one file or two, not {len(paths)}")
    tracks = [read_wav(path.read_bytes(), path.name, audio) for path in paths]
    return fit([b"", *tracks][-2:], audio, options.seconds)


def full_url(url: str, path: str) -> str:
    """The vendor's address at a hub, where `url` names only the hub."""
    parts = urlsplit(url)
    return url if parts.path.strip("/") else parts._replace(path=path).geturl()


def write_heard(calls: Sequence[SimulatedCall], path: Path) -> None:
    for number, call in enumerate(calls, start=1):
        assert call.heard is not None
        place = path if len(calls) == 1 else path.with_stem(f"{path.stem}-{number}")
        place.write_bytes(call.heard.wav(HEARD_RATE))


def positive(text: str) -> float:
    if not 0 < (number := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return number
