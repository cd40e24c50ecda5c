"""Rows: fields, constraints, derived properties and QuerySet methods. Writes that span rows live in `calls.services`."""

from calls.models.accounts import ApiKey, User
from calls.models.calls import Call, Recording, Segment, SkippedPassage, Stream
from calls.models.profiles import EmbedKey, EmbedTicket, RefusedStream, StreamingProfile

__all__ = [
    "ApiKey",
    "Call",
    "EmbedKey",
    "EmbedTicket",
    "Recording",
    "RefusedStream",
    "Segment",
    "SkippedPassage",
    "Stream",
    "StreamingProfile",
    "User",
]
