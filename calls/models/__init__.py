"""Rows: fields, constraints, derived properties and QuerySet methods. Writes that span rows live in `calls.services`."""

from calls.models.accounts import ApiKey, Team, User
from calls.models.address_book import TransferTarget
from calls.models.alerts import Alert, AlertRule
from calls.models.calls import Call, Recording, Segment, SkippedPassage, Stream
from calls.models.checks import ProfileCheck
from calls.models.commands import AuditEntry, Command, VendorAccount
from calls.models.help import HelpRequest
from calls.models.notes import Note, Summary, Tag
from calls.models.pairings import EmbedPairing, EmbedTicket
from calls.models.profiles import EmbedKey, RefusedStream, StreamingProfile
from calls.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "Alert",
    "AlertRule",
    "ApiKey",
    "AuditEntry",
    "Call",
    "Command",
    "EmbedKey",
    "EmbedPairing",
    "EmbedTicket",
    "HelpRequest",
    "Note",
    "ProfileCheck",
    "Recording",
    "RefusedStream",
    "Segment",
    "SkippedPassage",
    "Stream",
    "StreamingProfile",
    "Summary",
    "Tag",
    "Team",
    "TransferTarget",
    "User",
    "VendorAccount",
    "Webhook",
    "WebhookDelivery",
]
