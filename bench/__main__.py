"""`make bench`: what a media message costs the hub, beside servers that do less, and what people's browsers bear. How to
read it: docs/performance.md. One part alone: `python -m bench` with `watching` (how soon a segment is in 50 browsers),
`wall`, `call_page`, or `search` (needs PostgreSQL); with options, the streams alone."""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from bench.call_page import main as call_page
from bench.load import MESSAGES_A_CALL, Load, media_frames
from bench.search import main as search
from bench.servers import BUILD, SERVERS, Running, Server, Unavailable
from bench.wall import main as wall
from bench.watching import main as watching

RATES = (4_000, 10_000, 20_000, 40_000)
LIMITED = {"channels": 4_000}  # messages a second beyond which a server is not tried
NODE_LIMIT, CHANNELS_LIMIT, MEMORY_LIMIT = 1.5, 0.2, 300  # ratios at 10 000/s and 4 000/s; KiB a call
FEW_CALLS, MANY_CALLS = 10, 210


@dataclass
class Series:
    """One server at one rate: CPU seconds per 100 000 messages of each run, and how well it kept up."""

    cpu: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)  # seconds
    rate: list[float] = field(default_factory=list)
    saturated: int = 0  # runs

    @property
    def median(self) -> float:
        return statistics.median(self.cpu)

    @property
    def kept_up(self) -> bool:
        return 2 * self.saturated < len(self.cpu)


def warm_up(calls: int) -> float:
    """Seconds until all calls have their rows and the measured stretch is streaming alone."""
    return 2 + calls / 100


@dataclass
class Bench:
    server_core: int | None
    frames: list[bytes]
    seconds: float

    def measure(self, server: Server, rate: int, series: Series) -> None:
        calls = rate // MESSAGES_A_CALL
        with server.running(self.server_core) as running, Load(running.port, server.path, calls) as load:
            marks: list[float] = []
            gc.disable()
            lead = warm_up(calls)
            result = load.stream(self.frames, lead, self.seconds, lambda: marks.append(running.cpu_seconds()))
            gc.enable()
            if server.records and not result.saturated:
                check_recording(running, round((lead + self.seconds) * rate))
        series.cpu.append((marks[1] - marks[0]) / result.sent * 100_000)
        series.p99.append(result.p99)
        series.rate.append(result.rate)
        series.saturated += result.saturated

    def rss_after(self, server: Server, calls: int, seconds: float) -> int:
        """Bytes, with that many calls open after that much audio."""
        with server.running(self.server_core) as running, Load(running.port, server.path, calls) as load:
            load.stream(self.frames, 0, seconds)
            return running.rss_bytes()


def check_recording(running: Running, sent: int) -> None:
    """A figure counts only if the audio is on disk: what waits there for the next flush is a second's worth at most."""
    time.sleep(1)
    recorded = running.recorded_messages()
    if recorded < 0.98 * sent:
        raise RuntimeError(f"the hub recorded {recorded} of {sent} messages")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each server at each rate, alternating (default: 5)")
    parser.add_argument("--seconds", type=float, default=8, help="that are measured in a run (default: 8)")
    parser.add_argument("--rates", type=int, nargs="+", default=RATES, metavar="N", help="messages a second")
    parser.add_argument("--quick", action="store_true", help="one short run each at 4 000/s and 10 000/s")
    parser.add_argument(
        "--only", nargs="+", choices=[*SERVERS, "memory"], help="these servers, or the memory of a call"
    )
    options = parser.parse_args()
    if options.quick:
        options.runs, options.seconds, options.rates = 1, 3, [rate for rate in options.rates if rate <= 10_000]
    options.only = options.only or [*SERVERS, "memory"]
    options.audio_seconds = 10 if options.quick else 30
    return options


def available(names: list[str]) -> list[Server]:
    servers = []
    for name, server in SERVERS.items():
        if name in names:
            try:
                server.install()
                servers.append(server)
            except Unavailable as reason:
                print(f"Left out: {server.label}: {reason}")
    return servers


