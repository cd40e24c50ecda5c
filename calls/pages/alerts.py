"""Rules for alerts, for admins: the list, the form of each kind, ready-made ones."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from calls.alerts.expression import MAX_LENGTH
from calls.alerts.kinds import KINDS
from calls.models import AlertRule, StreamingProfile
from calls.models.alerts import AlertKind
from calls.pages.access import for_admins, requester_of
from calls.pages.versions import overwrite_next
from calls.services import alert_rules as service


class Words(NamedTuple):
    """What people read about a kind. `factor`: of the field's figure, to the threshold that is stored."""

    summary: Any
    threshold: Any = ""
    help: Any = ""
    factor: float = 1
    step: str = "1"


WORDS = {
    "phrase": Words(_("Somebody says certain words, such as “close my account”.")),
    "silence": Words(
        _("Nobody speaks, or one side does not."),
        _("Seconds of silence"),
        _("From 5 seconds to an hour. It is looked at every few seconds."),
    ),
    "long": Words(
        _("A call goes on for long."),
        _("Minutes"),
        _("Since the call began, on hold or not."),
        factor=60,
    ),
    "confidence": Words(
        _("The recogniser guesses: what it writes is not to be relied on, and the line may be bad."),
        _("Percent"),
        _("Mean confidence of the words of the last 30 seconds. Below 50 % a transcript can hardly be read."),
        factor=0.01,
    ),
    "mood": Words(
        _("The customer sounds unhappy, by the words that are used. English only; it is often wrong."),
        _("Mood"),
        _(
            "From -0.95 (despair) to -0.05 (a shadow), over the last 30 seconds. At -0.35 three in four alerts are right."
        ),
        step="0.05",
    ),
}
TRACKS = {"agent": _("The agent"), "customer": _("The customer"), "bot": _("The bot")}
NO_TRACK = {"phrase": _("Anybody"), "silence": _("Both sides"), "confidence": _("Both sides together")}


