"""What every engine does with a text before it speaks it."""

from __future__ import annotations

import io
import re
import unicodedata
import wave
from collections.abc import Iterator

from calls.tts.base import SynthesisFailed, Voice

MAX_CHARACTERS = 4000  # about five minutes; OpenAI takes 4096
ALONE = 30  # characters that are worth a passage of their own
NOT_TEXT = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}  # control characters, half surrogates, line separators and the like
SENTENCE_ENDS = re.compile(r"(?<=[.!?…।])\s+|(?<=[。！？])\s*")


def speakable(text: str) -> str:
    """The text in one line; empty if there is no word in it. Raises `SynthesisFailed` where it is too long."""
    if len(text) > MAX_CHARACTERS:
        raise SynthesisFailed(f"The text has {len(text)} characters; at most {MAX_CHARACTERS} can be spoken at a time.")
    line = "".join(" " if unicodedata.category(char) in NOT_TEXT else char for char in text)
    return " ".join(line.split()) if any(char.isalnum() for char in line) else ""


def speed_of(voice: Voice) -> float:
    return min(max(voice.speed, 0.5), 2.0)


def passages(text: str, limit: int) -> list[str]:
    """Whole sentences, as many together as fit into `limit` bytes of UTF-8; the first alone, so that sound comes soon.
    A longer sentence is cut between words."""
    out: list[str] = []
    for part in _parts(text, limit):
        joined = f"{out[-1]} {part}" if out else part
        may_grow = len(out) > 1 or (out and len(out[0]) < ALONE)
        if may_grow and len(joined.encode()) <= limit:
            out[-1] = joined
        else:
            out.append(part)
    return out


def _parts(text: str, limit: int) -> Iterator[str]:
    for sentence in filter(None, SENTENCE_ENDS.split(text)):
        while len(sentence.encode()) > limit:
            fits = sentence.encode()[:limit].decode(errors="ignore")
            end = fits.rfind(" ") + 1 or len(fits)
            yield fits[:end].strip()
            sentence = sentence[end:]
        yield sentence


def pieces_of(wav: bytes, rate: int) -> Iterator[bytes]:
    """The PCM of a whole WAV file, a fifth of a second at a time. Raises `SynthesisFailed` where it is something else
    than mono 16-bit PCM at `rate`."""
    try:
        with wave.open(io.BytesIO(wav)) as file:
            found = file.getnchannels(), file.getsampwidth() * 8, file.getframerate()
            if found != (1, 16, rate):
                raise SynthesisFailed(f"The speech has (channels, bits, Hz) {found} instead of (1, 16, {rate}).")
            while piece := file.readframes(rate // 5):
                yield piece
    except (wave.Error, EOFError) as error:
        raise SynthesisFailed(f"The speech is not a WAV file ({error}).") from error
