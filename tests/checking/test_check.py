"""A profile's check against a real hub: its own sockets, its own recogniser, its own address."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.ingest.conftest import Api, wait_until
from tests.server import HubServer

PROFILES: dict[str, dict[str, Any]] = {
    "ringcx": {"productType": "QUEUE", "productId": "1234", "secret": "a secret of ours", "secretCheck": "enforce"},
    "ringcx in messages": {
        "productType": "QUEUE",
        "productId": "1235",
        "secret": "a secret of ours",
        "secretCheck": "enforce",
        "options": {"secretIn": "message"},
    },
    "ringover": {"vendor": "ringover", "options": {"sampleRate": 16000}},
    "audiocodes": {"vendor": "audiocodes", "secret": "a secret of ours"},
}


def check(api: Api, profile: Any) -> Any:
    """All of a check, told at its end."""
    request = urllib.request.Request(
        f"{api.url}/api/v1/profiles/{profile['id']}/check/",
        method="POST",
        headers={"Authorization": f"Bearer {api.key}"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def followed(api: Api, profile: Any) -> list[Any]:
    """A check line by line, as it was told."""
    request = urllib.request.Request(
        f"{api.url}/api/v1/profiles/{profile['id']}/check/",
        method="POST",
        headers={"Authorization": f"Bearer {api.key}", "Accept": "application/x-ndjson"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.headers["Content-Type"] == "application/x-ndjson"
        return [json.loads(line) for line in response]


def states(check: Any) -> dict[str, str]:
    return {step["name"]: step["state"] for step in check["steps"]}


def step(check: Any, name: str) -> Any:
    return next(step for step in check["steps"] if step["name"] == name)


@pytest.mark.parametrize("vendor", PROFILES)
def test_a_call_reaches_the_hub_and_is_heard(api: Api, vendor: str) -> None:
    profile = api.post("profiles/", {"name": vendor, "language": "en-US", **PROFILES[vendor]})
    lines = followed(api, profile)
    first, last = lines[0], lines[-1]
    assert first["state"] == "running" and len(lines) > 3
    assert set(states(last).values()) == {"ok", "warning"}, last
    assert last["state"] == "warned"  # the address is this machine's
    assert "no vendor can reach" in step(last, "resolve")["detail"]
    words = [word for said in last["said"] for word in said["words"]]
    assert sum(word["heard"] for word in words) > len(words) / 2, last["said"]
    assert ("agent" in [said["track"] for said in last["said"]]) == vendor.startswith("ringcx")
    assert all(isinstance(one["ms"], int) for one in last["steps"])

    call = api.get(f"calls/{last['call']}/")
    assert (call["direction"], call["profile"], call["state"]) == ("test", profile["id"], "ended")
    assert call["callId"] not in [other["callId"] for other in api.get("calls/")["results"]]
    assert [other["id"] for other in api.get(f"calls/?callId={call['callId']}")["results"]] == [call["id"]]
    assert api.recording(call)[:4] == b"RIFF"
    assert api.get(f"profiles/{profile['id']}/checks/")["results"] == [last]
    assert api.get(f"profiles/{profile['id']}/checks/{last['id']}/") == last
    assert api.get("refused-streams/")["results"] == []
    audited = api.get("audit/?action=profile.check")["results"][0]
    assert audited["detail"] == {"profile": profile["id"]}


def test_one_at_a_time_and_it_goes_on_without_its_page(hub: HubServer, api: Api) -> None:
    profile = api.post("profiles/", {"name": "Left alone", "productType": "QUEUE", "productId": "77"})
    with socket.create_connection(("127.0.0.1", hub.port)) as browser:
        path = f"/api/v1/profiles/{profile['id']}/check/"
        browser.sendall(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{hub.port}\r\nAuthorization: Bearer {api.key}\r\n"
            "Accept: application/x-ndjson\r\nContent-Length: 0\r\n\r\n".encode()
        )
        assert b"200 OK" in browser.recv(1000)
        status, body = api.request("POST", f"profiles/{profile['id']}/check/")
        assert status == 409 and json.loads(body)["code"] == "check_running"
    done = wait_until(
        lambda: next(
            (row for row in api.get(f"profiles/{profile['id']}/checks/")["results"] if row["state"] != "running"), None
        ),
        40,
    )
    assert done["state"] == "warned" and states(done)["transcript"] == "ok"


def test_a_profile_that_is_off_says_so(api: Api) -> None:
    profile = api.post("profiles/", {"name": "Off", "productType": "QUEUE", "productId": "78", "enabled": False})
    told = check(api, profile)
    assert told["state"] == "failed" and told["call"] is None
    assert states(told) == {"resolve": "failed"} | dict.fromkeys(list(states(told))[1:], "skipped")
    assert step(told, "resolve")["advice"] == "Switch it on and save."


def test_an_address_that_does_not_exist(api: Api) -> None:
    profile = api.post("profiles/", {"productType": "QUEUE", "productId": "79", "streamingUrl": "wss://hub.invalid"})
    failed = step(check(api, profile), "resolve")
    assert failed["state"] == "failed" and "hub.invalid is not known" in failed["detail"] and failed["advice"]


class Stranger(ThreadingHTTPServer):
    """Something at an address that is no hub."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), StrangerHandler)
        self.status = 200


