"""Commands that one process takes and another carries out."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.asyncio.client import connect

from tests.ingest.conftest import Api
from tests.ingest.test_commands import TOKEN, line_of
from tests.server import ROOT, HubServer, free_port


@contextmanager
def web_process(hub: HubServer) -> Iterator[str]:
    """The URL of a second process on the same database and Redis; it takes no streams."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with open(hub.data / "web.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--role", "web", "--port", str(port)],
            cwd=ROOT,
            env=hub.environment,
            stdout=log,
            stderr=log,
        )
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    urllib.request.urlopen(f"{url}/readyz", timeout=2).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline and process.poll() is None, (hub.data / "web.log").read_text()
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(20)
    assert "Traceback" not in (hub.data / "web.log").read_text()


async def test_the_process_that_holds_the_stream_sends() -> None:
    with HubServer(command=("serve", "--role", "ingest")) as hub, web_process(hub) as web:
        api = Api(hub)
        api.url = web
        api.post("profiles/", {"vendor": "ringover", "name": "Line", "secret": TOKEN})
        async with connect(f"{hub.ws_url}/ws/ringover/{TOKEN}/", ping_interval=None) as socket:
            line = await line_of(socket, api, "between")
            for number in range(1, 6):
                status, command = await line.ask(type="digits", digits=str(number))
                assert status == 202 and await line.next() == {"event": "digits", "data": number}
                await asyncio.to_thread(line.settled, command["id"], "sent")
            hub.kill()
            status, command = await line.ask(type="digits", digits="6")
            assert (status, command["state"]) == (202, "requested")
            late = await asyncio.to_thread(line.settled, command["id"], "expired")
            assert late["failedAt"] and late["sentAt"] is None and "did not answer" in late["error"]
