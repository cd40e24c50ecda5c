"""Asks one of the admin's servers what the model wants to know."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2

from bots.assistant.config import Lookup
from bots.assistant.speech import storable
from calls.outgoing import describe, fetch, guarded_client
from calls.signing import new_message_id, sign

MAX_BYTES = 64 * 1024
MAX_CHARACTERS = 6000  # of a result: more is lost on a caller, and costs tokens in each turn that follows


async def look_up(lookup: Lookup, arguments: dict[str, Any], call: dict[str, Any], secret: str) -> str:
    """The answer as the model gets it; where there is none, a sentence that says so."""
    body, params = b"", None
    headers = {"Accept": "application/json"}
    if lookup.method == "POST":
        body = json.dumps({"lookup": lookup.name, "arguments": arguments, "call": call}).encode()
        headers["Content-Type"] = "application/json"
    else:
        params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in arguments.items()}
    try:
        if lookup.signed and secret:
            headers |= sign(secret, new_message_id(), body)
        async with (
            asyncio.timeout(lookup.timeout_seconds),
            guarded_client(seconds=lookup.timeout_seconds, max_bytes=MAX_BYTES) as client,
        ):
            answer = await fetch(client, lookup.method, lookup.url, body=body, headers=headers, params=params)
    except (httpx2.HTTPError, TimeoutError, ValueError) as error:
        return f"The lookup failed: {describe(error)}. Don't make anything up."
    text = str(storable(answer.decode(errors="replace").strip()))
    return text[:MAX_CHARACTERS] or "The lookup found nothing."
