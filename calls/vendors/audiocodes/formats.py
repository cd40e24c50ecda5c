"""The eight media formats, and the WAV headers of four of them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import msgspec

from calls.events import AudioFormat

ENCODINGS = {
    "mulaw": AudioFormat("mulaw", 8000),
    "lpcm16": AudioFormat("l16", 16000),
    "lpcm16_8": AudioFormat("l16", 8000),
    "lpcm16_24": AudioFormat("l16", 24000),
}
MAX_HEADER = 4096  # bytes in which a header has to end
UNKNOWN_LENGTH = 0xFFFF_FFFF  # of a stream whose end nobody knows yet
TAGS = {"mulaw": 7, "l16": 1}


class MediaFormat(msgspec.Struct, frozen=True):
    name: str  # as it was offered
    audio: AudioFormat
    wav: bool  # each stream begins with a header

    @property
    def sample_bytes(self) -> int:
        return 2 if self.audio.encoding == "l16" else 1

    def header(self) -> bytes:
        """Before the audio of a stream, where the format wants one."""
        if not self.wav:
            return b""
        width, rate = self.sample_bytes, self.audio.rate
        head = struct.pack("<HHIIHH", TAGS[self.audio.encoding], 1, rate, rate * width, width, 8 * width)
        riff = b"RIFF" + struct.pack("<I", UNKNOWN_LENGTH) + b"WAVEfmt " + struct.pack("<I", len(head)) + head
        return riff + b"data" + struct.pack("<I", UNKNOWN_LENGTH)


def parse(name: object) -> MediaFormat | None:
    """None for a format that we don't know."""
    if not isinstance(name, str):
        return None
    container, _, encoding = name.strip().lower().partition("/")
    audio = ENCODINGS.get(encoding)
    return MediaFormat(name, audio, container == "wav") if audio and container in ("raw", "wav") else None


NAMES = tuple(f"{container}/{encoding}" for container in ("raw", "wav") for encoding in ENCODINGS)
DEFAULT = MediaFormat("raw/lpcm16", ENCODINGS["lpcm16"], False)


def choose(offered: object, preferred: str) -> MediaFormat | None:
    """The preferred format where it is offered, else the first that we know. None where something is offered and we know
    nothing of it."""
    if not isinstance(offered, Sequence) or isinstance(offered, str) or not offered:
        return DEFAULT
    known = [media for media in map(parse, offered) if media is not None]
    return next((media for media in known if media.name == preferred), known[0] if known else None)


class UserAudio:
    """The audio of one user stream as it comes in: without header, in whole samples."""

    def __init__(self, media: MediaFormat) -> None:
        self.media = media
        self.rest = b""  # bytes that wait for the next chunk
        self.headless = False  # the header is behind us, or there was none
        self.problem = ""  # what was odd about the header

    def take(self, chunk: bytes) -> bytes:
        """The samples that are complete with this chunk; none while the header is still coming."""
        if (
            self.headless
            and not self.rest
            and not len(chunk) % self.media.sample_bytes
            and not chunk.startswith(b"RIFF")
        ):
            return chunk
        data = self.rest + chunk
        if not self.headless or data.startswith(b"RIFF"):  # some peers make a file of every chunk
            start = self.skip_header(data)
            if start is None:
                self.rest = data
                return b""
            self.headless = True
            data = data[start:]
        whole = len(data) - len(data) % self.media.sample_bytes
        self.rest = data[whole:]
        return data[:whole]

    def skip_header(self, data: bytes) -> int | None:
        """Where the audio begins; None while that can't be told."""
        if not _may_be(data[:4], b"RIFF") or not _may_be(data[8:12], b"WAVE"):
            return 0
        at = 12
        while at + 8 <= len(data):
            name, size = struct.unpack_from("<4sI", data, at)
            if name == b"data":
                return at + 8
            if name == b"fmt " and at + 24 <= len(data):
                self.check(*struct.unpack_from("<HHI", data, at + 8))
            at += 8 + size + size % 2
        if len(data) >= MAX_HEADER:
            self.problem = "a WAV header that doesn't end"
            return len(data)
        return None

    def check(self, tag: int, channels: int, rate: int) -> None:
        wanted = TAGS[self.media.audio.encoding], 1, self.media.audio.rate
        if (tag, channels, rate) != wanted:
            self.problem = f"audio with {channels} channels at {rate} Hz in WAV format {tag}"


def _may_be(start: bytes, wanted: bytes) -> bool:
    return wanted.startswith(start)
