"""The audit as people read it: a sentence for each action, and where it leads.

In a sentence {call} is the call, {subject} what it was done to, other names are of the entry's `detail`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.apps import apps
from django.urls import reverse
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.capabilities import with_parameters
from calls.commands import BOT_COMMANDS, Capability
from calls.models import ApiKey, AuditEntry
from calls.models.accounts import Role
from calls.vendors import VENDORS
from calls.vendors.base import capabilities_of

SENTENCES: dict[str, str | Promise] = {
    "call.read": _("read {call}"),
    "wall.read": _("watched the wall of live calls"),
    "recording.read": _("played or fetched the recording of {call}"),
    "transcript.txt": _("exported the transcript of {call} as text"),
    "transcript.vtt": _("exported the transcript of {call} as WebVTT"),
    "transcript.srt": _("exported the transcript of {call} as SubRip"),
    "call.exported": _("exported all of {call}"),
    "calls.search": _("searched the calls for {subject}"),
    "audit.export": _("exported the audit as {subject}"),
    "call.listen": _("began to listen to {call}"),
    "call.listen_end": _("listened to {call} for {seconds} seconds"),
    "call.removed": _("deleted {call} for good"),
    "command": _("asked for {command} in {call}"),
    "help.ask": _("asked for help in {call}"),
    "help.withdraw": _("no longer asked for help in {call}"),
    "help.resolve": _("took care of the help asked for in {call}"),
    "alert.acknowledge": _("dealt with an alert of {call}"),
    "note.create": _("wrote a note on {call}"),
    "note.change": _("changed a note on {call}"),
    "note.delete": _("deleted a note on {call}"),
    "tag.add": _("tagged {call} with {subject}"),
    "tag.remove": _("took the tag {subject} off {call}"),
    "summary.make": _("had {call} summed up"),
    "sign-in": _("signed in"),
    "sign-in.fail": _("failed to sign in as {subject}"),
    "sign-in.locked": _("was kept from guessing the password of {subject}"),
    "sign-out": _("signed out"),
    "second-factor.add": _("set up a second factor: {subject}"),
    "second-factor.remove": _("removed a second factor: {subject}"),
    "second-factor.reset": _("made new recovery codes"),
    "embed.paired": _("paired an iFrame: {subject}"),
    "embed.unpaired": _("ended the pairing of an iFrame: {subject}"),
    "user.create": _("made the account {subject}"),
    "user.change": _("changed the account {subject}"),
    "user.delete": _("deleted the account {subject}"),
    "user.password": _("chose a new password"),
    "user.profile": _("changed their own name or address"),
    "user.password_link": _("made a link to set the password of {subject}"),
    "user.second_factor": _("removed the second factor of {subject}"),
    "team.create": _("made the team {subject}"),
    "team.change": _("changed the team {subject}"),
    "team.delete": _("deleted the team {subject}"),
    "api-key.create": _("made the API key {subject}"),
    "api-key.revoke": _("revoked the API key {subject}"),
    "profile.create": _("made the profile {subject}"),
    "profile.change": _("changed the profile {subject}"),
    "profile.delete": _("deleted the profile {subject}"),
    "profile.reveal": _("was shown the secret of the profile {subject}"),
    "profile.test_ticket": _("opened the test page of the profile {subject}"),
    "profile.check": _("checked the profile {subject}"),
    "profile.provision": _("pushed the profile {subject} to the vendor"),
    "profile.unprovision": _("removed the profile {subject} from the vendor"),
    "embed-key.create": _("made an embed key for the profile {subject}"),
    "embed-key.revoke": _("revoked an embed key of the profile {subject}"),
    "refused-stream.dismiss": _("took a refused stream off the list: {subject}"),
    "bot.create": _("made the bot {subject}"),
    "bot.change": _("changed the bot {subject}"),
    "bot.restore": _("went back to an older version of the bot {subject}"),
    "bot.delete": _("deleted the bot {subject}"),
    "webhook.create": _("made the webhook {subject}"),
    "webhook.update": _("changed the webhook {subject}"),
    "webhook.delete": _("deleted the webhook {subject}"),
    "webhook.rotate": _("made a new secret for the webhook {subject}"),
    "webhook.test": _("sent a test to the webhook {subject}"),
    "webhook.retry": _("repeated a delivery to the webhook {subject}"),
    "webhook.disable": _("switched off the webhook {subject}"),
    "alert_rule.create": _("made the alert rule {subject}"),
    "alert_rule.update": _("changed the alert rule {subject}"),
    "alert_rule.delete": _("deleted the alert rule {subject}"),
    "vendor-account.create": _("added the vendor account {subject}"),
    "vendor-account.change": _("changed the vendor account {subject}"),
    "vendor-account.delete": _("deleted the vendor account {subject}"),
    "vendor-account.check": _("logged in with the vendor account {subject}"),
    "target.create": _("added {subject} to the address book"),
    "target.change": _("changed {subject} in the address book"),
    "target.delete": _("took {subject} out of the address book"),
    "recognizer.try": _("tried the recogniser {subject}"),
}
# What can be chosen together: by the beginning of their actions.
GROUPS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "reading": (
        _("Read, searched, exported"),
        (
            "call.read",
            "wall",
            "recording",
            "transcript",
            "call.exported",
            "calls.search",
            "audit.export",
        ),
    ),
    "listening": (_("Listened"), ("call.listen", "call.listen_end")),
    "acting": (_("Acted on calls"), ("command", "help", "alert", "note", "tag", "summary", "call.removed")),
    "signing-in": (_("Signed in or out"), ("sign-in", "sign-out", "second-factor", "embed")),
    "people": (_("Users, teams, keys"), ("user", "team", "api-key")),
    "profiles": (_("Profiles"), ("profile", "embed-key", "refused-stream")),
    "settings": (
        _("Bots, webhooks, rules, accounts"),
        ("bot", "webhook", "alert_rule", "vendor-account", "target", "recognizer"),
    ),
}
# A key of `detail` that leads to a page: whose rows, and the page's name and argument.
LINKED: dict[str, tuple[str, str, str]] = {
    "profile": ("calls.StreamingProfile", "pages:profile", "profile_id"),
    "user": ("calls.User", "pages:team-user", "user_id"),
    "team": ("calls.Team", "pages:team-team", "team_id"),
    "webhook": ("calls.Webhook", "pages:team-webhook", "webhook_id"),
    "rule": ("calls.AlertRule", "pages:team-alert", "rule_id"),
    "bot": ("bots.Bot", "bots:bot", "bot_id"),
}
NOBODIES: dict[str, str | Promise] = {
    "the hub": _("the hub"),
    "somebody": _("somebody"),
    "single sign-on": _("single sign-on"),
}
# What keys of `detail` are called; others are shown as they are written.
FACTS: dict[str, str | Promise] = {
    "address": _("address"),
    "changed": _("changed"),
    "enabled": _("enabled"),
    "filters": _("filters"),
    "method": _("method"),
    "owner": _("owner"),
    "params": _("parameters"),
    "prefix": _("begins with"),
    "profilesAdded": _("profiles added"),
    "profilesRemoved": _("profiles removed"),
    "reason": _("reason"),
    "retentionDays": _("days kept"),
    "role": _("role"),
    "scope": _("scope"),
    "seconds": _("seconds"),
    "teams": _("teams"),
    "url": _("address"),
    "usersAdded": _("people added"),
    "usersRemoved": _("people removed"),
    "version": _("version"),
}
VALUES: dict[str, dict[str, str | Promise]] = {
    "role": {role.value: role.label for role in Role},
    "scope": {scope.value: scope.label for scope in ApiKey.Scope},
    "method": {"password": _("password"), "single sign-on": _("single sign-on")},
    "reason": {"password": _("wrong password"), "second factor": _("wrong code"), "locked": _("too many tries")},
}
IDS = frozenset({*LINKED, "key", "command", "began", "delivery", "note", "call", "alert"})


class Piece(NamedTuple):
    """A part of a sentence. `link` is an address or empty; `is_name` marks what is not of our own words."""

    text: str
    link: str = ""
    is_name: bool = False


class Told(NamedTuple):
    entry: AuditEntry
    who: str
    pieces: list[Piece]
    facts: list[tuple[str, str]]


def tell(entries: Iterable[AuditEntry]) -> list[Told]:
    """Sentences; a query for each kind of page that they lead to."""
    entries = list(entries)
    there = {key: _still_there(key, entries) for key in LINKED}
    return [
        Told(entry, _who(entry.actor_name), _pieces(entry, _link(entry, there)), _facts(entry)) for entry in entries
    ]


def _who(name: str) -> str:
    return str(NOBODIES.get(name, name))


def _still_there(key: str, entries: list[AuditEntry]) -> set[str]:
    ids = {str(entry.detail[key]) for entry in entries if isinstance(entry.detail.get(key), str | int)}
    rows = apps.get_model(LINKED[key][0])._default_manager
    return {str(pk) for pk in rows.filter(pk__in=ids).values_list("pk", flat=True)}


def _link(entry: AuditEntry, there: dict[str, set[str]]) -> str:
    for key, (_rows, page, argument) in LINKED.items():
        value = str(entry.detail.get(key))
        if value in there[key]:
            return reverse(page, kwargs={argument: value})
    return ""


def _pieces(entry: AuditEntry, link: str) -> list[Piece]:
    kind = entry.action.partition(".")[0]
    known = SENTENCES.get(entry.action) or SENTENCES.get(kind)
    sentence = str(known) if known else gettext("did: {action} {subject}")
    return [
        _named(text[1:-1], entry, link) if text.startswith("{") else Piece(text)
        for text in re.split(r"(\{\w+\})", sentence)
        if text
    ]


def _named(name: str, entry: AuditEntry, link: str) -> Piece:
    if name == "call":
        number = entry.call.vendor_call_id if entry.call else entry.subject
        page = reverse("pages:call", args=[entry.call_id]) if entry.call else ""
        return Piece(gettext("call %(number)s") % {"number": number} if number else gettext("a call"), page)
    if name == "subject":
        return Piece(entry.subject or gettext("(no name)"), link, is_name=True)
    values: dict[str, Any] = {**entry.detail, "action": entry.action, "command": _command(entry)}
    return Piece(str(values.get(name, "")), is_name=True)


def _command(entry: AuditEntry) -> str:
    """By the label of its button, while the call is there to tell the vendor."""
    type = entry.action.partition(".")[2]
    if type in BOT_COMMANDS:
        return gettext(BOT_COMMANDS[type])
    vendor = VENDORS.get(entry.call.vendor) if entry.call else None
    declared = capabilities_of(vendor, {}).get(type) if vendor else None
    return gettext(with_parameters(type, declared or Capability(supported=False)).label)


def _facts(entry: AuditEntry) -> list[tuple[str, str]]:
    """The rest of `detail`, in words."""
    found = []
    for name, value in entry.detail.items():
        if name == "changed" and entry.action.endswith(".create"):
            continue  # all of it
        if name in IDS or value in (None, "", [], {}) or f"{{{name}}}" in str(SENTENCES.get(entry.action, "")):
            continue
        words = FACTS.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
        told = VALUES.get(name, {}).get(value) if isinstance(value, str) else None
        found.append((str(words), str(told or _text(value))))
    return found


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(localize(value)) if isinstance(value, float) else str(value)
