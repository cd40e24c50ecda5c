"""Recognisers as they are here, and what one of them hears in a recording. Nothing of that is kept."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from calls.events import AudioFormat
from calls.models import StreamingProfile
from calls.services import audit
from calls.stt import list_engines, make_recognizer
from calls.stt.base import Capabilities, Final, Recognizer, RecognizerEvent, RecognizerUnavailable, Skipped, TrackConfig
from calls.vendors.wav import read_wav

RATE = 16000  # Hz; what the audio really carries, the engine finds out itself
MAX_BYTES = 1_000_000  # the server takes no larger bodies (`hub/http.py`)
MAX_SECONDS = 30
PIECE = RATE  # bytes of half a second
MAX_LAG_MS = 4000
LIMIT_SECONDS = 90.0
_one_at_a_time = threading.Lock()


class Known(NamedTuple):
    name: str
    capabilities: Capabilities
    problem: str  # why it can't run here and what to do; "" where it can
    is_default: bool
    profiles: int  # that use it


class Heard(NamedTuple):
    finals: list[Final]
    duration_ms: int  # of the recording
    took_ms: int  # from the first sample to the last word
    start_ms: int  # to start the engine, which live calls find started
    is_whole: bool  # nothing was left out


class NotAudio(ValueError):
    """The file can't be heard; the message says why and what to do."""


class Busy(Exception):
    """Somebody else tries one at this moment."""


def known_recognizers() -> list[Known]:
    used = list(StreamingProfile.objects.values_list("recognizer", flat=True))
    return [
        Known(
            name,
            capabilities,
            problem_of(name, capabilities),
            name == settings.HUB_RECOGNIZER,
            sum((own or settings.HUB_RECOGNIZER) == name for own in used),
        )
        for name, capabilities in list_engines(production=settings.PRODUCTION).items()
    ]


def problem_of(name: str, capabilities: Capabilities) -> str:
    """Why the engine can't run here, as far as that can be told without starting worker processes."""
    try:
        recognizer = _make(name)
        if not capabilities.cpu_bound:
            asyncio.run(_start_and_close(recognizer))
    except RecognizerUnavailable as error:
        return str(error)
    except Exception as error:
        return f"It does not start: {error or type(error).__name__}"
    return ""


def hear(name: str, wav: bytes, *, language: str, by: audit.Requester) -> Heard:
    """What the recogniser makes of a WAV file. Raises `NotAudio`, `Busy` and `RecognizerUnavailable`."""
    try:
        pcm = read_wav(wav, "The file", AudioFormat("l16", RATE))
    except ValueError as error:
        raise NotAudio(f"{error}.") from None
    if not pcm:
        raise NotAudio("The file holds no audio: record again, or choose another.")
    if len(pcm) > 2 * RATE * MAX_SECONDS:
        raise NotAudio(f"The recording is longer than {MAX_SECONDS} seconds: cut it.")
    recognizer = _make(name)
    if not _one_at_a_time.acquire(blocking=False):
        raise Busy("Another recording is being tried at this moment: try again in a few seconds.")
    try:
        with transaction.atomic():
            audit.record(action="recognizer.try", by=by, subject=name)
        return asyncio.run(_hear(recognizer, pcm, language))
    except TimeoutError:
        raise RecognizerUnavailable("The recogniser did not get ready with it in time.") from None
    finally:
        _one_at_a_time.release()


def _make(name: str) -> Recognizer:
    options = settings.HUB_RECOGNIZER_OPTIONS.get(name, {})
    return make_recognizer(name, options, production=settings.PRODUCTION)


async def _start_and_close(recognizer: Recognizer) -> None:
    await recognizer.start()
    await recognizer.close()


async def _hear(recognizer: Recognizer, pcm: bytes, language: str) -> Heard:
    events: list[RecognizerEvent] = []
    began = time.monotonic()
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await recognizer.start()
            started = time.monotonic()
            track = recognizer.open_track(TrackConfig("l16", RATE, language, ()), events.append)
            try:
                for at in range(0, len(pcm), PIECE):
                    while track.lag_ms > MAX_LAG_MS:  # noqa: ASYNC110  (the engine has no event for it)
                        await asyncio.sleep(0.05)
                    track.feed(at // 2, pcm[at : at + PIECE])
                await track.finish()
            finally:
                track.close()
            ended = time.monotonic()
    finally:
        await recognizer.close()
    return Heard(
        [event for event in events if isinstance(event, Final)],
        len(pcm) * 1000 // (2 * RATE),
        round((ended - started) * 1000),
        round((started - began) * 1000),
        not any(isinstance(event, Skipped) for event in events),
    )
