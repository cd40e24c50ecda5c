"""`python -m bench wall`: what the wall of 300 live calls costs the browser that shows it.

RingCX calls over real sockets, the `scripted` recogniser, Chromium by Playwright. Measured over a minute in which somebody
goes about by keyboard: the renderer's task time (`Performance.getMetrics`), and the time from each key to the next paint
(Event Timing).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import threading
import time
from contextlib import suppress
from typing import Any

from bench.live_hub import PASSWORD, USER, LiveHub, api_key, live_calls
from bench.servers import BUILD

CALLS, UPDATES = 300, 600  # a second
PERIOD_MS = 6000
TASK_SHARE = 0.30  # 18 s of 60 s
PAINT_MS = 100  # at the 95th percentile
UNSEEN_MS = 16  # events that took less are not told
WATCH_EVENTS = f"""
    window.painted = [];
    new PerformanceObserver((list) => {{
      for (const entry of list.getEntries()) if (entry.name === "keydown") window.painted.push(entry.duration);
    }}).observe({{ type: "event", durationThreshold: {UNSEEN_MS}, buffered: false }});
"""


class Listener(threading.Thread):
    """Counts what another wall of the same calls is told."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self.port, self.key = port, key
        self.events = self.batches = self.characters = 0

    def run(self) -> None:
        from websockets.exceptions import ConnectionClosed
        from websockets.sync.client import connect

        headers = {"Authorization": f"Bearer {self.key}"}
        with (
            suppress(ConnectionClosed),
            connect(
                f"ws://127.0.0.1:{self.port}/ws/dashboard/", additional_headers=headers, max_size=None, compression=None
            ) as socket,
        ):
            for text in socket:
                message = json.loads(text)
                if message["type"] == "batch":
                    self.batches += 1
                    self.characters += len(text)
                    self.events += len(message["events"])


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(len(ordered) * share) - 1)]


def measure(calls: int, seconds: float, period_ms: int, rows: bool) -> dict[str, Any]:
    from tests.browser.chromium import chromium, sign_in

    with LiveHub(period_ms).running(None) as running:
        url = f"http://127.0.0.1:{running.port}"
        with live_calls(running, calls, seconds + 120, period_ms / 1000), chromium() as browser:
            context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="en-US")
            sign_in(context, url, USER, PASSWORD)
            page = context.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.add_init_script(WATCH_EVENTS)
            page.goto(url)
            page.locator(".card").nth(calls - 1).wait_for(state="attached", timeout=90_000)
            if rows:
                page.keyboard.press("v")
            listener = Listener(running.port, api_key(running))
            listener.start()
            page.wait_for_timeout(5000)
            devtools = context.new_cdp_session(page)
            devtools.send("Performance.enable")
            figures = stretch(page, devtools, listener, seconds)
            if errors:
                raise RuntimeError(f"the page failed: {errors[:3]}")
            return {**figures, "cards": page.locator(".card").count(), "load": os.getloadavg()[0]}


def stretch(page: Any, devtools: Any, listener: Listener, seconds: float) -> dict[str, Any]:
    def metrics() -> dict[str, float]:
        return {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}

    page.evaluate("window.painted.length = 0")
    before, events, batches, began = metrics(), listener.events, listener.batches, time.monotonic()
    pressed = 0
    while time.monotonic() - began < seconds:
        pressed += press(page, pressed)
    taken = time.monotonic() - began
    after = metrics()
    page.wait_for_timeout(200)
    painted = page.evaluate("window.painted")
    known = [*painted, *[float(UNSEEN_MS)] * max(0, pressed - len(painted))]
    names = {"task": "TaskDuration", "script": "ScriptDuration", "layout": "LayoutDuration"}
    names["style"] = "RecalcStyleDuration"
    return {
        "seconds": taken,
        "updatesASecond": (listener.events - events) / taken,
        "batchesASecond": (listener.batches - batches) / taken,
        "keys": pressed,
        "paintMs": {"p50": percentile(known, 0.5), "p95": percentile(known, 0.95), "slowest": max(known)},
        "heapMiB": after["JSHeapUsedSize"] / 2**20,
        **{f"{name}Share": (after[metric] - before[metric]) / taken for name, metric in names.items()},
    }


def press(page: Any, number: int) -> int:
    """The next keys of somebody at work: from call to call, and now and then a filter. Returns how many."""
    if number % 40 == 39:
        page.keyboard.press("/")
        for letter in "order":
            page.keyboard.press(letter)
            page.wait_for_timeout(150)
        page.keyboard.press("Escape")
        page.wait_for_timeout(400)
        return 7
    page.keyboard.press("k" if number % 5 == 4 else "j")
    page.wait_for_timeout(350)
    return 1


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench wall", description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS, help=f"default: {CALLS}")
    parser.add_argument("--seconds", type=float, default=60, help="that are measured (default: 60)")
    parser.add_argument("--period", type=int, default=PERIOD_MS, metavar="MS", help="between sentences of a track")
    parser.add_argument("--rows", action="store_true", help="as rows instead of cards")
    options = parser.parse_args(arguments)
    print(f"load average  {os.getloadavg()[0]:.1f} at the start", flush=True)
    found = measure(options.calls, options.seconds, options.period, options.rows)
    paint = found["paintMs"]
    print(
        f"{options.calls} calls, {found['updatesASecond']:.0f} updates a second in {found['batchesASecond']:.1f} batches"
    )
    parts = ", ".join(f"{name} {found[f'{name}Share'] * 60:.1f}" for name in ("script", "layout", "style"))
    print(f"seconds of task time in 60 s: {found['taskShare'] * 60:.1f} ({parts}); heap {found['heapMiB']:.0f} MiB")
    print(f"ms from key to paint: {paint['p50']:.0f} median, {paint['p95']:.0f} p95, {paint['slowest']:.0f} slowest")
    checks = [
        (f"at least {UPDATES} updates a second", options.calls < CALLS or found["updatesASecond"] >= UPDATES),
        (f"at most {TASK_SHARE * 60:.0f} s of task time in 60 s", found["taskShare"] <= TASK_SHARE),
        (f"key to paint at most {PAINT_MS} ms at p95", paint["p95"] <= PAINT_MS),
    ]
    for text, holds in checks:
        print(f"{'pass' if holds else 'FAIL'}  {text}")
    BUILD.mkdir(exist_ok=True)
    path = BUILD / "bench-wall.json"
    path.write_text(json.dumps({"options": vars(options), **found}, indent=1))
    print(f"All figures: {path}")
    return 0 if all(holds for _, holds in checks) else 1
