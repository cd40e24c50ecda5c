"""The text console over real sockets of a real hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.server import HubServer

MENU = """
nodes:
  main:
    say: Sales or support?
    listen: 30
    choices:
      sales: {key: 1, go: fallback}
      support: {key: 2, go: code}
  code:
    say: Your code?
    digits: 2
    go: bye
  bye:
    say: I have {digits}. Goodbye.
    hangup:
"""
NOBODY = "01939f9e-0000-7000-8000-000000000000"
KEYS = """
from calls.models import User
from calls.models.accounts import Role
from calls.services.accounts import create_api_key
for role in (Role.ADMIN, Role.SUPERVISOR):
    user = User.objects.create_user("test-" + role, role=role)
    print(create_api_key(name="t", owner=user, scope="admin")[1])
print(create_api_key(name="reader", owner=User.objects.get(username="test-admin"), scope="control")[1])
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.admin, server.supervisor, server.reader = server.shell(KEYS).split()  # type: ignore[attr-defined]
        yield server


@pytest.fixture(scope="module")
def bot(hub: Any) -> str:
    made = httpx2.post(
        f"{hub.url}/api/v1/bots/",
        headers={"Authorization": f"Bearer {hub.admin}"},
        json={"name": "Desk", "kind": "menu", "document": MENU},
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


class Console:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, type: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": type, **fields}))

    def until(self, last: str, **fields: Any) -> list[dict[str, Any]]:
        """All that comes up to the first message of this type with these fields."""
        seen = []
        while True:
            try:
                seen.append(json.loads(self.socket.recv(5)))
            except TimeoutError:
                raise AssertionError(f"no {last} came after {seen}") from None
            if seen[-1]["type"] == last and all(seen[-1].get(name) == value for name, value in fields.items()):
                return seen

    def turn(self, type: str, **fields: Any) -> list[str]:
        """Sends something, and returns what the bot says and does until its turn is over."""
        self.send(type, **fields)
        return [brief(message) for message in self.until("state")[:-1]]


def brief(message: dict[str, Any]) -> str:
    match message["type"]:
        case "say":
            return f"say {message['text']}"
        case "listen":
            return f"listen {message['seconds']:g}"
        case "action":
            return " ".join([message["action"], *message["params"].values()])
        case other:
            return str(other)


@pytest.fixture
def console(hub: Any, bot: str) -> Iterator[Console]:
    with open_console(hub, f"{bot}/console/", hub.admin) as socket:
        yield Console(socket)


def open_console(hub: Any, path: str, key: str) -> ClientConnection:
    return connect(f"{hub.ws_url}/ws/bots/{path}", additional_headers={"Authorization": f"Bearer {key}"})


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("supervisor", "console/", 403),
        ("reader", "console/", 403),
        ("admin", f"{NOBODY}/console/", 404),
        ("nobody", "console/", 401),
    ],
)
def test_who_may_not(hub: Any, who: str, path: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused, open_console(hub, path, getattr(hub, who, "wrong")):
        pass
    assert refused.value.response.status_code == status


def test_a_foreign_page_may_not(hub: Any) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"{hub.ws_url}/ws/bots/console/", origin="https://evil.example"),
    ):  # type: ignore[arg-type]
        pass
    assert refused.value.response.status_code == 403


def test_a_dialogue(console: Console) -> None:
    assert console.turn("start") == ["started", "say Sales or support?", "listen 30"]
    assert console.turn("text", text="the weather") == [
        "say I am sorry, I did not understand.",
        "say Sales or support?",
        "listen 30",
    ]
    assert console.turn("text", text="sup port please") == ["say Your code?", "listen 6"]
    assert console.turn("digit", digit="4") == ["listen 3"]
    console.send("digit", digit="2")
    assert [brief(message) for message in console.until("state")] == ["say I have 4 2. Goodbye.", "hangup", "state"]
    console.send("text", text="hello?")
    (error,) = console.until("error")
    assert error["code"] == "ended"


