"""From a vendor's stream to an alert: a real hub and socket, and a recogniser that says what it is told to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.browser.caller import Caller
from tests.ingest.conftest import Api, wait_until
from tests.server import HubServer
from tests.webhook_receiver import receiver

SCRIPT = [
    {"start_ms": 1000, "end_ms": 2000, "text": "i want to close my"},
    {"start_ms": 2600, "end_ms": 3200, "text": "account today"},
]


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    environment = {
        "HUB_CALL_GRACE_SECONDS": "2",
        "HUB_RECOGNIZER": "scripted",
        "HUB_RECOGNIZER_OPTIONS": json.dumps({"scripted": {"script": SCRIPT}}),
    }
    with HubServer(environment=environment) as server:
        yield server


class Follower:
    """A socket of the hub's, and what it told of alerts and segments so far, by id."""

    def __init__(self, api: Api, path: str) -> None:
        url = api.url.replace("http", "ws", 1)
        headers = {"Authorization": f"Bearer {api.key}"}
        self.socket = connect(f"{url}/ws/{path}", additional_headers=headers, open_timeout=20)
        self.alerts: dict[str, Any] = {}
        self.segments: dict[str, Any] = {}

    def __enter__(self) -> Follower:
        self.socket.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.socket.__exit__(*error)

    def read(self, timeout: float) -> None:
        message = json.loads(self.socket.recv(timeout=timeout))
        for event in message.get("events", [message]):
            told = [event["alert"]] if event["type"] == "alert" else event.get("alerts", [])
            for entry in event.get("calls", []):
                told += entry["call"]["alerts"]
            self.alerts |= {alert["id"]: alert for alert in told}
            said = [event["segment"]] if event["type"] == "segment.final" else event.get("segments", [])
            self.segments |= {segment["id"]: segment for segment in said}

    def until(self, look: Callable[[Follower], Any], seconds: float = 40) -> Any:
        """What `look` sees once it sees something."""
        deadline = time.monotonic() + seconds
        while not (seen := look(self)):
            self.read(max(0.1, deadline - time.monotonic()))
        return seen

    def alert(self, name: str) -> Any:
        return self.until(lambda told: next((a for a in told.alerts.values() if a["name"] == name), None))


def test_words_and_silence_of_a_live_call_raise_alerts(hub: HubServer, api: Api) -> None:
    words = {"name": "Leaving", "kind": "phrase", "expression": '"close my account"', "track": "customer"}
    leaving = api.post("alert-rules/", words)
    quiet = api.post("alert-rules/", {"name": "Quiet", "kind": "silence", "threshold": 5})
    api.post("alert-rules/", {**words, "name": "Off", "enabled": False})
    with receiver() as there, Follower(api, "dashboard/") as wall:
        hook = api.post("webhooks/", {"url": there.url, "events": ["alert"]})
        with Caller(hub, "alerting"):
            call = api.call("alerting")
            with Follower(api, f"calls/{call['id']}/") as page:
                first, second = page.alert("Leaving"), page.alert("Quiet")
                said = page.segments[first["segmentId"]]
            assert (first["rule"], first["kind"], first["text"]) == (leaving["id"], "phrase", "close my account")
            assert (said["text"], said["track"], said["startMs"]) == ("account today", "customer", first["atMs"])
            assert (second["rule"], second["kind"], second["endedAt"]) == (quiet["id"], "silence", None)
            assert second["value"] >= 5 and second["atMs"] == pytest.approx(3200, abs=800)
            assert (wall.alert("Leaving"), wall.alert("Quiet")) == (first, second)
            with Follower(api, f"calls/{call['id']}/") as page:
                assert (page.alert("Quiet"), page.alert("Leaving")) == (second, first)
                status, _ = api.request("POST", f"calls/{call['id']}/alerts/{first['id']}/acknowledge/", {})
                assert status == 200
                page.until(lambda told: told.alerts[first["id"]]["acknowledgedAt"])
            shown = api.get(f"calls/{call['id']}/")
            assert [alert["name"] for alert in shown["alerts"]] == ["Quiet", "Leaving"] and shown["alertCount"] == 2
        ended = api.wait_for("alerting", lambda found: found["state"] == "ended", 20)
        assert all(alert["endedAt"] for alert in ended["alerts"])
        wait_until(lambda: len(there.came) == 2, 30)
        told = [came.verified(hook["secret"]) for came in there.came]
    assert [body["data"]["alert"]["name"] for body in told] == ["Leaving", "Quiet"]
    assert told[0]["data"]["call"]["id"] == call["id"]
    assert len(api.get("calls/?alert=any")["results"]) == 1
