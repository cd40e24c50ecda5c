"""A hub with live calls that speak, for what people see of it: started, filled with calls, and ended."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import Load, Result, media_frames
from bench.servers import ROOT, Hub, Running

USER, PASSWORD = "bench", "wall of calls"
PEOPLE = f"""
from calls.models import User
from calls.services.accounts import create_api_key
user = User.objects.create_user({USER!r}, password={PASSWORD!r}, role="admin")
key, text = create_api_key(name="bench", owner=user, scope="read")
open({{path!r}}, "w").write(text)
"""
TICK, PARTS = 0.02, 4  # seconds of a frame, and in how many groups the calls send theirs


class LiveHub(Hub):
    """Its recogniser says a sentence on each track every `period_ms`: 8 words on average, so 7 interims and a final."""

    environment: dict[str, str]  # since it runs

    def __init__(self, period_ms: int, redis: str | None = None) -> None:
        self.period_ms, self.redis = period_ms, redis

    def set_up(self, folder: Path, environment: dict[str, str]) -> None:
        super().set_up(folder, environment)
        self.environment = environment
        environment["HUB_RECOGNIZER"] = "scripted"
        if self.redis:
            environment["REDIS_URL"] = self.redis
        environment["HUB_RECOGNIZER_OPTIONS"] = json.dumps({"scripted": {"period_ms": self.period_ms}})

    def fill(self, environment: dict[str, str]) -> None:
        super().fill(environment)
        code = PEOPLE.format(path=str(Path(environment["HUB_DATA_DIR"]) / "key"))
        subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", code], cwd=ROOT, env=environment, check=True
        )


class Calls(Load):
    """Calls that begin one after the other within `spread` seconds, so that not all speak at the same moment. A call's two
    perspectives of 20 ms go out together."""

    def talk(self, frames: list[bytes], seconds: float, spread: float) -> None:
        pairs = [frames[at] + frames[at + 1] for at in range(0, len(frames) - 1, 2)]
        calls = len(self._sockets)
        begins = [round(call * spread / calls / TICK) for call in range(calls)]
        began = time.monotonic()
        for step in range(round(seconds / TICK) * PARTS):
            time.sleep(max(0.0, began + step * TICK / PARTS - time.monotonic()))
            number, part = divmod(step, PARTS)
            for call in range(part, calls, PARTS):
                if number >= begins[call]:
                    self._send(call, pairs[number - begins[call]], self.result)

    result = Result(0)


@contextmanager
def live_calls(running: Running, calls: int, seconds: float, spread: float) -> Iterator[None]:
    """Meanwhile, a process of its own streams the calls in real time, for at most `seconds`."""
    command = [sys.executable, "-m", "bench.live_hub", str(running.port), str(calls), str(seconds), str(spread)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "open\n":
            raise RuntimeError("the calls could not be opened")
        yield
        if process.poll() is not None:
            raise RuntimeError("the calls ended before the measurement did")
    finally:
        process.kill()
        process.wait()


def api_key(running: Running) -> str:
    return (running.folder / "key").read_text()


if __name__ == "__main__":
    port, calls, seconds, spread = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    frames = media_frames(seconds)
    with Calls(port, "/", calls) as opened:
        print("open", flush=True)
        opened.talk(frames, seconds, spread)
