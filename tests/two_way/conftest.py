"""One real hub for the tests of a module, with bots and profiles made through its API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.ingest.conftest import Api
from tests.server import HubServer


@pytest.fixture(scope="module")
def recognizer() -> str:
    """Overridden where speech is to be understood."""
    return "off"


@pytest.fixture(scope="module")
def hub(recognizer: str) -> Iterator[HubServer]:
    environment = {"HUB_CALL_GRACE_SECONDS": "2", "HUB_RECOGNIZER": recognizer}
    with HubServer(environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def api(hub: HubServer) -> Api:
    return Api(hub)


@pytest.fixture(scope="module")
def echo(api: Api) -> str:
    """The id of a bot that gives the caller's voice back."""
    bot = api.post("bots/", {"name": "Echo", "kind": "echo", "config": {"delayMs": 500}})
    return str(bot["id"])


MakeProfile = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def make_profile(api: Api, hub: HubServer) -> MakeProfile:
    """Makes a profile and returns it; `socket` in it is the address that the vendor would be given."""

    def make(vendor: str, **fields: Any) -> dict[str, Any]:
        profile = api.post("profiles/", {"vendor": vendor, "name": f"{vendor} test", **fields})
        url = profile.get("endpointUrlWithSecret") or profile["endpointUrl"]
        path = "/" + url.split("://", 1)[1].partition("/")[2]
        return {**profile, "socket": hub.ws_url + path}

    return make


@pytest.fixture(autouse=True)
def no_unhandled_exception(hub: HubServer) -> Iterator[None]:
    yield
    assert "Traceback" not in hub.log, hub.log[hub.log.index("Traceback") :][:4000]
