"""Sensitive data in what is stored: segments with what must not be seen taken out, and when it was said.

`Segment.masked` holds (kind, start, end) for each place that was taken out, in ms on the call's timeline: what the
recording is silent for. The kind `open` is of a number that is not decided yet, or never was because the process died.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Segment, SkippedPassage, StreamingProfile
from calls.models.calls import State
from calls.privacy.finding import KINDS, Kind
from calls.privacy.hiding import DOT, Place, Word, hide, hide_words
from calls.privacy.masking import Masker

BLIND_WARNING = _(
    "Sensitive data can't be taken out without a recogniser: recordings keep what was said. Choose a recogniser."
)
OPEN = "open"
MARGIN_MS = 150  # of silence before and after
UNTOLD_MS = 2_000  # after the end of a stream that was interrupted, which nobody knows exactly
NEIGHBOUR_MS = 20_000  # what may belong to a passage that was transcribed later
KEYS = re.compile(r"\[keys: ([0-9*#A-D]+)\]")
KEY_MS = 500  # that a key and the pause after it take, where a vendor tells of several at once
SYLLABLE_MS = 90  # that a character of speech takes, where nobody says when it was said


def is_blind(profile: StreamingProfile) -> bool:
    """It wants sensitive data masked, and no recogniser that would find any."""
    return bool(profile.mask) and (profile.recognizer or settings.HUB_RECOGNIZER) == "off"


def kinds_of(mask: Iterable[str]) -> list[Kind]:
    """What is stored of a profile or call, as kinds."""
    return [kind for kind in KINDS if kind in mask]


def spoken_text(segment: Segment) -> str:
    """What of a segment's text a caller said or pressed."""
    keys = KEYS.fullmatch(segment.text)
    return keys[1] if keys else segment.text


def hidden(segment: Segment, places: Sequence[Place]) -> Segment:
    """The segment without what is at the places of its `spoken_text`. Another object, so that the one given stays."""
    start_ms, end_ms = _said(segment)
    words = [Word(*word) for word in segment.words]
    left = hide_words(segment.text, words, places, start_ms, end_ms)
    keys = KEYS.fullmatch(segment.text)
    text = f"[keys: {_without_keys(keys[1], places)}]" if keys else hide(segment.text, places)
    return Segment(
        id=segment.id,
        call_id=segment.call_id,
        stream_id=segment.stream_id,
        track=segment.track,
        participant=segment.participant,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        text=text,
        language=segment.language,
        confidence=segment.confidence,
        words=[list(word) for word in left.words],
        masked=[[kind or OPEN, start, end] for kind, start, end in left.times],
    )


def _said(segment: Segment) -> tuple[int, int]:
    """When it was said, as far as its own times tell. Of keys and text that a vendor tells, they are when it told."""
    if segment.end_ms > segment.start_ms:
        return segment.start_ms, segment.end_ms
    keys = KEYS.fullmatch(segment.text)
    took = len(keys[1]) * KEY_MS if keys else len(segment.text) * SYLLABLE_MS
    return max(0, segment.start_ms - took), segment.end_ms + KEY_MS


def _without_keys(keys: str, places: Sequence[Place]) -> str:
    shown = list(keys)
    for place in places:
        shown[place.start : place.end] = DOT * (place.end - place.start)
    return "".join(shown)


def mask_later(call: Call, segments: Sequence[Segment]) -> tuple[list[Segment], list[Segment]]:
    """Of segments that come after the call, of one stream and track: themselves masked, and those that were stored before
    and hold another part of the same number."""
    kinds = kinds_of(call.mask)
    if not kinds or not segments:
        return list(segments), []
    first, last = min(s.start_ms for s in segments), max(s.end_ms for s in segments)
    stored = Segment.objects.filter(
        call=call.id, start_ms__lt=last + NEIGHBOUR_MS, end_ms__gt=max(0, first - NEIGHBOUR_MS)
    )
    masker = Masker(kinds, segments[0].language)
    places: dict[Any, list[Place]] = {}
    for segment in sorted([*stored, *segments], key=lambda segment: (segment.start_ms, segment.end_ms)):
        speaker = f"{segment.stream_id} {segment.track}"
        places |= masker.final(speaker, segment.id, spoken_text(segment), segment.end_ms / 1000)
    places |= masker.finish()
    masked = [hidden(segment, places[segment.id]) for segment in segments]
    rewritten = []
    for segment in stored:
        if places[segment.id]:
            changed = hidden(segment, places[segment.id])
            changed.masked = [*segment.masked, *changed.masked]
            rewritten.append(changed)
    return masked, rewritten


def mask_values(value: Any, mask: Iterable[str], language: str) -> Any:
    """JSON with every text in it masked, each by itself."""
    kinds = kinds_of(mask)
    if not kinds:
        return value
    if isinstance(value, str):
        masker = Masker(kinds, language)
        places = {**masker.final("", 0, value, 0), **masker.finish()}
        return hide(value, places[0])
    if isinstance(value, Mapping):
        return {key: mask_values(entry, kinds, language) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [mask_values(entry, kinds, language) for entry in value]
    return value


def mask_text(call: Call, text: str) -> str:
    """What somebody wrote about a call."""
    if not call.mask:
        return text
    masked: str = mask_values(text, call.mask, call.profile.language if call.profile else "")
    return masked


def silences(call: Call) -> list[tuple[int, int]]:
    """What nobody may hear of a call: from and to, in ms on its timeline, in order. Also what no recogniser heard, or told
    before its process died, since nobody knows what was said in it."""
    if not call.mask:
        return []
    times = [
        (max(0, start - MARGIN_MS), end + MARGIN_MS)
        for masked in call.segments.exclude(masked=[]).values_list("masked", flat=True)
        for _kind, start, end in masked
    ]
    unheard = call.skipped_passages.exclude(state=SkippedPassage.State.DONE)
    times += unheard.values_list("start_ms", "end_ms")
    times += _untold(call)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(times):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _untold(call: Call) -> Iterator[tuple[int, int]]:
    """From the last words of each stream whose process died to its end."""
    interrupted = call.streams.filter(state=State.INTERRUPTED).annotate(told_ms=Max("segments__end_ms"))
    for stream in interrupted.exclude(told_ms=None):
        if call.audio_started_at and stream.ended_at:
            end_ms = round((stream.ended_at - call.audio_started_at).total_seconds() * 1000)
            yield stream.told_ms, max(stream.told_ms, end_ms) + UNTOLD_MS
