"""Texts that are data and not code: what vendors, recognisers, kinds of bots and models say of themselves.

They stand where no Django may be, in plain English, and are translated where they are shown: by `gettext(option.label)`, by
`{% translate vendor.summary %}`, and in scripts, for which the catalogue holds those of `texts_of_actions`.
`manage.py makemessages` takes them into the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from django.apps import apps

from bots.kinds import KINDS
from bots.pages.layout import LAYOUT
from calls import capabilities, stt, tts
from calls.commands import BOT_COMMANDS, COMMANDS, Capability
from calls.vendors import VENDORS
from calls.vendors.base import VendorInfo, account_missing

# Of the structs that declare something: the fields that people read.
READ = ("label", "help", "note", "title", "lead", "add", "reason", "description", "summary", "account_id_label")


def declared_texts() -> set[str]:
    texts = {*texts_of_actions(), *_texts_of_models()}
    for vendor in VENDORS.values():
        texts.update(vendor.setup)
        for declared in (vendor, *vendor.options.values(), *vendor.account):
            texts.update(_read(declared))
        for option in vendor.options.values():
            texts.update(option.choice_labels)
    for kind in KINDS.values():
        for declared in (kind, *kind.secrets):
            texts.update(_read(declared))
    for groups in LAYOUT.values():
        for group in groups:
            texts.update(_of_layout(group))
    for recognizer in stt.ENGINES.values():
        texts.update(_read(recognizer.capabilities))
    for synthesizer in tts.ENGINES.values():
        texts.update(_read(synthesizer.capabilities))
    return {text for text in texts if any(letter.isalpha() for letter in text)}


def texts_of_actions() -> set[str]:
    """What a call's action bar says: labels of commands, of their fields and choices, and why one can't be given."""
    texts = {*BOT_COMMANDS.values(), capabilities.OVER, capabilities.DISCONNECTED, capabilities.NO_BOT}
    for label, parameters in COMMANDS.values():
        texts.update((label, *(parameter.label for parameter in parameters)))
    for vendor in VENDORS.values():
        texts.add(account_missing(vendor))
        for capability in _capabilities(vendor):
            texts.update(_read(capability))
            for parameter in capability.parameters:
                texts.update((parameter.label, *parameter.choices))
    return texts - {""}


def _capabilities(vendor: VendorInfo) -> Iterator[Capability]:
    """Those that every profile has, and those that only a choice of an option brings."""
    yield from vendor.capabilities.values()
    usual = {name: option.default for name, option in vendor.options.items()}
    for name, option in vendor.options.items():
        for choice in option.choices or (True, False):
            yield from vendor.adapt({**usual, name: choice}).values()


def _read(declared: msgspec.Struct) -> Iterator[str]:
    for name in READ:
        if isinstance(text := getattr(declared, name, ""), str):
            yield text


def _of_layout(declared: msgspec.Struct) -> Iterator[str]:
    yield from _read(declared)
    yield from (label for _, label in getattr(declared, "choices", ()))
    for part in (*getattr(declared, "items", ()), *getattr(declared, "fields", ())):
        yield from _of_layout(part)


def _texts_of_models() -> Iterator[str]:
    """Labels of the states, roles and types that rows have."""
    for model in apps.get_models():
        if model.__module__.partition(".")[0] in ("calls", "bots"):
            for field in model._meta.get_fields():
                for _, label in getattr(field, "flatchoices", ()):
                    if isinstance(label, str):
                        yield label
