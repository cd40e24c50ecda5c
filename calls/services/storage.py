"""Where audio lies below `HUB_DATA_DIR`. With several hosts the folder is shared, or sweeps run where the spools are."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from calls.models import Call, Recording


def spool_path(stream_id: UUID) -> Path:
    return Path(settings.HUB_DATA_DIR) / "spool" / f"{stream_id}.spool"


def last_heard(stream_id: UUID) -> datetime:
    """When the spool was last written; long ago if there is none."""
    try:
        return datetime.fromtimestamp(spool_path(stream_id).stat().st_mtime, UTC)
    except OSError:
        return datetime.fromtimestamp(0, UTC)


def recording_name(call: Call) -> str:
    return f"recordings/{call.started_at:%Y/%m/%d}/{call.id}.wav"


def recording_path(recording: Recording) -> Path:
    return Path(settings.HUB_DATA_DIR) / recording.file


def peaks_path(recording: Path) -> Path:
    """Beside the recording: what its waveform is drawn from. Whoever removes the one removes the other."""
    return recording.with_suffix(".peaks.json")


@contextmanager
def mapped(path: Path, *, writable: bool = False) -> Iterator[memoryview]:
    """The bytes of a file that is not empty, without reading it into memory."""
    mode, access = ("r+b", mmap.ACCESS_WRITE) if writable else ("rb", mmap.ACCESS_READ)
    with open(path, mode) as file, mmap.mmap(file.fileno(), 0, access=access) as mapping:
        with memoryview(mapping) as view:
            yield view
