"""`python -m bench search`: how long a search takes on PostgreSQL, and what it costs those who write.

In a database of its own, dropped afterwards. Measured is the whole answer: key, SQL, marks, JSON or page.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from bench.search_data import DIALOGUE, OLD, fill, said_by_chance, timed, vocabulary
from bench.servers import BUILD, ROOT

LIMIT_MS = 100  # for the newest 20 with their marks
SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
HOST = "127.0.0.1:8000"

# what is asked, the query, its filters, and whether the promise is for it
CASES: list[tuple[str, str, dict[str, str], bool]] = [
    ("the most common word", "the", {}, True),
    ("a common word", "order", {}, True),
    ("several common words", "i need help please", {}, True),
    ("one or the other", "refund or payment", {}, True),
    ("with one left out", "order -the", {}, True),
    ("a phrase of each call", f'"{DIALOGUE}"', {}, True),
    ("a rare word", "abdicate", {}, True),
    ("a word never said", "zzyzx", {}, True),
    ("words never said together", f"{OLD} payment card bill", {}, True),
    ("a phrase never said", '"order card payment"', {}, True),
    ("a common word, one profile of 1 %", "order", {"profile": "Night shift"}, True),
    ("a rare word, one profile of 1 %", "payment card", {"profile": "Night shift"}, True),
    ("a common word, one day of the past", "order", {"from": "2026-01-02", "to": "2026-01-02"}, True),
    ("a word never said, one day", "zzyzx", {"from": "2026-01-02", "to": "2026-01-02"}, True),
    ("a common word, one track", "order", {"track": "customer"}, True),
    ("in 5 % of segments, none of them new", OLD, {}, False),
    ("a phrase never said, of the commonest words", '"to the to the to"', {}, False),
]


@contextmanager
def own_database(server: str) -> Iterator[str]:
    import psycopg

    name = f"hub_bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def milliseconds(work: Callable[[], object], runs: int) -> list[float]:
    """Sorted, after one run that doesn't count."""
    work()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def searches(runs: int) -> Iterator[dict[str, Any]]:
    from django.test import Client
    from rest_framework.test import APIClient

    from calls.models import StreamingProfile, User
    from calls.services.accounts import create_api_key

    user = User.objects.create_user("bench", role="admin")
    program = APIClient(HTTP_AUTHORIZATION=f"Bearer {create_api_key(name='b', owner=user, scope='read')[1]}")
    browser = Client()
    browser.force_login(user)
    ids = {profile.name: str(profile.id) for profile in StreamingProfile.objects.all()}

    def get(client: Any, path: str, query: dict[str, str]) -> Any:
        answer = client.get(path, query, HTTP_HOST=HOST)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} {query}: {answer.status_code} {answer.content[:300]!r}")
        return answer

    for name, q, filters, promised in CASES:
        query = {"q": q, **filters}
        if "profile" in query:
            query["profile"] = ids[query["profile"]]
        found = get(program, "/api/v1/search/", {**query, "limit": "20"}).json()["results"]
        asked = {
            "search": lambda: get(program, "/api/v1/search/", {**query, "limit": "20"}),  # noqa: B023
            "calls": lambda: get(program, "/api/v1/calls/", {**query, "limit": "20"}),  # noqa: B023
            "page": lambda: get(browser, "/calls/", query),  # noqa: B023
        }
        yield {
            "case": name,
            "q": q,
            "found": len(found),
            "promised": promised,
            **{what: milliseconds(work, runs) for what, work in asked.items()},
        }


