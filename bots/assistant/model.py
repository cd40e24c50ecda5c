"""The language model's endpoint, through OpenAI's own client: answers as sentences, the moment each is complete."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
from openai import APIConnectionError, APIStatusError, AsyncOpenAI

# The client would import these in its first call, in the middle of live streams, which takes a tenth of a second.
from openai.resources.chat import AsyncChat
from openai.resources.chat.completions import AsyncCompletions

from bots.assistant.config import AssistantConfig
from bots.assistant.memory import ToolCall
from bots.assistant.sentences import Sentences
from bots.assistant.speech import Thoughts, speakable, storable
from bots.conversation import BotFailed
from calls.outgoing import describe, guarded_client

PAUSE_SECONDS = 0.1  # after which a full stop needs no next character to be believed
MAX_BYTES = 4_000_000  # of an answer; each of its words comes with some 200 bytes of JSON
RETRIES = 1  # of a request that was refused or not taken; within the time to the first word
MAX_CALLS = 8  # of an answer


class Model:
    def __init__(self, config: AssistantConfig, api_key: str, language: str) -> None:
        self._config, self._language = config, language
        self._client = AsyncOpenAI(
            api_key=api_key or "none",  # the client insists on one; local endpoints need none
            base_url=config.base_url,
            max_retries=RETRIES,
            http_client=guarded_client(seconds=config.total_seconds, max_bytes=MAX_BYTES),
        )
        self._completions = AsyncChat(self._client).completions
        self._client.organization = self._client.project = None  # what OpenAI's environment says isn't for everybody

    def ask(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]], *, may_call: bool) -> ModelAnswer:
        config = self._config
        request: dict[str, Any] = {
            "model": config.model,
            "messages": messages,
            "stream": True,
            tokens_field(config.base_url): config.max_tokens,
        }
        if config.temperature is not None:
            request["temperature"] = config.temperature
        if tools:
            request |= {"tools": tools, "tool_choice": "auto" if may_call else "none"}
        return ModelAnswer(self._completions, request, self._language, config.timeout_seconds, config.total_seconds)

    async def close(self) -> None:
        await self._client.close()


def tokens_field(base_url: str) -> str:
    """Newer models of OpenAI refuse the field that everybody else understands."""
    host = urlsplit(base_url).hostname or ""
    return "max_completion_tokens" if host.endswith((".openai.com", ".openai.azure.com")) else "max_tokens"


class _Parts(msgspec.Struct):
    """A call as it comes."""

    id: str
    name: str = ""
    arguments: str = ""

    def call(self) -> ToolCall:
        try:
            arguments = storable(json.loads(self.arguments or "{}"))
        except (ValueError, RecursionError):
            arguments = None
        return ToolCall(storable(self.id), storable(self.name), arguments if isinstance(arguments, dict) else None)


class ModelAnswer:
    """An answer that is being written: iterate for its sentences, then see `calls`. `async with` ends it early.

    It is read by a task of its own, so that its time limits hold and its sentences form whatever the reader does.
    """

    def __init__(
        self,
        completions: AsyncCompletions,
        request: dict[str, Any],
        language: str,
        timeout_seconds: float,
        total_seconds: float,
    ) -> None:
        self.calls: list[ToolCall] = []
        self.finish_reason = ""
        self._completions, self._request = completions, request
        self._timeout, self._total = timeout_seconds, total_seconds
        self._thoughts, self._sentences = Thoughts(), Sentences(language)
        self._ready: asyncio.Queue[str | BotFailed | None] = asyncio.Queue()
        self._pause: asyncio.TimerHandle | None = None
        self._said = False
        self._parts: dict[int, _Parts] = {}
        self._task = asyncio.create_task(self._read())

    async def __aenter__(self) -> ModelAnswer:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def __aiter__(self) -> ModelAnswer:
        return self

    async def __anext__(self) -> str:
        item = await self._ready.get()
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, BotFailed):
            raise item
        return item

    async def _read(self) -> None:
        end: BotFailed | None = None
        try:
            async with asyncio.timeout(self._total), asyncio.timeout(self._timeout) as patience:
                await self._read_chunks(patience)
            self._finish()
        except TimeoutError:
            end = BotFailed("The language model did not answer in time.")
        except Exception as error:  # an endpoint may answer anything
            end = BotFailed(f"The language model failed: {_explain(error)}.")
        finally:
            if self._pause:
                self._pause.cancel()
            self._ready.put_nowait(end)

    async def _read_chunks(self, patience: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        stream = await self._completions.create(**self._request)
        async with stream:
            async for chunk in stream:
                for choice in (chunk.choices or [])[:1]:
                    for call in choice.delta.tool_calls or []:
                        self._take_call(call)
                    text = self._thoughts.feed(choice.delta.content or "")
                    self._take_text(text)
                    self.finish_reason = choice.finish_reason or self.finish_reason
                    if text.strip() or self._parts or self._said:
                        patience.reschedule(loop.time() + self._timeout)

    def _take_text(self, text: str) -> None:
        if not text:
            return
        self._put(self._sentences.feed(text))
        if self._pause:
            self._pause.cancel()
        self._pause = asyncio.get_running_loop().call_later(PAUSE_SECONDS, lambda: self._put(self._sentences.pause()))

    def _take_call(self, part: Any) -> None:
        """Calls come in parts; some servers give no index or id, but then each call whole."""
        index = len(self._parts) if part.index is None else part.index
        if index not in self._parts and len(self._parts) == MAX_CALLS:
            return
        call = self._parts.setdefault(index, _Parts(part.id or f"call_{uuid4().hex[:24]}"))
        call.name = call.name or part.function.name or ""
        call.arguments += part.function.arguments or ""

    def _finish(self) -> None:
        if not self.finish_reason:
            raise ValueError("its answer broke off, without a finish_reason")
        rest = self._sentences.finish()
        if not (self._said and self.finish_reason == "length"):  # half a sentence says less than none
            self._put(rest)
        self.calls = [part.call() for part in self._parts.values()]
        if not self._said and not self.calls:
            reason = f" (it ended with {self.finish_reason!r})" if self.finish_reason else ""
            raise ValueError(f"its answer was empty{reason}")

    def _put(self, sentences: list[str]) -> None:
        for sentence in filter(None, map(speakable, sentences)):
            self._said = True
            self._ready.put_nowait(sentence)


def _explain(error: Exception) -> str:
    if isinstance(error, APIStatusError):
        body = error.body if isinstance(error.body, dict) else {}
        return f"it answered {error.status_code} {str(body.get('message') or '')[:300]}".rstrip(" .")
    if isinstance(error, APIConnectionError) and error.__cause__ is not None:
        return describe(error.__cause__).rstrip(".")
    return describe(error)[:300].rstrip(".")
