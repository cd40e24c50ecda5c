"""Two versions of a bot beside each other, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from django.utils.translation import gettext_noop

from bots.models import Bot, BotVersion


class Line(NamedTuple):
    """`here`: in the older version only, `gone`: in the newest only, `same`: in both."""

    where: str
    text: str
    number: int | None  # in the older version


class Part(NamedTuple):
    title: str
    lines: list[Line]

    @property
    def differs(self) -> bool:
        return any(line.where != "same" for line in self.lines)


def compare(newest: Bot, older: BotVersion) -> list[Part]:
    parts = [
        Part(gettext_noop("Document"), list(_lines(newest.document, older.document))),
        Part(gettext_noop("Settings"), list(_lines(_told(newest), _told(older)))),
    ]
    return [part for part in parts if part.lines]


def _told(bot: Bot | BotVersion) -> str:
    return json.dumps({"name": bot.name, **bot.config}, indent=2, ensure_ascii=False)


def _lines(newest: str, older: str) -> Iterator[Line]:
    theirs, ours = newest.splitlines(), older.splitlines()
    for tag, from_, to, start, end in SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Line("same", ours[at], at + 1) for at in range(start, end))
            continue
        yield from (Line("gone", theirs[at], None) for at in range(from_, to))
        yield from (Line("here", ours[at], at + 1) for at in range(start, end))
