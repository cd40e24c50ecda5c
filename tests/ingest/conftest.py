"""One real hub for the tests of a module, with an API key and a profile for QUEUE 1234."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.server import HubServer

MAKE_KEY = """
from calls.services.accounts import create_api_key, ensure_admin, first_admin
ensure_admin(username="admin", password="x-admin-x")
print(create_api_key(name="tests", owner=first_admin(), scope="admin")[1])
"""


class Api:
    """The hub's REST, as an integrator's program uses it."""

    def __init__(self, hub: HubServer) -> None:
        self.url = hub.url
        self.key = hub.shell(MAKE_KEY)

    def request(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def get(self, path: str) -> Any:
        status, body = self.request("GET", path)
        assert status == 200, body
        return json.loads(body)

    def post(self, path: str, body: object) -> Any:
        status, answer = self.request("POST", path, body)
        assert status == 201, answer
        return json.loads(answer)

    def call(self, call_id: str) -> Any:
        """The newest call with the vendor's id, as soon as it exists."""
        return self.wait_for(call_id, lambda call: True)

    def wait_for(self, call_id: str, condition: Callable[[Any], bool], seconds: float = 10) -> Any:
        return wait_until(
            lambda: next((c for c in self.get(f"calls/?callId={call_id}")["results"] if condition(c)), None), seconds
        )

    def recording(self, call: Any, seconds: float = 10) -> bytes:
        def ready() -> bytes | None:
            status, body = self.request("GET", f"calls/{call['id']}/recording/")
            assert status in (200, 409), body
            return body if status == 200 else None

        return wait_until(ready, seconds)


def wait_until(look: Callable[[], Any], seconds: float) -> Any:
    """What `look` sees once it sees something. Asks now and then, fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer(environment={"HUB_CALL_GRACE_SECONDS": "2"}) as server:
        yield server


@pytest.fixture(scope="module")
def api(hub: HubServer) -> Api:
    api = Api(hub)
    api.post("profiles/", {"productType": "QUEUE", "productId": 1234})
    return api


@pytest.fixture(autouse=True)
def no_unhandled_exception(hub: HubServer) -> Iterator[None]:
    """Whatever a test sends, the hub's log shows no exception."""
    yield
    assert "Traceback" not in hub.log, hub.log[hub.log.index("Traceback") :][:4000]


# The second way to run needs the servers of the second round of tests.
collect_ignore = (
    []
    if os.environ.get("REDIS_URL")
    else [
        "test_commands_between_processes.py",
        "test_listening_between_processes.py",
        "test_presence_between_processes.py",
        "test_two_processes.py",
    ]
)
