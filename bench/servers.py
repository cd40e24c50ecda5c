"""The servers side by side: how each is installed, started, watched and ended."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PEERS = ROOT / "bench" / "peers"
FASTAPI_VENV = BUILD / "bench-venv"
MEDIA_BYTES = 160  # of audio in a message
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Unavailable(Exception):
    """This server can't run here, and why."""


@dataclass
class Running:
    """A server process; whatever it starts counts as it."""

    pid: int
    port: int
    folder: Path

    def family(self) -> list[int]:
        pids = [self.pid]
        for pid in pids:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    pids += map(int, children.read_text().split())
                except OSError:  # the thread has ended
                    continue
        return pids

    def cpu_seconds(self) -> float:
        ticks = 0
        for pid in self.family():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS

    def rss_bytes(self) -> int:
        return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE for pid in self.family())

    def recorded_messages(self) -> int:
        """What lies in the hub's data folder as audio, as a number of messages."""
        spools = (self.folder / "spool").rglob("*")
        return sum(path.stat().st_size for path in spools if path.is_file()) // MEDIA_BYTES


class Server:
    name: str
    label: str
    path = "/"
    records = False

    def install(self) -> None:
        """Raises Unavailable. Fetches what is missing, once."""

    def set_up(self, folder: Path, environment: dict[str, str]) -> None:
        """Before each start."""

    def command(self, port: int) -> list[str]:
        raise NotImplementedError

    @contextmanager
    def running(self, core: int | None) -> Iterator[Running]:
        """Started on `core`, ready for connections; ended, by its process id, whatever happens."""
        with TemporaryDirectory(prefix="hub-bench-") as name, socket.socket() as probe:
            folder = Path(name)
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            probe.close()
            environment = {key: value for key, value in os.environ.items() if not key.startswith("HUB_")}
            for key in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE"):
                environment.pop(key, None)
            environment |= {"HUB_DATA_DIR": name, "HUB_RECOGNIZER": "off", "HUB_LOG_LEVEL": "WARNING"}
            self.set_up(folder, environment)
            log_path = folder / "server.log"
            with open(log_path, "wb") as log:
                process = subprocess.Popen(
                    self.command(port), cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            try:
                if core is not None:
                    os.sched_setaffinity(process.pid, {core})  # its first thread has no others yet
                self._wait(process, port, log_path)
                yield Running(process.pid, port, folder)
            finally:
                end(process)

    def _wait(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{self.label} did not start:\n{log.read_text(errors='replace')}")


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Hub(Server):
    name, label = "hub", "Call Hub"
    records = True

    template: TemporaryDirectory[str] | None = None

    def set_up(self, folder: Path, environment: dict[str, str]) -> None:
        """A copy of a data folder with a database and one profile."""
        if self.template is None:
            self.template = TemporaryDirectory(prefix="hub-bench-template-")
            self.fill({**environment, "HUB_DATA_DIR": self.template.name})
        shutil.copytree(self.template.name, folder, dirs_exist_ok=True)

    def fill(self, environment: dict[str, str]) -> None:
        profile = (
            "from calls.models import StreamingProfile; from calls.services.profiles import save_profile; "
            "save_profile(StreamingProfile(name='Bench', product_id='1234'))"
        )
        for arguments in (["migrate", "--verbosity", "0"], ["shell", "--no-imports", "-c", profile]):
            command = [sys.executable, "manage.py", *arguments]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)

    def command(self, port: int) -> list[str]:
        return [sys.executable, "manage.py", "serve", "--port", str(port)]


class Node(Server):
    name, label = "node", "Node, ws"

    def install(self) -> None:
        folder = PEERS / "node"
        if shutil.which("node") is None or shutil.which("npm") is None:
            raise Unavailable("node and npm are not installed")
        if not (folder / "node_modules" / "ws").exists():
            print("Installing the Node peer …", flush=True)
            run(["npm", "ci", "--no-audit", "--no-fund"], folder)

    def command(self, port: int) -> list[str]:
        return ["node", str(PEERS / "node" / "server.js"), str(port)]


class FastApi(Server):
    name, label = "fastapi", "FastAPI, uvicorn, json"

    def install(self) -> None:
        requirements = ROOT / "bench" / "requirements.txt"
        version = hashlib.sha256(requirements.read_bytes()).hexdigest()
        stamp = FASTAPI_VENV / "installed"
        if stamp.exists() and stamp.read_text() == version:
            return
        print("Installing the FastAPI peer …", flush=True)
        venv.create(FASTAPI_VENV, with_pip=True, clear=True)
        python = str(FASTAPI_VENV / "bin" / "python")
        run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(requirements)], ROOT)
        stamp.write_text(version)

    def command(self, port: int) -> list[str]:
        uvicorn = str(FASTAPI_VENV / "bin" / "uvicorn")
        return [uvicorn, "bench.peers.fastapi_app:app", "--port", str(port), "--log-level", "warning"]


class Channels(Server):
    name, label = "channels", "Channels, daphne, stock"

    def command(self, port: int) -> list[str]:
        daphne = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port)]
        return [*daphne, "bench.peers.channels_app:application"]


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


SERVERS: dict[str, Server] = {server.name: server for server in (Hub(), Node(), FastApi(), Channels())}
