"""A local stand-in for a language model: an OpenAI-compatible chat endpoint on a real socket, spoken to by the real client.

    async with ChatServer() as server:
        server.reply("Hello.", " How are you?")             # the answer to the next request, in these pieces
        server.reply("One", event, " two.")                 # the rest once `event` is set
        server.reply(Call("transfer", {"to": "sales"}))
        server.reply(Hang())

Without a script left it asks `talk`, and where that is not given it repeats what the caller said.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from tests.bots.web_server import Asked, Reply, WebServer


class Call(msgspec.Struct):
    """A call of a tool; its arguments come in two pieces."""

    name: str
    arguments: dict[str, Any] | str = {}


class Hang(msgspec.Struct):
    """Nothing more comes, ever."""


class Drop(msgspec.Struct):
    """The connection ends without a word."""


class Refuse(msgspec.Struct):
    """An error instead of an answer; as the first piece only."""

    status: int
    message: str = "no"


class Finish(msgspec.Struct):
    """Ends the answer for another reason than `stop`."""

    reason: str


class Raw(msgspec.Struct):
    """A line of the stream as it is."""

    data: str


Piece = str | float | asyncio.Event | Call | Hang | Drop | Refuse | Finish | Raw  # a number: seconds to wait


class Request(msgspec.Struct):
    """What was asked. `gone`: the client left before the answer's end. `done`: it was written to its end."""

    headers: dict[str, str]
    body: dict[str, Any]
    gone: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    done: asyncio.Event = msgspec.field(default_factory=asyncio.Event)

    @property
    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.body["messages"]
        return found

    @property
    def conversation(self) -> list[tuple[str, str | None]]:
        """Without the system prompt."""
        return [(message["role"], message["content"]) for message in self.messages[1:]]


Talk = Callable[[list[dict[str, Any]]], tuple[Piece, ...]]


def echo(messages: list[dict[str, Any]]) -> tuple[Piece, ...]:
    said = next((m["content"] for m in reversed(messages) if m["role"] == "user"), "nothing")
    return ("You said: ", f"{said}.")


class ChatServer(WebServer):
    def __init__(self, talk: Talk = echo) -> None:
        super().__init__(self._chat)
        self._talk = talk
        self._script: deque[tuple[Piece, ...]] = deque()
        self.requests: list[Request] = []
        self._arrived = asyncio.Condition()

    async def __aenter__(self) -> ChatServer:
        await super().__aenter__()
        return self

    @property
    def base_url(self) -> str:
        return self.url("/v1")

    def reply(self, *pieces: Piece) -> None:
        self._script.append(pieces)

    async def request(self, number: int = 0) -> Request:
        """The request of that number, once it is there."""
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) > number)
        return self.requests[number]

    async def _chat(self, asked: Asked, reply: Reply) -> None:
        assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
        request = Request(asked.headers, asked.json)
        pieces = self._script.popleft() if self._script else self._talk(request.messages)
        async with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
        writing = asyncio.create_task(self._write(reply, pieces))
        leaving = asyncio.create_task(reply.reader.read(1))
        try:
            await asyncio.wait([writing, leaving], return_when=asyncio.FIRST_COMPLETED)
            (request.done if writing.done() else request.gone).set()
        finally:
            writing.cancel()
            leaving.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)
            reply.writer.close()

    async def _write(self, reply: Reply, pieces: tuple[Piece, ...]) -> None:
        if pieces and isinstance(pieces[0], Refuse):
            await reply.send({"error": {"message": pieces[0].message}}, pieces[0].status, Connection="close")
            return
        begun, reason, calls = False, "stop", 0
        for piece in pieces:
            if isinstance(piece, str | Call | Finish | Raw) and not begun:
                await reply.begin(Content_Type="text/event-stream", Connection="close")
                begun = True
            match piece:
                case asyncio.Event():
                    await piece.wait()
                case Hang():
                    await asyncio.Event().wait()
                case Drop():
                    reply.reset()
                    return
                case Finish():
                    reason = piece.reason
                case str():
                    await self._send(reply, {"content": piece})
                case Call():
                    for delta in _call_deltas(piece, calls):
                        await self._send(reply, {"tool_calls": [delta]})
                    calls, reason = calls + 1, "tool_calls"
                case Raw():
                    reply.writer.write(f"{piece.data}\n\n".encode())
                case int() | float():
                    await asyncio.sleep(piece)
        if not begun:
            await reply.begin(Content_Type="text/event-stream", Connection="close")
        await self._send(reply, {}, reason)
        reply.writer.write(b"data: [DONE]\n\n")
        await reply.writer.drain()

    async def _send(self, reply: Reply, delta: dict[str, Any], reason: str | None = None) -> None:
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "local",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        }
        reply.writer.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await reply.writer.drain()


def _call_deltas(call: Call, index: int) -> list[dict[str, Any]]:
    text = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
    half = len(text) // 2
    return [
        {
            "index": index,
            "id": f"call_{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": text[:half]},
        },
        {"index": index, "function": {"arguments": text[half:]}},
    ]
