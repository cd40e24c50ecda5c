"""Finishing recordings: the spools of a call's streams become one stereo WAV.

Due rows are claimed one by one; a worker that dies loses its claim, and the row is due again. The file is written
aside, synced and renamed, so that a recording is whole or absent.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from calls.audio import wav
from calls.audio.mix import Mixer, StreamAudio
from calls.audio.peaks import Peaks
from calls.audio.silence import silence
from calls.models import Call, Recording, SkippedPassage, Stream
from calls.models.calls import State
from calls.services import webhook_events
from calls.services.masking import silences
from calls.services.peaks import write_peaks
from calls.services.storage import mapped, peaks_path, recording_name, spool_path

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=10)  # longer than any recording takes; afterwards somebody else may try
RETRY = timedelta(seconds=30)  # doubled with each attempt
MAX_ATTEMPTS = 8


def finish_due_recordings(limit: int = 20) -> int:
    """Finishes recordings that are due. Returns how many were tried."""
    for count in range(limit):
        call_id = _claim()
        if call_id is None:
            return count
        try:
            _finish(call_id)
        except Exception as error:
            log.exception("the recording of call %s could not be finished", call_id)
            _fail(call_id, error)
    return limit


def _claim() -> UUID | None:
    unheard = SkippedPassage.objects.filter(call=OuterRef("call"), state=SkippedPassage.State.PENDING)
    with transaction.atomic():
        recording = (
            Recording.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=Recording.State.PENDING, due_at__lte=timezone.now())
            .exclude(call__state=State.LIVE)
            .exclude(~Q(call__mask=[]) & Exists(unheard))  # which may have to be silent
            .order_by("due_at")
            .first()
        )
        if recording is None:
            return None
        recording.due_at = timezone.now() + CLAIM
        recording.attempts += 1
        recording.save(update_fields=["due_at", "attempts"])
        return recording.call_id


def _finish(call_id: UUID) -> None:
    call = Call.objects.get(id=call_id)
    streams = list(call.streams.exclude(offset_ms=None))
    streams.sort(key=lambda stream: (_number(stream.session_id), stream.started_at))
    times = silences(call)
    with ExitStack() as stack:
        audio = []
        for order, stream in enumerate(streams):
            path = spool_path(stream.id)
            if path.exists() and path.stat().st_size:
                if times:
                    _silence(path, stream, times)
                view = stack.enter_context(mapped(path))
                audio.append(StreamAudio(view, stream.sample_rate, stream.offset_ms or 0, order))
        mixer = Mixer(audio)
        name = recording_name(call)
        size = _write(mixer, Path(settings.HUB_DATA_DIR) / name) if mixer.frames else 0
        duration_ms, rate = mixer.frames * 1000 // mixer.rate, mixer.rate
        del mixer, audio
    # A stream that joined meanwhile made the row due again: then this result is not the last word.
    with transaction.atomic():
        recording = Recording.objects.select_for_update().get(call_id=call_id)
        if recording.attempts == 0:
            return
        recording.state = Recording.State.READY if size else Recording.State.EMPTY
        recording.file, recording.size = (name, size) if size else ("", 0)
        recording.duration_ms, recording.sample_rate, recording.error = duration_ms, rate, ""
        recording.save()
        if size:
            webhook_events.emit("recording.ready", call_id, lambda: {"recording": recording_facts(recording)})


def _silence(path: Path, stream: Stream, times: Sequence[tuple[int, int]]) -> None:
    """In the spool itself, of which everything else that is heard is made."""
    with mapped(path, writable=True) as view:
        silence(view, rate=stream.sample_rate, offset_ms=stream.offset_ms or 0, times=times)


def recording_facts(recording: Recording) -> dict[str, Any]:
    """What a webhook tells of a finished recording."""
    return {
        "durationMs": recording.duration_ms,
        "sampleRate": recording.sample_rate,
        "size": recording.size,
        "url": f"{settings.HUB_PUBLIC_URL}/api/v1/calls/{recording.call_id}/recording/",
    }


def _number(session_id: str) -> tuple[int, str]:
    return (int(session_id), "") if session_id.isdecimal() else (1 << 62, session_id)


def _write(mixer: Mixer, path: Path) -> int:
    peaks = Peaks(mixer.rate)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with open(part, "wb") as file:
        file.write(wav.header(data_bytes=mixer.frames * 4, rate=mixer.rate, channels=2))
        for block in mixer.blocks():
            file.write(block)
            peaks.feed(block)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    write_peaks(peaks, peaks_path(path))
    return path.stat().st_size


def _fail(call_id: UUID, error: Exception) -> None:
    with transaction.atomic():
        recording = Recording.objects.select_for_update().get(call_id=call_id)
        recording.error = f"{type(error).__name__}: {error}"[:500]
        if recording.attempts >= MAX_ATTEMPTS:
            recording.state = Recording.State.FAILED
        else:
            recording.due_at = timezone.now() + RETRY * 2 ** (recording.attempts - 1)
        recording.save()
