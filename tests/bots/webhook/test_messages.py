"""What a webhook may answer, and how it is told what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.conversation import Act, CallFacts, End, Listen, Play, Say
from bots.webhook.messages import BadAnswer, call_shape, read_answer


def read(*actions: Any, **fields: Any) -> tuple[list[Any], str]:
    return read_answer(json.dumps({"actions": actions, **fields}).encode())


def test_every_action() -> None:
    actions, state = read(
        {"type": "say", "text": "Hello.", "language": "en-GB"},
        {"type": "play", "url": "https://files.example.com/a.wav"},
        {"type": "digits", "digits": "012*#"},
        {"type": "listen", "seconds": 4, "bargeIn": False, "speech": False},
        state={"step": [1, None]},
    )
    assert actions == [
        Say("Hello.", "en-GB"),
        Play("https://files.example.com/a.wav"),
        Act("digits", {"digits": "012*#"}),
        Listen(4.0, barge_in=False, speech=False),
    ]
    assert json.loads(state) == {"step": [1, None]}


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({"type": "transfer", "target": " +12025550123 "}, [Act("transfer", {"target": "+12025550123"}), End()]),
        ({"type": "hangup"}, [Act("hangup"), End()]),
        ({"type": "listen"}, [Listen(10.0)]),
        ({"type": "say", "text": "Hello."}, [Say("Hello."), Listen(10.0)]),
    ],
    ids=["transfer", "hangup", "listen", "say"],
)
def test_a_turn_ends_or_listens(last: dict[str, Any], expected: list[Any]) -> None:
    assert read(last)[0] == expected


def test_nothing_to_say_is_listening() -> None:
    assert read_answer(b"{}") == ([Listen(10.0)], "null")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not an empty body"),
        (b"<html>", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"state": ' + b"[" * 60_000, "recursion"),
        (b'{"state": "\xff"}', "utf-8"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"action": []}', "unknown field `action`"),
        (b'{"actions": {}}', r"\$\.actions"),
        (b'{"actions": [{"text": "hi"}]}', r"missing required field `type` - at `\$\.actions\[0\]`"),
        (b'{"actions": [{"type": "sing"}]}', r"Invalid value 'sing' - at `\$\.actions\[0\]\.type`"),
        (b'{"actions": [{"type": "say"}]}', "missing required field `text`"),
        (b'{"actions": [{"type": "say", "text": 5}]}', r"got `int` - at `\$\.actions\[0\]\.text`"),
        (b'{"actions": [{"type": "say", "text": " "}]}', r"1 to 2000 characters - at `\$\.actions\[0\]\.text`"),
        (b'{"actions": [{"type": "say", "text": "hi", "loud": true}]}', "unknown field `loud`"),
        (b'{"actions": [{"type": "play", "url": "file:///etc/passwd"}]}', "http:// or https:// URL"),
        (b'{"actions": [{"type": "transfer", "target": ""}]}', r"\$\.actions\[0\]\.target"),
        (b'{"actions": [{"type": "digits", "digits": "12a"}]}', "0-9"),
        (b'{"actions": [{"type": "listen", "seconds": 1000}]}', "0.5 to 120"),
        (b'{"actions": [{"type": "hangup"}, {"type": "say", "text": "hi"}]}', r"nothing behind 'hangup'.*\[1\]"),
        (b'{"actions": [{"type": "listen"}, {"type": "listen"}]}', "nothing behind 'listen'"),
        (json.dumps({"actions": [{"type": "say", "text": "hi"}] * 21}).encode(), "at most 20 actions"),
        (json.dumps({"state": "x" * 20_000}).encode(), "at most 16 KB"),
    ],
    ids=[str(number) for number in range(22)],
)
def test_what_is_wrong_is_said_with_its_place(body: bytes, complaint: str) -> None:
    with pytest.raises(BadAnswer, match=complaint):
        read_answer(body)


def test_a_call_without_numbers() -> None:
    assert call_shape(CallFacts(call_id="1", vendor="ringover"), "fr-FR") == {
        "id": "1",
        "vendor": "ringover",
        "from": None,
        "to": None,
        "language": "fr-FR",
    }
