"""Transcribing, after the call, what the recogniser had to skip while it was live.

Due passages of one call are claimed together and read from the spools; a recogniser of this sweep's own hears them, at
its own pace.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from calls import live
from calls.audio import spool
from calls.models import SkippedPassage
from calls.models.calls import State
from calls.services.alert_watch import watch_segments
from calls.services.masking import mask_later
from calls.services.storage import mapped, spool_path
from calls.services.transcripts import emit_if_ready, segment_of, store_transcript
from calls.stt import make_recognizer
from calls.stt.base import Final, Recognizer, RecognizerEvent, Skipped, TrackConfig
from calls.stt.converting import open_track
from calls.transcript_shapes import segment_shape

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=10)
MAX_ATTEMPTS = 3
MAX_PASSAGES = 50  # of one call, in one sweep
PIECE_SECONDS = 0.5
MAX_LAG_MS = 4000  # how far ahead of the recogniser audio is fed


def transcribe_due_passages() -> int:
    """Transcribes the skipped passages of one ended call, if any is due. Returns how many were tried."""
    passages = _claim()
    if not passages:
        return 0
    try:
        heard = asyncio.run(_hear(passages))
    except Exception as error:
        log.warning("%d skipped passages of call %s stay open: %s", len(passages), passages[0].call_id, error)
        heard = {}
    for passage in passages:
        _store(passage, heard.get(passage.id))
    return len(passages)


def _claim() -> list[SkippedPassage]:
    due = SkippedPassage.objects.filter(state=SkippedPassage.State.PENDING, due_at__lte=timezone.now())
    with transaction.atomic():
        first = due.exclude(call__state=State.LIVE).select_for_update(skip_locked=True, of=("self",)).first()
        if first is None:
            return []
        passages = list(
            due.filter(call=first.call_id)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("stream", "call__profile")[:MAX_PASSAGES]
        )
        for passage in passages:
            passage.due_at = timezone.now() + CLAIM
            passage.attempts += 1
        SkippedPassage.objects.bulk_update(passages, ["due_at", "attempts"])
    return passages


async def _hear(passages: Sequence[SkippedPassage]) -> dict[object, list[Final]]:
    """The finals of each passage that was heard in full, by its id. Times are on the stream's timeline."""
    profile = passages[0].call.profile
    name = (profile.recognizer if profile else "") or settings.HUB_RECOGNIZER
    if name == "off":
        return {passage.id: [] for passage in passages}
    options = settings.HUB_RECOGNIZER_OPTIONS.get(name, {})
    recognizer = make_recognizer(name, options, production=settings.PRODUCTION)
    await recognizer.start()
    heard: dict[object, list[Final]] = {}
    try:
        for passage in passages:
            finals = await _hear_one(recognizer, passage)
            if finals is not None:
                heard[passage.id] = finals
    finally:
        await recognizer.close()
    return heard


async def _hear_one(recognizer: Recognizer, passage: SkippedPassage) -> list[Final] | None:
    """None where the recogniser skipped some of it again."""
    stream, profile = passage.stream, passage.call.profile
    events: list[RecognizerEvent] = []
    config = TrackConfig(
        encoding=stream.encoding,
        rate=stream.sample_rate,
        language=profile.language if profile else "en-US",
        phrases=tuple(profile.phrases) if profile else (),
    )
    track = open_track(recognizer, config, events.append)
    try:
        for position, audio in _audio(passage):
            while track.lag_ms > MAX_LAG_MS:  # noqa: ASYNC110  (the engine has no event for it)
                await asyncio.sleep(0.05)
            track.feed(position, audio)
        await track.finish()
    finally:
        track.close()
    if any(isinstance(event, Skipped) for event in events):
        return None
    return [event for event in events if isinstance(event, Final)]


def _audio(passage: SkippedPassage) -> list[tuple[int, bytes]]:
    """What the spool holds of a passage, in pieces: `(sample position on the stream's timeline, audio)`."""
    stream = passage.stream
    offset = stream.offset_ms or 0
    samples_a_ms = stream.sample_rate / 1000
    start, stop = (round((ms - offset) * samples_a_ms) for ms in (passage.start_ms, passage.end_ms))
    width = 2 if stream.encoding == "l16" else 1
    step = round(PIECE_SECONDS * stream.sample_rate)
    pieces = []
    path = spool_path(stream.id)
    if not path.exists() or not path.stat().st_size:
        return []
    with mapped(path) as view:
        for record in spool.records(view):
            low, high = max(start, record.position), min(stop, record.position + record.length // width)
            if record.track != passage.track or low >= high:
                continue
            begin = record.start + (low - record.position) * width
            audio = bytes(view[begin : begin + (high - low) * width])
            pieces += [(low + at, audio[at * width : (at + step) * width]) for at in range(0, high - low, step)]
    return pieces


def _store(passage: SkippedPassage, finals: list[Final] | None) -> None:
    """Stores what was heard and publishes it; sets when a passage that was not is tried again, if ever."""
    stream, profile = passage.stream, passage.call.profile
    segments = [
        segment_of(
            final,
            call_id=passage.call_id,
            stream_id=stream.id,
            track=passage.track,
            agent_id=stream.agent_id,
            offset_ms=stream.offset_ms or 0,
            language=profile.language if profile else "",
        )
        for final in finals or ()
    ]
    if finals is not None:
        passage.state = SkippedPassage.State.DONE
    elif passage.attempts >= MAX_ATTEMPTS:
        passage.state = SkippedPassage.State.FAILED
    else:
        passage.due_at = timezone.now() + timedelta(minutes=1)
    segments, rewritten = mask_later(passage.call, segments)
    with transaction.atomic():
        store_transcript(segments, rewritten=rewritten)
        passage.save(update_fields=["state", "due_at"])
        if passage.state != SkippedPassage.State.PENDING:
            emit_if_ready(passage.call)
    for segment in (*rewritten, *segments):
        live.publish(passage.call_id, "segment.final", segment=segment_shape(segment))
    watch_segments(segments)
