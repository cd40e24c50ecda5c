"""What a vendor that goes on with a call takes for granted that we know of it."""

from __future__ import annotations

from collections.abc import Mapping

from calls.events import CallInfo
from calls.models import Stream, StreamingProfile
from calls.services.calls import call_key


def last_told(*, profile: StreamingProfile, info: CallInfo) -> Mapping[str, str]:
    """`CallInfo.extra` of the call's newest stream; empty where there is none."""
    streams = Stream.objects.filter(call__key=call_key(profile, info)).order_by("-started_at", "-id")
    metadata = streams.values_list("metadata", flat=True).first() or {}
    extra: dict[str, str] = metadata.get("extra", {})
    return extra
