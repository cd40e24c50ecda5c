"""Where audio lies below `HUB_DATA_DIR`. With several hosts the folder is shared, or sweeps run where the spools are."""

from pathlib import Path
from uuid import UUID

from django.conf import settings

from calls.models import Call, Recording


def spool_path(stream_id: UUID) -> Path:
    return Path(settings.HUB_DATA_DIR) / "spool" / f"{stream_id}.spool"


def recording_name(call: Call) -> str:
    return f"recordings/{call.started_at:%Y/%m/%d}/{call.id}.wav"


def recording_path(recording: Recording) -> Path:
    return Path(settings.HUB_DATA_DIR) / recording.file
