"""The rules that are in force, ready to be applied: read every two seconds at most, and anew once they change here."""

from __future__ import annotations

import time
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from calls.alerts.expression import parse
from calls.alerts.matching import Matcher
from calls.models import AlertRule

FRESH_SECONDS = 2.0


class Watched(NamedTuple):
    """A rule in force. `profiles`: whose calls it watches; None: everybody's."""

    id: UUID
    name: str
    kind: str
    track: str
    threshold: float
    profiles: frozenset[UUID] | None
    matcher: Matcher | None  # of a phrase rule

    def watches(self, profile: UUID | None) -> bool:
        return self.profiles is None or profile in self.profiles

    def hears(self, track: str) -> bool:
        return self.track in ("", track)


class _Book:
    """`until`: by the monotonic clock."""

    rules: tuple[Watched, ...] = ()
    until = 0.0


_book = _Book()


def rules_of(*kinds: str) -> list[Watched]:
    """Those of these kinds that are in force. Blocking."""
    now = time.monotonic()
    if now >= _book.until:
        _book.rules = tuple(map(_watched, AlertRule.objects.filter(enabled=True).prefetch_related("profiles")))
        _book.until = now + FRESH_SECONDS
    return [rule for rule in _book.rules if rule.kind in kinds]


def forget_rules() -> None:
    """Rules were written: in this transaction, and for everybody else with its commit."""
    _book.until = 0.0
    transaction.on_commit(_forget)


def _forget() -> None:
    _book.until = 0.0


def _watched(rule: AlertRule) -> Watched:
    return Watched(
        id=rule.id,
        name=rule.name,
        kind=rule.kind,
        track=rule.track,
        threshold=rule.threshold or 0.0,
        profiles=None if rule.every_profile else frozenset(profile.id for profile in rule.profiles.all()),
        matcher=Matcher(parse(rule.expression)) if rule.expression else None,
    )
