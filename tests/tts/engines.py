"""The engines under test, each ready to speak."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from calls.tts import make_synthesizer
from calls.tts.base import Synthesizer, Voice
from tests.bots.web_server import WebServer
from tests.server import ROOT
from tests.tts import openai_server
from tests.tts.google_server import FakeGoogle

SENTENCE = "Hello, how can I help you today?"


def put_on_path(folder: str, script: str) -> None:
    """A program called flite."""
    program = Path(folder) / "flite"
    program.write_text(script)
    program.chmod(0o755)


@contextmanager
def path_with_flite() -> Iterator[None]:
    """The real one where it is installed (`make test` installs it where it may), else a stand-in."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if shutil.which("flite") is None:
            run = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.tts.flite_stand_in "$@"'
            put_on_path(folder, f"#!/bin/sh\n{run}\n")
            patch.setenv("PATH", folder + os.pathsep + os.environ["PATH"])
        yield


@asynccontextmanager
async def made(name: str) -> AsyncIterator[Synthesizer]:
    """Not started."""
    match name:
        case "openai":
            async with WebServer(openai_server.speak) as server:
                yield openai_server.synthesizer(server)
        case "google":
            async with FakeGoogle() as google:
                yield google.synthesizer()
        case "flite":
            with path_with_flite():
                yield make_synthesizer(name)
        case _:
            yield make_synthesizer(name)


@asynccontextmanager
async def started(name: str) -> AsyncIterator[Synthesizer]:
    async with made(name) as engine:
        await engine.start()
        try:
            yield engine
        finally:
            await engine.close()


async def said(engine: Synthesizer, text: str, voice: Voice | None = None) -> bytes:
    """All of it; each piece is whole samples."""
    pieces = [piece async for piece in engine.speak(text, voice or Voice())]
    assert all(piece and len(piece) % 2 == 0 for piece in pieces)
    return b"".join(pieces)


def seconds(engine: Synthesizer, pcm: bytes) -> float:
    return len(pcm) / 2 / engine.capabilities.rate


def loudness(pcm: bytes) -> float:
    """From 0 to 1, of a full sine's."""
    return float(np.sqrt(np.mean(np.frombuffer(pcm, "<i2").astype(float) ** 2)) / 23_170)