class AlertRuleForm(forms.Form):
    """Has the fields that the rule's kind has a use for."""

    name = forms.CharField(
        max_length=100, label=_("Name"), error_messages={"required": _("Give it a name: supervisors see it.")}
    )
    expression = forms.CharField(
        max_length=MAX_LENGTH,
        required=False,
        label=_("Words to find"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono"}),
    )
    track = forms.ChoiceField(required=False, label=_("Who speaks"))
    scope = forms.ChoiceField(
        choices=[("every", _("Of every profile")), ("some", _("Only of these:"))], widget=forms.RadioSelect
    )
    profiles = forms.ModelMultipleChoiceField(
        queryset=StreamingProfile.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )
    enabled = forms.BooleanField(required=False, label=_("Watch for it"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, rule: AlertRule) -> None:
        self.rule, self.words, kind = rule, WORDS[rule.kind], KINDS[rule.kind]
        super().__init__(data, initial=initial_of(rule), label_suffix="")
        if kind.threshold is not None:
            del self.fields["expression"]
            self.fields["threshold"] = forms.FloatField(
                label=self.words.threshold,
                min_value=round(kind.threshold.low / self.words.factor, 2),
                max_value=round(kind.threshold.high / self.words.factor, 2),
                widget=forms.NumberInput(attrs={"step": self.words.step}),
                error_messages={"required": _("Give a number."), "invalid": _("Give a number.")},
            )
        if len(kind.tracks) == 1:
            del self.fields["track"]
        else:
            names = {"": NO_TRACK.get(rule.kind, ""), **TRACKS}
            self.fields["track"].choices = [(track, names[track]) for track in kind.tracks]  # type: ignore[attr-defined]

    def clean_profiles(self) -> Any:
        chosen = self.cleaned_data["profiles"]
        if self.data.get("scope") == "some" and not chosen:
            raise ValidationError(_("Choose one profile at least, or “Of every profile”."), "required")
        return chosen

    def clean(self) -> dict[str, Any]:
        told, rule = super().clean() or self.cleaned_data, self.rule
        rule.name = told.get("name", rule.name)
        rule.enabled = told.get("enabled", rule.enabled)
        rule.track = told.get("track", "")
        rule.expression = told.get("expression", "")
        if "threshold" in told:
            rule.threshold = round(told["threshold"] * self.words.factor, 4)
        if "threshold" not in self.errors:
            try:
                service.clean_rule(rule)
            except ValidationError as error:
                for field, errors in error.error_dict.items():
                    self.add_error(field if field in self.fields else None, errors)
        return told


def initial_of(rule: AlertRule) -> dict[str, Any]:
    bounds = KINDS[rule.kind].threshold
    threshold = rule.threshold if rule.threshold is not None or bounds is None else bounds.default
    return {
        "name": rule.name,
        "expression": rule.expression,
        "threshold": f"{threshold / WORDS[rule.kind].factor:g}" if threshold is not None else None,
        "track": rule.track,
        "scope": "every" if rule.every_profile else "some",
        "profiles": [] if rule._state.adding else list(rule.profiles.values_list("id", flat=True)),
        "enabled": rule.enabled,
        "version": rule.version,
    }


def condition_of(rule: AlertRule) -> str:
    """What it watches for, in a line."""
    if rule.kind == "phrase":
        return rule.expression
    words = WORDS[rule.kind]
    value = f"{(rule.threshold or 0) / words.factor:g}"
    return {
        "silence": gettext("after %(value)s seconds"),
        "long": gettext("after %(value)s minutes"),
        "confidence": gettext("below %(value)s %%"),
        "mood": gettext("below %(value)s"),
    }[rule.kind] % {"value": value}


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    rules = [(rule, condition_of(rule)) for rule in AlertRule.objects.prefetch_related("profiles")]
    examples = [
        (
            example,
            condition_of(AlertRule(**{name: getattr(example, name) for name in ("kind", "expression", "threshold")})),
        )
        for example in service.EXAMPLES.values()
    ]
    return render(request, "alert_rules.html", {"rules": rules, "examples": examples, "tracks": TRACKS})


@for_admins
def choose_kind(request: HttpRequest) -> HttpResponse:
    kinds = [(kind, label, WORDS[kind].summary) for kind, label in AlertKind.choices]
    return render(request, "alert_rule_new.html", {"kinds": kinds})


@for_admins
def create(request: HttpRequest, alert_kind: str) -> HttpResponse:
    if alert_kind not in KINDS:
        raise Http404(gettext("There is no such kind of rule."))
    return _form_page(request, AlertRule(kind=alert_kind, enabled=KINDS[alert_kind].enabled))


@for_admins
def edit(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    return _form_page(request, get_object_or_404(AlertRule, id=rule_id))


def _form_page(request: HttpRequest, rule: AlertRule) -> HttpResponse:
    is_new = rule._state.adding
    form = AlertRuleForm(request.POST if request.method == "POST" else None, rule=rule)
    conflict = False
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            service.save_rule(
                rule,
                by=requester_of(request),
                profiles=[] if told["scope"] == "every" else told["profiles"],
                expected_version=None if is_new else told["version"],
            )
        except service.VersionConflict:
            conflict = True
        except service.TooManyRules as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("“%(name)s” is saved.") % {"name": rule.name})
            return redirect("pages:team-alerts")
    stored = None if is_new else AlertRule.objects.get(id=rule.id)
    if conflict and stored is not None:
        overwrite_next(form, stored.version)
    context = {
        "form": form,
        "conflict": conflict,
        "rule": stored,
        "kind": rule.kind,
        "kind_label": rule.get_kind_display(),
        "words": WORDS[rule.kind],
        "lost_profiles": stored and not stored.every_profile and not stored.profiles.exists(),
        "has_profiles": StreamingProfile.objects.exists(),
        "raised": stored.alerts.count() if stored else 0,
    }
    return render(request, "alert_rule.html", context, status=409 if conflict else 422 if form.errors else 200)


@for_admins
@require_POST
def add_example(request: HttpRequest, example: str) -> HttpResponse:
    try:
        rule = service.add_example(example, by=requester_of(request))
    except service.TooManyRules as error:
        messages.error(request, str(error))
        return redirect("pages:team-alerts")
    if rule is None:
        raise Http404(gettext("There is no such example."))
    messages.success(request, gettext("“%(name)s” is added and watches from now on.") % {"name": rule.name})
    return redirect("pages:team-alerts")


@for_admins
def delete(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    rule = get_object_or_404(AlertRule, id=rule_id)
    if request.method == "POST":
        service.delete_rule(rule, by=requester_of(request))
        messages.success(request, gettext("“%(name)s” is deleted.") % {"name": rule.name})
        return redirect("pages:team-alerts")
    return render(request, "alert_rule_delete.html", {"rule": rule})
