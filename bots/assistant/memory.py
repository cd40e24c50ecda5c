"""What an assistant remembers of a call, and how it tells the model.

A turn is what the caller said and all that the assistant did about it. Turns are whole when they are forgotten, so that
no answer of a tool is ever without its question.
"""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec

INTERRUPTED = "Not done: the caller interrupted."


class ToolCall(msgspec.Struct):
    id: str
    name: str
    arguments: dict[str, Any] | None  # None: what the model wrote is no JSON object
    result: str = INTERRUPTED  # until there is one

    def message(self) -> dict[str, Any]:
        """Always JSON: servers choke on anything else when it is sent back to them."""
        function = {"name": self.name, "arguments": json.dumps(self.arguments or {})}
        return {"id": self.id, "type": "function", "function": function}


class Step(msgspec.Struct):
    """One answer of the model: words, and what it wants done."""

    text: str = ""
    calls: list[ToolCall] = []

    def say(self, sentence: str) -> None:
        self.text = f"{self.text} {sentence}".lstrip()


class Turn(msgspec.Struct):
    caller: str = ""
    steps: list[Step] = []
    heard: str | None = None  # of a turn that the caller broke in on: the words that he got

    @property
    def said(self) -> str:
        if self.heard is not None:
            return self.heard
        return " ".join(step.text for step in self.steps if step.text)

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = [{"role": "user", "content": self.caller}] if self.caller else []
        for step in self.steps:
            text = step.text if self.heard is None else ""
            if step.calls:
                calls = [call.message() for call in step.calls]
                found.append({"role": "assistant", "content": text or None, "tool_calls": calls})
                found += [{"role": "tool", "tool_call_id": call.id, "content": call.result} for call in step.calls]
            elif text:
                found.append({"role": "assistant", "content": text})
        if self.heard:
            found.append({"role": "assistant", "content": f"{self.heard}…"})
        return found


class Memory(msgspec.Struct):
    """The state of the conversation, as it is stored."""

    turns: list[Turn] = []
    caller_turns: int = 0
    silences: int = 0  # in a row
    keys: str = ""  # pressed, not yet told to the model
    began_at: float = msgspec.field(default_factory=time.time)  # Unix time: another process may go on

    @property
    def minutes(self) -> float:
        return (time.time() - self.began_at) / 60

    def begin(self, caller: str, limit: int) -> Turn:
        """A turn that starts with the caller's words. Forgets the oldest ones beyond `limit` characters."""
        self.turns.append(Turn(caller=caller))
        while len(self.turns) > 1 and sum(len(json.dumps(m)) for m in self.messages()) > limit:
            del self.turns[0]
        return self.turns[-1]

    def messages(self) -> list[dict[str, Any]]:
        """Callers' messages in a row are one: some models take turns strictly."""
        found: list[dict[str, Any]] = []
        for message in (message for turn in self.turns for message in turn.messages()):
            if found and message["role"] == found[-1]["role"] == "user":
                found[-1] = {"role": "user", "content": f"{found[-1]['content']}\n{message['content']}"}
            else:
                found.append(message)
        return found