def machine(cores: tuple[int | None, int | None]) -> dict[str, str]:
    model = next(
        (line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    described = {
        "processor": f"{model}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "cores": "server on {}, load on {}".format(*cores) if cores[0] is not None else "not pinned: one core only",
        "load average": f"{os.getloadavg()[0]:.1f} at the start",
    }
    if shutil.which("node"):
        described["node"] = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    return described


def show_rate(rate: int, table: dict[str, Series]) -> None:
    print(f"\n{rate:,} messages a second, {rate // MESSAGES_A_CALL} calls".replace(",", " "))
    print(f"  {'':24}{'CPU s per 100 000':>18}  {'(lowest to highest)':20}{'hub is':>10}{'p99 ms':>9}")
    ours = table.get("hub")
    for name, series in table.items():
        spread = f"({min(series.cpu):.2f} to {max(series.cpu):.2f})"
        ratio = f"{ours.median / series.median:.2f} ×" if ours and name != "hub" else ""
        note = "" if series.kept_up else f"  saturated, {statistics.median(series.rate):.0f}/s sent"
        p99 = statistics.median(series.p99) * 1000
        shown = f"{p99:.1f}" if math.isfinite(p99) else "–"
        print(f"  {SERVERS[name].label:24}{series.median:18.2f}  {spread:20}{ratio:>10}{shown:>9}{note}")


def targets(rates: dict[int, dict[str, Series]], memory: float | None) -> list[tuple[str, bool]]:
    """What was promised, as far as it was measured: text and whether it holds."""
    checks = []
    for rate, peer, limit, words in (
        (10_000, "node", NODE_LIMIT, "Node's"),
        (4_000, "channels", CHANNELS_LIMIT, "stock Channels'"),
    ):
        table = rates.get(rate, {})
        if "hub" in table and peer in table:
            ratio = table["hub"].median / table[peer].median
            text = f"at {rate}/s {ratio:.2f} × {words} CPU (at most {limit})"
            checks.append((text, ratio <= limit and table["hub"].kept_up))
    if memory is not None:
        checks.append((f"{memory:.0f} KiB an active call (at most {MEMORY_LIMIT})", memory <= MEMORY_LIMIT))
    return checks


def main() -> int:
    options = arguments()
    usable = sorted(os.sched_getaffinity(0))
    server_core, load_core = (usable[-1], usable[0]) if len(usable) > 1 else (None, None)
    described = machine((server_core, load_core))
    for key, value in described.items():
        print(f"{key:13} {value}")
    servers = available(options.only)
    if load_core is not None:
        os.sched_setaffinity(0, {load_core})
    longest = max(warm_up(max(options.rates) // MESSAGES_A_CALL) + options.seconds, options.audio_seconds)
    bench = Bench(server_core, media_frames(longest), options.seconds)

    rates: dict[int, dict[str, Series]] = {}
    for rate in options.rates:
        entrants = [server for server in servers if rate <= LIMITED.get(server.name, rate)]
        table = rates[rate] = {server.name: Series() for server in entrants}
        for _ in range(options.runs):
            for server in entrants:
                bench.measure(server, rate, table[server.name])
        if table:
            show_rate(rate, table)

    memory = None
    if "memory" in options.only:
        few, many = (bench.rss_after(SERVERS["hub"], calls, options.audio_seconds) for calls in (FEW_CALLS, MANY_CALLS))
        memory = (many - few) / (MANY_CALLS - FEW_CALLS) / 1024
        print(f"\nMemory: {few >> 20} MiB with {FEW_CALLS} calls, {many >> 20} MiB with {MANY_CALLS}")

    checks = targets(rates, memory)
    print()
    for text, holds in checks:
        print(f"{'pass' if holds else 'FAIL'}  {text}")
    print(f"All figures: {save(described, rates, memory, checks)}")
    return 0 if all(holds for _, holds in checks) else 1


def save(
    described: dict[str, str],
    rates: dict[int, dict[str, Series]],
    memory: float | None,
    checks: list[tuple[str, bool]],
) -> Path:
    BUILD.mkdir(exist_ok=True)
    path = BUILD / "bench.json"
    figures = {
        "measuredAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": described,
        "cpuSecondsPer100000": {
            str(rate): {
                name: {"median": series.median, "keptUp": series.kept_up, **vars(series)}
                for name, series in table.items()
            }
            for rate, table in rates.items()
        },
        "memoryKiBPerCall": memory,
        "targets": [{"target": text, "holds": holds} for text, holds in checks],
    }
    path.write_text(json.dumps(figures, indent=1))
    return path


OTHERS = {"search": search, "call_page": call_page, "wall": wall, "watching": watching}
IN_BROWSERS = ("watching", "wall", "call_page")


def everything() -> int:
    """What needs no PostgreSQL, one after the other. The highest exit status of all."""
    cores = os.sched_getaffinity(0)
    codes = [main()]
    os.sched_setaffinity(0, cores)
    for name in IN_BROWSERS:
        print(f"\n{name}", flush=True)
        if name == "watching" or find_spec("playwright"):
            codes.append(OTHERS[name]([]))
        else:
            print("Left out: Playwright is not installed (make test does that)")
    return max(codes)


def stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)  # as Ctrl-C: the servers are ended too
    try:
        if not sys.argv[1:]:
            sys.exit(everything())
        other = OTHERS.get(sys.argv[1])
        sys.exit(other(sys.argv[2:]) if other else main())
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")
        sys.exit(130)
