"""A bot's settings as the fields of a form, each named as the API names it: `config.lookups[0].url`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from django import forms
from django.conf import settings
from django.utils.translation import gettext
from msgspec import inspect

from bots.kinds import KINDS
from bots.models import Bot
from bots.pages.layout import LAYOUT, Field, Group, Item, Rows, SecretField
from calls.tts import list_engines

BLANK = "[*]"  # stands for the index in the row that a script copies


class ShownField(NamedTuple):
    field: forms.BoundField
    help: str
    optional: bool
    shape: str  # `field`, `check`, `checks`


class ShownRows(NamedTuple):
    rows: Rows
    path: str
    filled: list[list[ShownField]]
    blank: list[ShownField]
    shape: str = "rows"


class ShownSecret(NamedTuple):
    """`field` is None where the hub makes the secret itself."""

    name: str
    label: str
    help: str
    stored: bool
    field: forms.BoundField | None
    shape: str = "secret"


class ShownGroup(NamedTuple):
    group: Group
    fields: list[ShownField | ShownRows | ShownSecret]


class SettingsForm(forms.Form):
    """Only shown: what is typed goes to the API, from a script."""

    def __init__(self, bot: Bot) -> None:
        super().__init__(label_suffix="")
        self.kind, self.stored_secrets = KINDS[bot.kind], bot.secrets
        values = {**msgspec.to_builtins(self.kind.config()), **bot.config}
        self.groups = [
            ShownGroup(group, [self._show(item, values) for item in group.items]) for group in LAYOUT[bot.kind]
        ]

    def _show(self, item: Item, values: Mapping[str, Any]) -> ShownField | ShownRows | ShownSecret:
        match item:
            case Field():
                return self._show_field(item, self.kind.config, "config", values)
            case Rows():
                return self._show_rows(item, values)
            case SecretField(name):
                return self._show_secret(name)

    def _show_rows(self, item: Rows, values: Mapping[str, Any]) -> ShownRows:
        path = f"config.{item.name}"
        entry = _types(self.kind.config)[item.name].item_type.cls  # type: ignore[attr-defined]
        filled = [
            [self._show_field(field, entry, f"{path}[{index}]", row) for field in item.fields]
            for index, row in enumerate(values[item.name])
        ]
        new = msgspec.to_builtins(entry())
        return ShownRows(
            item, path, filled, [self._show_field(field, entry, f"{path}{BLANK}", new) for field in item.fields]
        )

    def _show_secret(self, name: str) -> ShownSecret:
        secret = next(secret for secret in self.kind.secrets if secret.name == name)
        stored = bool(self.stored_secrets.get(name))
        if secret.generate is not None:
            return ShownSecret(name, gettext(secret.label), gettext(secret.help), stored, None)
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"})
        path = f"secrets.{name}"
        self.fields[path] = forms.CharField(required=False, label=gettext(secret.label), widget=widget)
        return ShownSecret(name, gettext(secret.label), gettext(secret.help), stored, self[path])

    def _show_field(self, item: Field, config: type, path: str, values: Mapping[str, Any]) -> ShownField:
        path = f"{path}.{item.name}"
        field, shape = _field(item, _types(config)[item.name], values[item.name])
        field.label, field.required = gettext(item.label), False
        if item.help:
            field.help_text = gettext(item.help)
        self.fields[path] = field
        return ShownField(self[path], gettext(item.help), item.optional, shape)


def _types(config: type) -> dict[str, inspect.Type]:
    """Of a struct's fields, by the names that the API has for them."""
    described = inspect.type_info(config)
    assert isinstance(described, inspect.StructType)
    return {field.encode_name: field.type for field in described.fields}


def _field(item: Field, type: inspect.Type, value: Any) -> tuple[forms.Field, str]:
    """A field with its value, and how it is laid out."""
    plain = {"autocomplete": "off", "spellcheck": "false"}
    match type:
        case inspect.BoolType():
            return forms.BooleanField(initial=value, required=False), "check"
        case inspect.VarTupleType():
            widget = forms.CheckboxSelectMultiple(attrs={"data-list": ""})
            return forms.MultipleChoiceField(choices=_choices(item), initial=value, widget=widget), "checks"
        case inspect.IntType() | inspect.FloatType() | inspect.UnionType():
            shown = int(value) if value is not None and value == int(value) else value
            number = forms.NumberInput(attrs={"step": "any", **_bounds(type)})
            return forms.CharField(initial=shown, widget=number), "field"
        case inspect.DictType():
            text = json.dumps(value, indent=2, ensure_ascii=False)
            box = forms.Textarea(attrs={**plain, "rows": item.lines, "data-json": "", "class": "mono"})
            return forms.CharField(initial=text, widget=box), "field"
    choices = _synthesizers() if item.name == "synthesizer" else _choices(item)
    if choices:
        return forms.ChoiceField(choices=choices, initial=value), "field"
    widget_of_text = forms.Textarea(attrs={"rows": item.lines}) if item.lines > 1 else forms.TextInput(attrs=plain)
    return forms.CharField(initial=value, widget=widget_of_text), "field"


def _bounds(type: inspect.Type) -> dict[str, Any]:
    if not isinstance(type, inspect.IntType):
        return {}
    return {"step": 1, **{name: low for name, low in (("min", type.ge), ("max", type.le)) if low is not None}}


def _choices(item: Field) -> list[tuple[str, str]]:
    return [(value, gettext(label)) for value, label in item.choices]


def _synthesizers() -> list[tuple[str, str]]:
    labels = {name: gettext(engine.label) for name, engine in list_engines().items()}
    default = labels.get(settings.HUB_SYNTHESIZER, settings.HUB_SYNTHESIZER)
    return [("", gettext("The installation's default (%(name)s)") % {"name": default}), *labels.items()]
