"""The spool holds whole records only, whatever the disk does."""

import errno
import os
from pathlib import Path

import pytest

from calls.audio import spool
from calls.session import recorder
from calls.session.recorder import SpoolFile


def test_a_full_disk_costs_whole_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = False
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        if full:
            if len(data) < 100:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(descriptor, data[: len(data) // 2])
        return real(descriptor, data)

    monkeypatch.setattr(recorder.os, "write", write)
    monkeypatch.setattr(recorder, "MAX_WAITING", 1000)
    file = SpoolFile(tmp_path / "a.spool")
    pieces = [spool.pack("agent", "mulaw", number * 160, bytes([number]) * 160) for number in range(60)]
    for number, piece in enumerate(pieces):
        full = 20 <= number < 40
        file.append(piece)
    file.close()
    records = list(spool.records(memoryview((tmp_path / "a.spool").read_bytes())))
    positions = [record.position // 160 for record in records]
    assert positions == sorted(set(positions))
    assert set(range(20)) | set(range(41, 60)) <= set(positions)
    assert all(record.length == 160 for record in records)
