"""Asks a webhook what to do, turn by turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec

from bots.base import Making
from bots.conversation import Act, Action, ActRefused, Begun, BotFailed, Happened, Interrupted, Pressed, Said, Silence
from bots.webhook.config import WebhookConfig
from bots.webhook.messages import MAX_ANSWER, BadAnswer, Turn, call_shape, read_answer
from calls.outgoing import describe, fetch, guarded_client
from calls.signing import new_message_id, sign

# The request may not have arrived, or arrived in vain: the same again, with the same id, is safe.
_CONNECTION_ERRORS = (httpx2.ConnectError, httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)
MAX_CALLER = 4000  # characters that the caller said or pressed
REFUSALS = 3  # of a turn, after which the bot has failed


class State(msgspec.Struct):
    turn: int = 0
    state: str = "null"  # the webhook's own, as JSON
    # Said and pressed since the last answer that was taken: a caller who goes on drops what was asked before.
    text: str = ""
    digits: str = ""


class Webhook:
    def __init__(self, making: Making) -> None:
        config: WebhookConfig = making.config
        self._config = config
        self._call = call_shape(making.facts, config.language or making.facts.language)
        self._secret = making.secrets.get("signingSecret", "")
        self._state = msgspec.convert(making.state or {}, State)
        self._heard: str | None = None
        self._client = guarded_client(seconds=config.timeout_seconds, max_bytes=MAX_ANSWER)

    async def respond(self, event: Happened) -> AsyncIterator[Action]:
        if isinstance(event, Interrupted):
            self._heard = event.heard
            return
        happened = self._happened(event)
        for _ in range(1 + REFUSALS):
            refused = None
            for action in await self._ask(happened):
                try:
                    yield action
                except ActRefused as refusal:
                    kind = action.type if isinstance(action, Act) else "play"
                    refused = {"event": "refused", "action": kind, "reason": str(refusal)}
                    break
            if refused is None:
                return
            happened = refused
        raise BotFailed(f"The webhook asked for what the call can't do: {happened['reason']}.")

    def _happened(self, event: Begun | Said | Pressed | Silence) -> dict[str, Any]:
        """The fields of a `Turn` that say so."""
        state = self._state
        match event:
            case Begun(resumed):
                return {"event": "resumed" if resumed else "begun"}
            case Said(text, confidence):
                state.text = f"{state.text} {text}".strip()[-MAX_CALLER:]
                happened = {"event": "said", "confidence": confidence}
            case Pressed(digit):
                state.digits = (state.digits + digit)[-MAX_CALLER:]
                happened = {"event": "pressed"}
            case Silence():
                happened = {"event": "silence"}
        return happened | {"text": state.text or None, "digits": state.digits or None}

    async def _ask(self, happened: dict[str, Any]) -> list[Action]:
        state = self._state
        state.turn += 1
        kept = msgspec.Raw(state.state.encode())
        turn = Turn(call=self._call, turn=state.turn, state=kept, heard=self._heard, **happened)
        self._heard = None
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                body = await self._post(msgspec.json.encode(turn))
            actions, state.state = read_answer(body)
        except BadAnswer as error:
            raise BotFailed(f"The webhook's answer can't be followed: {error}.") from None
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise BotFailed(f"The webhook failed: {describe(error)}.") from error
        state.text = state.digits = ""
        return actions

    async def _post(self, body: bytes) -> bytes:
        message_id = new_message_id()
        try:
            return await self._attempt(message_id, body)
        except _CONNECTION_ERRORS:
            return await self._attempt(message_id, body)

    async def _attempt(self, message_id: str, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "webhook-id": message_id}
        if self._secret:  # a draft that is tried has none
            headers |= sign(self._secret, message_id, body)
        return await fetch(self._client, "POST", self._config.url, body=body, headers=headers)

    def dump(self) -> dict[str, Any]:
        state: dict[str, Any] = msgspec.to_builtins(self._state)
        return state

    async def close(self) -> None:
        await self._client.aclose()
