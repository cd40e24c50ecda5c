"""Flite, where its command is installed: one process a passage, so that sound comes soon and a break ends it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator

import msgspec

from calls.tts.base import Capabilities, SynthesisFailed, SynthesizerUnavailable, Voice
from calls.tts.capabilities import FLITE
from calls.tts.text import passages, pieces_of, speakable, speed_of

PASSAGE_BYTES = 400  # half a minute of speech, a quarter of a second of work
UNFIT = {"kal", "awb_time"}  # 8000 Hz; knows the words of the time of day only


class FliteOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`timeout_seconds`: of a passage."""

    voice: str = "rms"
    timeout_seconds: float = 10.0


class FliteSynthesizer:
    name = "flite"
    capabilities: Capabilities = FLITE

    def __init__(self, options: FliteOptions) -> None:
        self._options = options
        self._path = ""
        self._voices: list[str] = []

    async def start(self) -> None:
        path = shutil.which("flite")
        if path is None:
            raise SynthesizerUnavailable("The program flite is not installed. Run: apt install flite")
        try:
            told = await self._run([path, "-lv"])
        except SynthesisFailed as error:
            raise SynthesizerUnavailable(f"{path} does not work. {error}") from error
        self._voices = [name for name in told.decode().partition(":")[2].split() if name not in UNFIT]
        self._check_voice(self._options.voice, SynthesizerUnavailable)
        self._path = path

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        if not self._path:
            raise SynthesisFailed("The speech synthesiser flite was not started.")
        if voice.language and voice.language.lower().partition("-")[0] != "en":
            raise SynthesisFailed(f"flite speaks English only, not {voice.language}.")
        name = voice.name or self._options.voice
        self._check_voice(name, SynthesisFailed)
        command = [self._path, "-voice", name, "--setf", f"duration_stretch={1 / speed_of(voice):.3f}"]
        for passage in passages(speakable(text), PASSAGE_BYTES):
            wav = await self._synthesize(command, passage)
            for piece in pieces_of(wav, self.capabilities.rate):
                yield piece

    async def _synthesize(self, command: list[str], text: str) -> bytes:
        """What callers are told is nobody's business on this machine: no argument (`ps`), no file for others. Files, not
        pipes: flite seeks in what it writes, and can't open the socket that uvloop gives it as standard input."""
        with tempfile.NamedTemporaryFile() as source, tempfile.NamedTemporaryFile(suffix=".wav") as target:
            source.write(text.encode())
            source.flush()
            await self._run([*command, "-f", source.name, "-o", target.name])
            return target.read()

    def _check_voice(self, name: str, error: type[SynthesisFailed | SynthesizerUnavailable]) -> None:
        if name not in self._voices:
            raise error(f"flite has no voice {name!r}; it has: {', '.join(self._voices)}.")

    async def _run(self, command: list[str]) -> bytes:
        """What it prints. Ends the process when cancelled."""
        nothing, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=pipe)
        try:
            async with asyncio.timeout(self._options.timeout_seconds):
                told, _ = await process.communicate()
        except TimeoutError:
            raise SynthesisFailed(f"flite took longer than {self._options.timeout_seconds:g} s.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise SynthesisFailed(f"flite failed (exit status {process.returncode}).")
        return told

    async def close(self) -> None:
        self._path = ""
