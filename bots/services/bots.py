"""Bots: checked, written with their history, taken back, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.db import transaction

from bots.base import BotConfig, BotKind
from bots.findings import Finding
from bots.kinds import KINDS, read_config
from bots.models import Bot, BotVersion
from calls.services import audit
from calls.services.audit import Requester
from calls.tts import list_engines

MAX_NAME, MAX_SENTENCE = 100, 1000  # characters
PATIENCE_SECONDS = (1, 120)
MAX_DOCUMENT = 50_000  # characters

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class NotValid(Exception):
    """The bot has errors; nothing was written."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(finding.detail for finding in findings))
        self.findings = tuple(findings)


class VersionConflict(Exception):
    """Somebody else wrote the bot since it was read."""


class InUse(Exception):
    """Profiles would lose their bot; `profiles` are their names."""

    def __init__(self, profiles: Sequence[str]) -> None:
        super().__init__(", ".join(profiles))
        self.profiles = tuple(profiles)


def check_bot(*, kind: str, document: str, config: Mapping[str, Any]) -> list[Finding]:
    """Everything that is wrong, or looks wrong, with a bot that may not be saved yet."""
    bot_kind = KINDS.get(kind)
    if bot_kind is None:
        return [Finding(field="kind", code="unknown", detail=f"Choose one of {', '.join(KINDS)}.")]
    if document and not bot_kind.has_document:
        detail = f"A bot of the kind {kind} has no document: leave it empty."
        return [Finding(code="out_of_place", detail=detail)]
    if len(document) > MAX_DOCUMENT:
        return [Finding(code="too_long", detail=f"A document has at most {MAX_DOCUMENT} characters: shorten it.")]
    if b"\\u0000" in msgspec.json.encode(config):
        return [Finding(field="config", detail="Remove the character NUL: no text needs it.")]
    known = read_config(bot_kind, config)
    if isinstance(known, Finding):
        return [known]
    return [*_common_findings(known), *bot_kind.validate(document, known)]


def _common_findings(config: BotConfig) -> Iterator[Finding]:
    """Of the settings that every kind has."""
    if config.synthesizer and config.synthesizer not in list_engines():
        detail = f"Choose one of {', '.join(list_engines())}, or leave it empty."
        yield Finding(field="config.synthesizer", code="unknown", detail=detail)
    if len(config.voice) > MAX_NAME:
        yield Finding(field="config.voice", detail=f"Give at most {MAX_NAME} characters.")
    if config.language and not _LANGUAGE.fullmatch(config.language):
        yield Finding(field="config.language", detail="Give a language such as en-US or fr, or leave it empty.")
    for name, text in (("apology", config.apology), ("farewell", config.farewell)):
        if len(text) > MAX_SENTENCE:
            yield Finding(field=f"config.{name}", detail=f"Give at most {MAX_SENTENCE} characters.")
    low, high = PATIENCE_SECONDS
    if not low <= config.patience_seconds <= high:
        yield Finding(field="config.patienceSeconds", detail=f"Give a number from {low} to {high}.")


def save_bot(
    bot: Bot,
    *,
    by: Requester,
    secrets: Mapping[str, str | None] | None = None,
    expected_version: int | None = None,
    act: str = "change",
) -> dict[str, str]:
    """Writes a bot and its version, which grows with each write after the first. The config is stored complete, with
    every default. Of `secrets`, by name, "" or None removes one; those not given stay. Returns the secrets that were
    made here, for whoever asked to see once.

    Raises `NotValid`, and `VersionConflict` where the stored version isn't the expected one.
    """
    given = dict(secrets or {})
    _raise_errors(
        [*check_bot(kind=bot.kind, document=bot.document, config=bot.config), *_check_secrets(bot.kind, given)]
    )
    kind = KINDS[bot.kind]
    bot.config = msgspec.to_builtins(read_config(kind, bot.config))
    with transaction.atomic():
        stored = Bot.objects.select_for_update().filter(id=bot.id).first()
        if stored is not None and expected_version not in (None, stored.version):
            raise VersionConflict
        _raise_errors(_leaks(kind, stored, bot, given))
        kept = {} if stored is None else stored.secrets
        made = {
            secret.name: secret.generate()
            for secret in kind.secrets
            if secret.generate and not given.get(secret.name, kept.get(secret.name))
        }
        bot.secrets = {name: value for name, value in {**kept, **given, **made}.items() if value}
        bot.version = 1 if stored is None else stored.version + 1
        bot.save(force_insert=stored is None)
        BotVersion.objects.create(
            bot=bot,
            version=bot.version,
            name=bot.name,
            kind=bot.kind,
            document=bot.document,
            config=bot.config,
            by=by.name[:150],
        )
        _audit("create" if stored is None else act, bot, by, {"version": bot.version, "changed": _changed(stored, bot)})
    return made


def restore_version(bot: Bot, version: BotVersion, *, by: Requester, expected_version: int | None = None) -> None:
    """Makes an older version the newest one. Secrets, and whether the bot is enabled, stay as they are."""
    bot.name, bot.kind, bot.document, bot.config = version.name, version.kind, version.document, version.config
    save_bot(bot, by=by, expected_version=expected_version, act="restore")


def delete_bot(bot: Bot, *, by: Requester) -> None:
    """Raises `InUse` while profiles answer with it: nobody would answer their calls."""
    with transaction.atomic():
        profiles = list(bot.profiles.select_for_update().values_list("name", flat=True))
        if profiles:
            raise InUse(profiles)
        _audit("delete", bot, by, {})
        bot.delete()


def _raise_errors(findings: Sequence[Finding]) -> None:
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise NotValid(errors)


def _check_secrets(kind: str, given: Mapping[str, str | None]) -> list[Finding]:
    known = [secret.name for secret in KINDS[kind].secrets] if kind in KINDS else []
    return [
        Finding(
            field=f"secrets.{name}",
            code="unknown",
            detail=f"A bot of this kind has no such secret. There are: {', '.join(known) or 'none'}.",
        )
        for name in given
        if name not in known
    ]


def _leaks(kind: BotKind, stored: Bot | None, bot: Bot, given: Mapping[str, str | None]) -> list[Finding]:
    """Secrets that would now be sent elsewhere, by somebody who need not know them."""
    if stored is None:
        return []
    return [
        Finding(
            field=f"secrets.{secret.name}",
            code="required",
            detail=f"{secret.sent_to} changed: give the secret for it too, or null to do without.",
        )
        for secret in kind.secrets
        if secret.sent_to
        and stored.secrets.get(secret.name)
        and secret.name not in given
        and stored.config.get(secret.sent_to) != bot.config.get(secret.sent_to)
    ]


def _changed(stored: Bot | None, bot: Bot) -> list[str]:
    """The names, never the values, of what a write changed."""

    def facts(row: Bot | None) -> dict[str, Any]:
        if row is None:
            return {}
        fields = {"name": row.name, "document": row.document, "enabled": row.enabled}
        config = {f"config.{name}": value for name, value in row.config.items()}
        return {**fields, **config, **{f"secrets.{name}": value for name, value in row.secrets.items()}}

    before, after = facts(stored), facts(bot)
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _audit(act: str, bot: Bot, by: Requester, detail: Mapping[str, Any]) -> None:
    audit.record(action=f"bot.{act}", by=by, subject=bot.name, detail={"bot": str(bot.id), **detail})
