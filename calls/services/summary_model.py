"""Summaries by a language model, where the operator has configured one: any OpenAI-compatible endpoint, through OpenAI's
own client."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from openai import APIConnectionError, APIStatusError, AsyncOpenAI

from calls.outgoing import describe, guarded_client
from calls.summary.asking import BadAnswer, messages, read_answer
from calls.summary.lines import Line, Summary

SECONDS = 60.0  # for an answer, all tries together
RETRIES = 1  # of a request that was refused or not taken
MAX_BYTES = 1_000_000
MAX_TOKENS = 1500  # of an answer


class ModelFailed(Exception):
    """The model made no summary. The message is for whoever sees the call; `detail` may name hosts, and is for the log."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail or message


async def summarize(lines: Sequence[Line], language: str) -> Summary:
    """Raises `ModelFailed`, and nothing else."""
    try:
        async with asyncio.timeout(SECONDS):
            text = await _ask(messages(lines, language))
        return read_answer(text, lines)
    except TimeoutError:
        raise ModelFailed("The language model did not answer in time.") from None
    except BadAnswer as error:
        raise ModelFailed(f"The language model's answer could not be used: {error}.") from error
    except APIStatusError as error:
        raise ModelFailed(f"The language model refused the request ({error.status_code}).", _told(error)) from error
    except Exception as error:  # an endpoint may answer anything
        raise ModelFailed("The language model could not be reached.", _told(error)) from error


async def _ask(chat: list[dict[str, str]]) -> str:
    url = settings.HUB_SUMMARY_URL
    host = urlsplit(url).hostname or ""
    # Newer models of OpenAI refuse the field that everybody else understands.
    tokens = "max_completion_tokens" if host.endswith((".openai.com", ".openai.azure.com")) else "max_tokens"
    request: dict[str, Any] = {"model": settings.HUB_SUMMARY_MODEL, "messages": chat, tokens: MAX_TOKENS}
    async with AsyncOpenAI(
        api_key=settings.HUB_SUMMARY_KEY or "none",  # the client insists on one; local endpoints need none
        base_url=url,
        max_retries=RETRIES,
        http_client=guarded_client(seconds=SECONDS, max_bytes=MAX_BYTES),
    ) as client:
        client.organization = client.project = None  # what OpenAI's environment says isn't for everybody
        answer = await client.chat.completions.create(**request)
    if not answer.choices:
        raise BadAnswer("it holds no choice")
    [choice, *_] = answer.choices
    if choice.finish_reason == "length":
        raise BadAnswer(f"it was cut off after {MAX_TOKENS} tokens")
    return choice.message.content or ""


def _told(error: Exception) -> str:
    if isinstance(error, APIStatusError):
        body = error.body if isinstance(error.body, dict) else {}
        return f"it answered {error.status_code} {str(body.get('message') or '')[:300]}"
    cause = error.__cause__ if isinstance(error, APIConnectionError) else None
    return describe(cause or error)[:500]
