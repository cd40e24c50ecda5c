"""A real hub for tests: `manage.py serve` in a process of its own, with data and a database of its own."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
DATABASE_URL = os.environ.get("DATABASE_URL", "")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def on_postgres(database_url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(named(database_url, "postgres"), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def named(database_url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))


def migrate(**environment: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, timeout=120)


@contextmanager
def migrated(database_url: str) -> Iterator[str]:
    """A database with all tables, of which copies are made: its name on PostgreSQL, else a file of SQLite."""
    if database_url.startswith("postgres"):
        name = f"hub_template_{secrets.token_hex(6)}"
        on_postgres(database_url, f"CREATE DATABASE {name}")
        try:
            migrate(DATABASE_URL=named(database_url, name))
            yield name
        finally:
            on_postgres(database_url, f"DROP DATABASE {name} WITH (FORCE)")
        return
    with tempfile.TemporaryDirectory(prefix="hub-template-") as folder:
        file = Path(folder, "hub.sqlite3")
        migrate(HUB_DATA_DIR=folder, DATABASE_URL=f"sqlite:///{file}")
        with contextlib.closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield str(file)


@cache
def template() -> str:
    """What `migrated` yields: of the whole test run (`tests/run.py`), else of this process, at whose end it goes."""
    if given := os.environ.get("TESTS_TEMPLATE"):
        return given
    made = contextlib.ExitStack()
    atexit.register(made.close)
    return made.enter_context(migrated(DATABASE_URL))


class HubServer:
    """`with HubServer() as hub:` serves; `hub.manage(...)` runs a management command on the same data.

    The database is that of the test run: SQLite in the hub's own folder, or a new database on its PostgreSQL; a copy of
    one that is migrated once. Redis is used where the test run has one.
    """

    def __init__(self, *, environment: Mapping[str, str] | None = None, command: tuple[str, ...] = ("serve",)) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="hub-test-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.command = command
        self.database = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **os.environ,
            "HUB_BIND": f"127.0.0.1:{self.port}",
            "HUB_DATA_DIR": str(self.data),
            "HUB_RECOGNIZER": "off",
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        self.environment.pop("HUB_PUBLIC_URL", None)

    def __enter__(self) -> HubServer:
        try:
            self.create_database()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.drop_database()
        shutil.rmtree(self.data, ignore_errors=True)

    @property
    def log(self) -> str:
        return (self.data / "server.log").read_text()

    def create_database(self) -> None:
        if DATABASE_URL.startswith("postgres"):
            self.database = f"hub_test_{secrets.token_hex(6)}"
            on_postgres(DATABASE_URL, f"CREATE DATABASE {self.database} TEMPLATE {template()}")
            self.environment["DATABASE_URL"] = named(DATABASE_URL, self.database)
        else:
            self.environment.pop("DATABASE_URL", None)
            shutil.copy(template(), self.data / "hub.sqlite3")

    def drop_database(self) -> None:
        if self.database:
            on_postgres(DATABASE_URL, f"DROP DATABASE {self.database} WITH (FORCE)")

    def manage(self, *arguments: str, check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert not check or done.returncode == 0, f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    def shell(self, code: str) -> str:
        """What `code` prints, run with Django set up on the hub's database."""
        return self.manage("shell", "--no-imports", "-c", code).stdout.strip()

    def start(self) -> None:
        with open(self.data / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", *self.command], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                    return
            except OSError:
                assert self.process.poll() is None, f"the hub ended at its start:\n{self.log}"
                time.sleep(0.1)
        raise AssertionError(f"the hub did not get ready:\n{self.log}")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self, timeout: float = 20) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the hub did not end when asked to:\n{self.log[-3000:]}") from None
