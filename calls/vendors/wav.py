"""WAV files as the audio of simulated calls, in the encoding that the vendor streams."""

from __future__ import annotations

import audioop
import struct
from collections.abc import Iterator, Sequence

import numpy as np

from calls.events import AudioFormat

PCM, MULAW = 1, 7  # format tags
SILENCE = {"mulaw": b"\xff", "alaw": b"\xd5", "l16": b"\0\0"}  # one sample


def read_wav(data: bytes, name: str, audio: AudioFormat) -> bytes:
    """The file's samples as `audio`. Raises ValueError, naming the file, where it can't be read."""
    chunks = dict(_chunks(data))
    if data[:4] != b"RIFF" or len(chunks.get(b"fmt ", b"")) < 16 or b"data" not in chunks:
        raise ValueError(f"{name} is not a WAV file")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    if channels != 1 or not rate or (tag, bits) not in ((PCM, 16), (MULAW, 8)):
        raise ValueError(
            f"{name} must be mono, 16-bit PCM or mu-law; it has {channels} channels, {rate} Hz, format {tag} with "
            f"{bits} bits. To convert: sox {name} -c 1 -b 16 -e signed out.wav"
        )
    samples = chunks[b"data"]
    if (tag, audio.encoding, rate) == (MULAW, "mulaw", audio.rate):
        return samples
    pcm = audioop.ulaw2lin(samples, 2) if tag == MULAW else samples[: len(samples) // 2 * 2]
    return encode(resample(pcm, rate, audio.rate), audio.encoding)


def write_wav(pcm: bytes, rate: int) -> bytes:
    """Mono 16-bit samples as a file."""
    head = struct.pack("<HHIIHH", PCM, 1, rate, 2 * rate, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(pcm)) + pcm
    return b"RIFF" + struct.pack("<I", len(body)) + body


def fit(tracks: Sequence[bytes], audio: AudioFormat, seconds: float | None) -> list[bytes]:
    """All tracks at the longest one's length, silence behind the shorter; then cut or repeated to `seconds`."""
    silence = SILENCE[audio.encoding]
    longest = max(map(len, tracks))
    if not longest:
        raise ValueError("the audio files are empty")
    length = longest if seconds is None else len(be_silent(audio, seconds))
    filled = [track + silence * ((longest - len(track)) // len(silence)) for track in tracks]
    return [(track * -(-length // longest))[:length] for track in filled]


def be_silent(audio: AudioFormat, seconds: float) -> bytes:
    """At least one sample."""
    return SILENCE[audio.encoding] * max(1, round(seconds * audio.rate))


def encode(pcm: bytes, encoding: str) -> bytes:
    """16-bit samples in the vendor's encoding."""
    match encoding:
        case "mulaw":
            return audioop.lin2ulaw(pcm, 2)
        case "alaw":
            return audioop.lin2alaw(pcm, 2)
        case _:
            return pcm


def resample(pcm: bytes, rate: int, wanted: int) -> bytes:
    """16-bit samples at another rate, the whole file at once: the spectrum cut off, or zeros appended to it."""
    if rate == wanted or not pcm:
        return pcm
    samples = np.frombuffer(pcm, dtype="<i2")
    length = max(1, round(len(samples) * wanted / rate))
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    waves = np.fft.irfft(spectrum, length) * (length / len(samples))
    return np.clip(np.rint(waves), -32768, 32767).astype("<i2").tobytes()


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + size]  # a size beyond the end, as streaming writers leave it, means the rest
        at += 8 + size + size % 2
