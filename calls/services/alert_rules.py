"""Rules for alerts, as admins write them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.alerts.expression import ExpressionError, parse
from calls.alerts.kinds import KINDS
from calls.models import AlertRule, StreamingProfile
from calls.services import alerts, audit
from calls.services.alert_book import forget_rules

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MAX_RULES = 100


class VersionConflict(Exception):
    """Somebody else wrote the rule since it was read."""


class TooManyRules(Exception):
    """There are as many as the hub watches for."""


class Example(NamedTuple):
    """A rule that is ready to be added."""

    name: str  # in the address
    title: str | _StrPromise
    kind: str
    track: str = ""
    expression: str = ""
    threshold: float | None = None


EXAMPLES = {
    example.name: example
    for example in (
        Example(
            "leaving",
            gettext_lazy("Customer wants to leave"),
            "phrase",
            "customer",
            'cancel* NEAR/5 (it OR account OR contract OR order OR subscription) OR "close my account"',
        ),
        Example("silence", gettext_lazy("Nobody speaks"), "silence", threshold=30),
        Example("long", gettext_lazy("Call takes long"), "long", threshold=900),
    )
}


def clean_rule(rule: AlertRule) -> None:
    """Brings what the kind has no use for in order. Raises `ValidationError` with what is wrong at which field."""
    kind = KINDS[rule.kind]
    wrong: dict[str, ValidationError] = {}
    if rule.track not in kind.tracks:
        rule.track = rule.track or kind.tracks[0]
        if rule.track not in kind.tracks:
            named = ", ".join(track for track in kind.tracks if track)
            advice = _("Choose one of %(tracks)s, or none.") % {"tracks": named} if named else _("Leave it out.")
            wrong["track"] = ValidationError(advice, "invalid_choice")
    rule.expression = rule.expression.strip()
    try:
        clean_expression(rule)
    except ValidationError as error:
        wrong["expression"] = error
    try:
        clean_threshold(rule)
    except ValidationError as error:
        wrong["threshold"] = error
    if wrong:
        raise ValidationError({field: [error] for field, error in wrong.items()})


def clean_expression(rule: AlertRule) -> None:
    if rule.kind != "phrase":
        if rule.expression:
            raise ValidationError(_("Leave it out: only rules of the kind “phrase” have one."), "invalid")
        return
    try:
        parse(rule.expression)
    except ExpressionError as error:
        raise ValidationError(str(error), error.code) from None


def clean_threshold(rule: AlertRule) -> None:
    bounds = KINDS[rule.kind].threshold
    if bounds is None:
        if rule.threshold is not None:
            raise ValidationError(_("Leave it out: rules of the kind “phrase” have none."), "invalid")
        return
    if rule.threshold is None:
        rule.threshold = bounds.default
    if not bounds.low <= rule.threshold <= bounds.high:
        values = {"low": f"{bounds.low:g}", "high": f"{bounds.high:g}", "unit": bounds.unit}
        raise ValidationError(_("Give a number from %(low)s to %(high)s (%(unit)s).") % values, "invalid")


def save_rule(
    rule: AlertRule,
    *,
    by: audit.Requester,
    profiles: Iterable[StreamingProfile] | None = None,
    expected_version: int | None = None,
) -> AlertRule:
    """Writes a rule that was cleaned, and which profiles' calls it watches (None: as it is; none: those of every profile).
    Raises `VersionConflict` and `TooManyRules`."""
    with transaction.atomic():
        stored = AlertRule.objects.select_for_update().filter(id=rule.id).first()
        if stored is None:
            if AlertRule.objects.count() >= MAX_RULES:
                raise TooManyRules(_("A hub has at most %(count)s rules: delete one first.") % {"count": MAX_RULES})
        else:
            if expected_version not in (None, stored.version):
                raise VersionConflict
            rule.version = stored.version + 1
            if not rule.enabled or rule.kind != stored.kind:
                alerts.end_alerts_of(stored)
        if profiles is not None:
            profiles = list(profiles)
            rule.every_profile = not profiles
        rule.save()
        if profiles is not None:
            rule.profiles.set(profiles)
        audit.record(
            action="alert_rule.create" if stored is None else "alert_rule.update",
            by=by,
            subject=rule.name,
            detail={
                "rule": str(rule.id),
                "kind": rule.kind,
                "expression": rule.expression,
                "threshold": rule.threshold,
                "enabled": rule.enabled,
            },
        )
        forget_rules()
    return rule


def delete_rule(rule: AlertRule, *, by: audit.Requester) -> None:
    """Alerts that it raised stay, under its name."""
    with transaction.atomic():
        audit.record(action="alert_rule.delete", by=by, subject=rule.name, detail={"rule": str(rule.id)})
        alerts.end_alerts_of(rule)
        rule.delete()
        forget_rules()


def add_example(name: str, *, by: audit.Requester) -> AlertRule | None:
    """None where there is no such example. Raises `TooManyRules`."""
    example = EXAMPLES.get(name)
    if example is None:
        return None
    rule = AlertRule(
        name=str(example.title),
        kind=example.kind,
        track=example.track,
        expression=example.expression,
        threshold=example.threshold,
    )
    clean_rule(rule)
    return save_rule(rule, by=by)
