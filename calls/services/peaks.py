"""Waveforms: how loud a finished recording is, kept in a file beside it, as the API answers."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec

from calls.audio import wav
from calls.audio.peaks import Peaks
from calls.models import Recording
from calls.services.storage import peaks_path, recording_path

BLOCK = 1 << 20  # bytes


def write_peaks(peaks: Peaks, path: Path) -> None:
    """Two that write at once write the same."""
    part = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
    part.write_bytes(msgspec.json.encode({"state": "ready", "detail": None, **peaks.result()}))
    os.replace(part, path)


def ensure_peaks(recording: Recording) -> Path:
    """The file of a finished recording's peaks; made now where it was recorded before there were any, or changed since.
    Raises FileNotFoundError where the recording is gone."""
    source = recording_path(recording)
    path = peaks_path(source)
    changed = source.stat().st_mtime_ns
    if not path.exists() or path.stat().st_mtime_ns < changed:
        peaks = Peaks(recording.sample_rate)
        with open(source, "rb") as file:
            file.seek(wav.HEADER_BYTES)
            while block := file.read(BLOCK):
                peaks.feed(block[: len(block) // 4 * 4])
        write_peaks(peaks, path)
    return path