def test_state_is_told_and_survives_a_cut_line(console: Console) -> None:
    console.turn("start")
    console.send("text", text="support")
    assert console.until("state")[-1] == {"type": "state", "state": {"node": "code"}, "paused": False, "ended": False}
    assert console.turn("reconnect") == ["started", "say I am sorry, let us go on.", "say Your code?", "listen 6"]
    assert console.turn("reset") == ["started", "say Sales or support?", "listen 30"]


def test_an_unsaved_draft_of_a_saved_bot(console: Console) -> None:
    draft = MENU.replace("Sales or support?", "Hello {caller}")
    assert console.turn("start", document=draft, caller="+4912")[1] == "say Hello 4 9 1 2"
    console.send("start", document=draft.replace("listen", "lisen"))
    (error,) = console.until("error")
    assert error["code"] == "invalid" and (error["errors"][0]["line"], error["errors"][0]["column"]) == (5, 5)
    assert console.turn("text", text="sales", confidence=0.9)[-1] == "hangup"  # the try before goes on


def test_a_bot_that_was_never_saved(hub: Any) -> None:
    with open_console(hub, "console/", hub.admin) as socket:
        console = Console(socket)
        console.send("text", text="hello")
        assert console.until("error")[0]["code"] == "not_started"
        console.send("start")
        assert console.until("error")[0]["errors"][0]["field"] == "kind"
        assert console.turn("start", kind="echo", config={"greeting": "Say something."}) == [
            "started",
            "say Say something.",
            "listen 60",
        ]
        assert console.turn("text", text="one two") == ["say one two", "listen 60"]


def test_where_the_fallback_is(console: Console) -> None:
    console.turn("start", fallbackNumber="+12025550199")
    assert console.turn("digit", digit="1") == ["say Let me put you through to somebody.", "transfer +12025550199"]


def test_silence_and_typing(console: Console) -> None:
    console.turn("start", document=MENU.replace("listen: 30", "listen: 1\n    retries: 1"))
    assert console.turn("silence")[0] == "say I did not hear anything."
    assert [brief(message) for message in console.until("state")][-2] == "hangup"  # by the timer


def test_it_waits_for_whoever_wants_to_think(console: Console) -> None:
    console.turn("start", document=MENU.replace("listen: 30", "listen: 1\n    retries: 1"), waits=True)
    with pytest.raises(TimeoutError):
        console.socket.recv(1.5)
    console.send("typing")
    assert console.turn("silence")[0] == "say I did not hear anything."


def test_a_supervisor_pauses_it(console: Console) -> None:
    console.turn("start")
    console.send("pause")
    console.until("state", paused=True)
    console.send("text", text="sales")
    console.send("resume")
    assert brief(console.until("say")[-1]) == "say I am sorry, let us go on."


def test_a_bot_that_fails(hub: Any) -> None:
    with open_console(hub, "console/", hub.admin) as socket:
        console = Console(socket)
        console.send(
            "start", kind="webhook", config={"url": "https://bot.invalid/", "timeoutSeconds": 1, "farewell": "Bye."}
        )
        seen = [brief(message) for message in console.until("state")]
    assert seen == ["started", "failed", "say Bye.", "hangup", "state"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"type":"dance"}',
        '{"type":"digit","digit":"x"}',
        '{"type":"text","text":1}',
        "x" * 250_000,
    ],
    ids=["empty", "word", "list", "no type", "unknown", "no key", "number", "long"],
)
def test_what_is_no_message(console: Console, text: str) -> None:
    console.socket.send(text)
    assert console.until("error")[0]["code"] == "bad_message"
    console.send("ping")
    console.until("pong")


def test_who_sends_nothing_else_is_cut_off(console: Console) -> None:
    with pytest.raises(ConnectionClosed) as closed:
        for _ in range(30):
            console.socket.send("x")
            console.until("error")
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008


def test_nothing_was_logged(hub: Any) -> None:
    assert "Traceback" not in hub.log
