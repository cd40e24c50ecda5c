"""A real hub with a recogniser that listens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingest.conftest import Api, no_unhandled_exception
from tests.server import HubServer

__all__ = ["api", "hub", "no_unhandled_exception"]


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    environment = {"HUB_RECOGNIZER": "pocketsphinx", "HUB_CALL_GRACE_SECONDS": "2"}
    with HubServer(environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def api(hub: HubServer) -> Api:
    return Api(hub)
