"""The browser sockets on the real server: refusals keep their status, keys and tickets work."""

import json
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browser.caller import Caller
from tests.browser.test_live import FIRST

NOBODY = "01939f9e-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def key(hub):
    made = "from calls.services.accounts import create_api_key; from calls.models import User; "
    return hub.shell(
        made + "print(create_api_key(name='t', owner=User.objects.get(username='supervisor'), scope='read')[1])"
    )


def post(hub, path, body, **headers):
    request = urllib.request.Request(
        f"{hub.url}/api/v1/embed/{path}/", json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/ws/dashboard/", {}, 403),
        ("/ws/dashboard/", {"Origin": "https://evil.example"}, 403),
        ("/ws/dashboard/", {"Origin": "own"}, 401),
        ("/ws/dashboard/", {"Authorization": "Bearer hub_wrong"}, 401),
        (f"/ws/calls/{NOBODY}/", {"Authorization": "own"}, 404),
        ("/ws/embed/?ticket=guess", {}, 403),
        ("/ws/nowhere/", {}, 404),
    ],
)
def test_refuses_before_the_upgrade(hub, key, path, headers, status):
    own = {"Origin": hub.url, "Authorization": f"Bearer {key}"}
    headers = {name: own[name] if value == "own" else value for name, value in headers.items()}
    with pytest.raises(InvalidStatus) as refused, connect(hub.ws_url + path, additional_headers=headers):
        pass
    assert refused.value.response.status_code == status


def test_a_program_watches_the_wall_and_a_call_with_a_key(hub, key):
    headers = {"Authorization": f"Bearer {key}"}
    with connect(f"{hub.ws_url}/ws/dashboard/", additional_headers=headers) as wall:
        assert json.loads(wall.recv(5)) == {"type": "snapshot", "calls": []}
        with Caller(hub, "socket-1", ani="5550801"):
            started = json.loads(wall.recv(5))["events"][0]
            assert (started["type"], started["call"]["from"]) == ("call.started", "5550801")
            with connect(f"{hub.ws_url}/ws/calls/{started['callId']}/", additional_headers=headers) as call:
                snapshot = json.loads(call.recv(5))
                seq, texts = snapshot["seq"], [segment["text"] for segment in snapshot["segments"]]
                while texts.count(FIRST) < 2:
                    event = json.loads(call.recv(5))
                    assert event["seq"] == seq + 1
                    seq = event["seq"]
                    if event["type"] == "segment.final":
                        texts.append(event["segment"]["text"])


def test_the_embed_s_three_steps(hub):
    session = post(hub, "sessions", {"key": hub.embed_key, "callId": "socket-2"})
    ticket = post(hub, "tickets", {}, Authorization=f"Bearer {session['token']}")["ticket"]
    with connect(f"{hub.ws_url}/ws/embed/?ticket={ticket}") as socket:
        assert json.loads(socket.recv(5)) == {"type": "waiting"}
        with Caller(hub, "socket-2"):
            assert json.loads(socket.recv(5))["call"]["callId"] == "socket-2"
