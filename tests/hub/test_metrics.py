"""What `/metrics` tells, and to whom."""

from __future__ import annotations

import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from django.test import RequestFactory
from prometheus_client.parser import text_string_to_metric_families

from hub.metrics import may_read
from tests.ingest.client import begin, ringcx, stop
from tests.ingest.conftest import Api, wait_until
from tests.ingest.conftest import hub as hub
from tests.server import HubServer


def read(hub: HubServer, **headers: str) -> dict[tuple[str, ...], float]:
    request = urllib.request.Request(f"{hub.url}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            (sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples
        }


async def test_a_live_call_and_a_refused_stream_are_counted(hub: HubServer) -> None:
    api = Api(hub)
    api.post("profiles/", {"productType": "QUEUE", "productId": 1234})
    assert ("callhub_streams", "ringcx") not in read(hub)
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="counted")
        api.call("counted")
        told = read(hub)
        assert told["callhub_streams", "ringcx"] == told["callhub_calls_live", "ringcx"] == 1
        assert told["callhub_streams_live",] == 1 and told["callhub_draining",] == 0
        await stop(socket)
    wait_until(lambda: ("callhub_calls_live", "ringcx") not in read(hub), 15)
    assert api.request("GET", f"calls/{uuid.uuid4()}/")[0] == 404
    told = read(hub)
    assert told["callhub_http_seconds_count", "GET", "404", "api/v1/calls/<uuid:call_id>/"] == 1
    assert told["callhub_due_work", "webhooks"] == 0


def test_strangers_learn_nothing(hub: HubServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        read(hub, **{"X-Forwarded-For": "203.0.113.7"})
    with refused.value as answer:
        assert answer.code == 401


def test_a_token_opens_it_from_anywhere_and_nothing_else_does(settings: Any) -> None:
    def request(address: str, token: str = "") -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return RequestFactory().get("/metrics", headers=headers, REMOTE_ADDR=address)

    assert may_read(request("127.0.0.1")) and not may_read(request("203.0.113.7"))
    settings.HUB_METRICS_TOKEN = "a token"
    assert may_read(request("203.0.113.7", "a token"))
    assert not may_read(request("127.0.0.1")) and not may_read(request("127.0.0.1", "another"))
