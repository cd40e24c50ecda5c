"""The text console: `/ws/bots/<id>/console/` for a saved bot and its unsaved changes, `/ws/bots/console/` for a new one.

For admins, by session or by an API key with the scope `admin`. JSON both ways.

In
    {"type": "start", …}    begins a try, and ends the one before. All fields are optional with a saved bot, whose own
                            they replace: "kind", "name", "document", "config", "secrets" (null removes one); and of the
                            call: "caller", "called", "fallbackNumber", "language". With "waits": true only
                            `silence` ends the waiting for the caller, not the clock
    {"type": "text", "text": "sales please", "confidence": 0.9}     the caller says something
    {"type": "digit", "digit": "1"}                                 … presses a key, or several
    {"type": "typing"}      … is about to say something: the silence timer waits, at most 10 s
    {"type": "silence"}     … says nothing: now, without waiting for the timer
    {"type": "pause"}, {"type": "resume"}                           a supervisor takes over and lets the bot go on
    {"type": "reconnect"}   the line was cut and is back: a new conversation goes on with the state of the old one
    {"type": "reset"}       the same draft from its beginning
    {"type": "ping"}        → {"type": "pong"}

Out
    {"type": "started", "name", "kind"}
    {"type": "say", "text", "language"}
    {"type": "action", "action": "transfer", "params": {"target": "+12025550123"}}    also play, digits, hangup, …
    {"type": "listen", "seconds", "bargeIn", "speech"}      the silence timer runs when all is heard
    {"type": "state", "state": {…}, "paused", "ended"}      after each turn
    {"type": "failed", "detail"}                            what a call's page and the log would say; it then apologises
    {"type": "error", "code", "detail", "errors": […]}      `bad_message`, `not_started`, `ended`, `not_found`, or
                                                            `invalid`, with findings as `POST …/bots/validate/` has them
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec
from channels.db import database_sync_to_async

from bots.console import Draft, Try
from bots.conversation import CallFacts
from bots.findings import Finding
from bots.kinds import KINDS
from bots.models import Bot
from bots.services.bots import check_bot
from calls.consumers.browser import POLICY_VIOLATION, BrowserConsumer
from calls.consumers.viewer import Refused, find_viewer

MAX_MESSAGE = 200_000  # characters
MAX_BAD_MESSAGES = 20
KEYS = frozenset("0123456789*#ABCD")


class ConsoleMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    type: Literal["start", "text", "digit", "typing", "silence", "pause", "resume", "reconnect", "reset", "ping"]
    text: str = ""
    confidence: float | None = None
    digit: str = ""
    kind: str | None = None
    name: str | None = None
    document: str | None = None
    config: dict[str, Any] | None = None
    secrets: dict[str, str | None] = {}
    caller: str = "+12025550123"
    called: str = "+12025550100"
    fallback_number: str = ""
    language: str = "en-US"
    waits: bool = False


_read = msgspec.json.Decoder(ConsoleMessage).decode


class ConsoleConsumer(BrowserConsumer):
    current: Try | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.current is not None:
                await self.current.close()

    async def admit(self) -> None:
        self.bot_id: UUID | None = self.scope["url_route"]["kwargs"].get("bot_id")
        await database_sync_to_async(self.find)()

    def find(self) -> None:
        _, self.identity, self.access, _ = find_viewer(self.scope)
        if self.access.right != "admin":
            raise Refused(403, "The console is for admins.")
        if self.bot_id is not None and not Bot.objects.filter(id=self.bot_id).exists():
            raise Refused(404, "There is no such bot.")

    async def begin(self) -> None:
        """The console speaks when it is spoken to."""

    async def on_message(self, text: str | None) -> None:
        try:
            if text is None or len(text) > MAX_MESSAGE:
                raise ValueError("a JSON text was expected")
            message = _read(text)
            if message.type == "digit" and not (message.digit and set(message.digit) <= KEYS):
                raise ValueError("digit has keys of a phone: 0 to 9, *, #, A to D")
        except (ValueError, msgspec.MsgspecError) as error:
            self.bad_messages += 1
            if self.bad_messages > MAX_BAD_MESSAGES:
                await self.end(POLICY_VIOLATION)
            self.error("bad_message", str(error))
            return
        if message.type == "ping":
            self.put({"type": "pong"})
        elif message.type == "start":
            await self.start(message)
        elif self.current is None:
            self.error("not_started", "Send start first.")
        else:
            await self.go_on(self.current, message)

    async def start(self, message: ConsoleMessage) -> None:
        bot = await database_sync_to_async(Bot.objects.filter(id=self.bot_id).first)() if self.bot_id else None
        if self.bot_id and bot is None:
            self.error("not_found", "The bot was deleted.")
            return
        draft = draft_of(message, bot)
        findings = await database_sync_to_async(check_bot)(
            kind=draft.kind, document=draft.document, config=draft.config
        )
        errors = [finding for finding in findings if finding.severity == "error"]
        if errors:
            self.error("invalid", "The bot has errors: correct them first.", errors)
        else:
            await self.begin_try(draft)

    async def begin_try(self, draft: Draft, state: Mapping[str, Any] | None = None) -> None:
        if self.current is not None:
            await self.current.close()
        self.current = Try(draft, self.put, state)
        self.current.begin()

    async def go_on(self, current: Try, message: ConsoleMessage) -> None:
        match message.type:
            case "reset":
                await self.begin_try(current.draft)
            case "reconnect" if current.driver.phase != "ended":
                await self.begin_try(current.draft, current.state)
            case _ if current.driver.phase == "ended":
                self.error("ended", "The conversation is over: send reset to begin anew.")
            case "text":
                current.say(message.text, message.confidence)
            case "digit":
                current.driver.on_dtmf(message.digit)
            case "typing":
                current.types()
            case "silence":
                current.stays_silent()
            case "pause":
                current.driver.pause()
            case "resume":
                current.driver.resume()

    def error(self, code: str, detail: str, errors: list[Finding] | None = None) -> None:
        self.put({"type": "error", "code": code, "detail": detail, "errors": errors or []})

    def on_event(self, text: str) -> None:
        """The console joins no group."""

    async def on_batch(self, events: list[list[str]]) -> None:
        """The console joins no group."""


def draft_of(message: ConsoleMessage, bot: Bot | None) -> Draft:
    saved = bot or Bot(name="New bot")
    kind = message.kind or saved.kind
    config = saved.config if message.config is None else message.config
    secrets: dict[str, str | None] = dict(saved.secrets)
    for secret in KINDS[kind].secrets if kind in KINDS else ():
        if secret.sent_to and config.get(secret.sent_to) != saved.config.get(secret.sent_to):
            secrets.pop(secret.name, None)  # it belongs to the address that is saved
    secrets |= message.secrets
    return Draft(
        bot_id="" if bot is None else str(bot.id),
        name=message.name or saved.name,
        kind=kind,
        document=saved.document if message.document is None else message.document,
        config=config,
        secrets={name: value for name, value in secrets.items() if value},
        facts=CallFacts(
            call_id="console",
            vendor="console",
            from_number=message.caller,
            to_number=message.called,
            language=message.language,
            fallback_number=message.fallback_number,
        ),
        waits=message.waits,
    )
