"""WAV files as the audio of simulated calls, in the encoding that the vendor streams."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from calls.events import AudioFormat

PCM, MULAW = 1, 7  # format tags
_SILENCE = {"mulaw": b"\xff", "alaw": b"\xd5", "l16": b"\0\0"}


def read_wav(data: bytes, name: str, audio: AudioFormat) -> bytes:
    """The file's samples as `audio`. Raises ValueError, naming the file, where they would have to be resampled."""
    chunks = dict(_chunks(data))
    if data[:4] != b"RIFF" or len(chunks.get(b"fmt ", b"")) < 16 or b"data" not in chunks:
        raise ValueError(f"{name} is not a WAV file")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    if channels != 1 or rate != audio.rate or (tag, bits) not in ((PCM, 16), (MULAW, 8)):
        raise ValueError(
            f"{name} must be mono, {audio.rate} Hz, 16-bit PCM or mu-law; it has {channels} channels, {rate} Hz, "
            f"format {tag} with {bits} bits. To convert: sox {name} -r {audio.rate} -c 1 -b 16 -e signed out.wav"
        )
    samples = chunks[b"data"]
    match tag, audio.encoding:
        case (7, "mulaw") | (1, "l16"):
            return samples
        case (1, "mulaw"):
            return _to_mulaw(np.frombuffer(samples[: len(samples) // 2 * 2], dtype="<i2"))
        case _:
            raise ValueError(f"{name} can't be turned into {audio.encoding}: use 16-bit PCM")


def fit(tracks: Sequence[bytes], audio: AudioFormat, seconds: float | None) -> list[bytes]:
    """All tracks at the longest one's length, silence behind the shorter; then cut or repeated to `seconds`."""
    silence = _SILENCE[audio.encoding]
    longest = max(map(len, tracks))
    if not longest:
        raise ValueError("the audio files are empty")
    length = longest if seconds is None else max(1, round(seconds * audio.rate)) * len(silence)
    filled = [track + silence * ((longest - len(track)) // len(silence)) for track in tracks]
    return [(track * -(-length // longest))[:length] for track in filled]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + size]  # a size beyond the end, as streaming writers leave it, means the rest
        at += 8 + size + size % 2


def _to_mulaw(pcm: npt.NDArray[np.int16]) -> bytes:
    """G.711: sign, three bits of exponent, four of mantissa, all inverted."""
    biased = np.minimum(np.abs(pcm.astype(np.int32)), 32635) + 132
    exponent = np.frexp(biased)[1] - 8
    mantissa = (biased >> (exponent + 3)) & 0x0F
    sign = np.where(pcm < 0, 0x80, 0)
    inverted: npt.NDArray[np.uint8] = (~(sign | exponent << 4 | mantissa)).astype(np.uint8)
    return inverted.tobytes()