class StrangerHandler(BaseHTTPRequestHandler):
    server: Stranger
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None: ...


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    with Stranger() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def misled(stranger: Stranger) -> Iterator[tuple[Api, Any]]:
    """A hub whose public URL leads to the stranger, and a profile of it."""
    hub = HubServer()
    hub.environment["HUB_PUBLIC_URL"] = f"http://127.0.0.1:{stranger.server_port}"
    with hub:
        api = Api(hub)
        yield api, api.post("profiles/", {"productType": "QUEUE", "productId": "1"})


@pytest.mark.parametrize(
    ("status", "told"),
    [(200, "instead of opening a WebSocket"), (403, "refused with 403"), (503, "restarting, or full")],
)
def test_somebody_else_answers(misled: tuple[Api, Any], stranger: Stranger, status: int, told: str) -> None:
    stranger.status = status
    failed = step(check(*misled), "upgrade")
    assert failed["state"] == "failed" and told in failed["detail"] and failed["advice"]


def test_nobody_answers(api: Api) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"wss://127.0.0.1:{taken.getsockname()[1]}"
        profile = api.post("profiles/", {"productType": "QUEUE", "productId": "81", "streamingUrl": address})
        failed = step(check(api, profile), "tls")
    assert failed["state"] == "failed" and "takes no connections" in failed["detail"]


def test_no_certificate(api: Api, stranger: Stranger) -> None:
    address = f"wss://127.0.0.1:{stranger.server_port}"
    profile = api.post("profiles/", {"productType": "QUEUE", "productId": "82", "streamingUrl": address})
    failed = step(check(api, profile), "tls")
    assert failed["state"] == "failed" and "No encrypted connection" in failed["detail"]


def test_a_recogniser_that_can_not_run_says_what_is_missing(api: Api) -> None:
    profile = api.post("profiles/", {"productType": "QUEUE", "productId": "83", "recognizer": "google"})
    told = check(api, profile)
    failed = step(told, "transcript")
    assert failed["state"] == "failed" and "needs the option `project`" in failed["detail"]
    assert states(told)["audio"] == "ok" and told["state"] == "failed"


def test_without_a_recogniser_there_is_nothing_to_hear(api: Api) -> None:
    profile = api.post("profiles/", {"productType": "QUEUE", "productId": "84", "recognizer": "off", "record": False})
    told = check(api, profile)
    assert states(told)["transcript"] == "skipped" and "recording" not in states(told) and told["state"] == "warned"


def test_a_bot_stays_out_of_it(hub: HubServer, api: Api) -> None:
    bot = api.post("bots/", {"name": "Echo", "kind": "echo"})
    profile = api.post("profiles/", {"vendor": "audiocodes", "slug": "answered", "bot": bot["id"]})
    told = check(api, profile)
    assert states(told)["transcript"] == "ok"
    assert api.get(f"calls/{told['call']}/transcript/")["segments"]
    assert {one["track"] for one in api.get(f"calls/{told['call']}/transcript/")["segments"]} == {"customer"}