def writes(batches: int) -> dict[str, dict[str, float]]:
    """Milliseconds to commit 1 segment and 200, with the search and without. Afterwards there is none."""
    from django.db import connection

    from calls.models import Segment, Stream
    from calls.services.transcripts import store_transcript

    chance = random.Random(9)
    words, weights = vocabulary(chance)
    stream = Stream.objects.latest("started_at")

    def segment() -> Segment:
        said = said_by_chance(chance, words, weights)
        segment = Segment(call_id=stream.call_id, stream=stream, track="agent", language="en", confidence=0.9)
        segment.start_ms, segment.end_ms = 0, 300 * len(said)
        segment.text, segment.words = " ".join(said), timed(said, 0)
        return segment

    def median(size: int, times: int) -> float:
        ready = iter([[segment() for _ in range(size)] for _ in range(times + 1)])
        return statistics.median(milliseconds(lambda: store_transcript(next(ready)), times))

    figures = {}
    for label in ("with", "without"):
        if label == "without":
            connection.cursor().execute("ALTER TABLE calls_segment DROP COLUMN search")
        figures[label] = {"1": median(1, 10 * batches), "200": median(200, batches)}
    return figures


def facts() -> dict[str, str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('shared_buffers'),"
            " (SELECT count(*) FROM calls_segment), (SELECT count(*) FROM calls_call),"
            " pg_size_pretty(pg_table_size('calls_segment')), pg_size_pretty(pg_relation_size('segment_search'))"
        )
        version, buffers, segments, calls, table, index = cursor.fetchone()
    return {
        "PostgreSQL": f"{version}, shared_buffers {buffers}",
        "rows": f"{segments} segments of {calls} calls, {table}; index {index}",
        "load average": f"{os.getloadavg()[0]:.1f}",
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench search", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="of each search (default: 20)")
    parser.add_argument("--segments", type=int, default=500_000, help="default: 500000")
    parser.add_argument("--server", default=os.environ.get("DATABASE_URL", SERVER), help=f"default: {SERVER}")
    options = parser.parse_args(arguments)
    if not options.server.startswith("postgres"):
        parser.error("this is about PostgreSQL: name one with --server postgresql://user@host:5432/postgres")
    for name in [name for name in os.environ if name.startswith(("HUB_", "REDIS_", "CELERY_"))]:
        del os.environ[name]
    sys.path.insert(0, str(ROOT))
    with TemporaryDirectory(prefix="hub-bench-") as folder, own_database(options.server) as url:
        os.environ |= {"DATABASE_URL": url, "HUB_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "hub.settings"}
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        try:
            call_command("migrate", verbosity=0)
            print(f"Filling a database of its own with {options.segments} segments …", flush=True)
            fill(options.segments)
            return show(options.runs)
        finally:
            connection.close()
            connection.close_pool()


def show(runs: int) -> int:
    described = facts()
    for key, value in described.items():
        print(f"{key:13} {value}")
    print(f"\nmilliseconds, median (slowest) of {runs}   {'search/':>16}{'calls/?q=':>16}{'the page':>16}")
    results, too_slow = [], []
    for result in searches(runs):
        results.append(result)
        cells = (
            f"{statistics.median(result[what]):.0f} ({result[what][-1]:.0f})" for what in ("search", "calls", "page")
        )
        print(f"  {result['case']:44}" + "".join(f"{cell:>16}" for cell in cells), flush=True)
        if result["promised"] and statistics.median(result["search"]) > LIMIT_MS:
            too_slow.append(result["case"])
    cost = writes(max(2, runs * 2))
    print(f"\nmilliseconds to commit{'1 segment':>14}{'200':>8}")
    for label, sizes in cost.items():
        print(f"  {label + ' the search':20}{sizes['1']:14.2f}{sizes['200']:8.1f}")
    BUILD.mkdir(exist_ok=True)
    path = BUILD / "bench-search.json"
    path.write_text(json.dumps({"about": described, "searches": results, "writes": cost}, indent=1))
    print(
        f"\n{'FAIL' if too_slow else 'pass'}  the newest 20 in at most {LIMIT_MS} ms"
        + "".join(f"; not {c}" for c in too_slow)
    )
    print(f"All figures: {path}")
    return 1 if too_slow else 0
